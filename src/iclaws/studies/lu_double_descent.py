"""`lu-double-descent`: risk against the number of pretraining sequences."""

import dataclasses

from ..models.linear_attention import LinearAttention
from ..models.transformer import Transformer
from ..tasks.linear_regression import LinearRegression
from ..train.recipe import Recipe
from .figure import Figure
from .study import AbstractStudy, Grid, studies

RATIOS = (0.2, 0.5, 0.85, 1.0, 1.15, 1.5, 2.0, 5.0)  # sequences per squared dimension


@studies.register("lu-double-descent")
class LuDoubleDescent(AbstractStudy):
    """Attention trained on a finite set of sequences, each with a task of its own.

    One layer of linear attention has as many parameters as D^2: its risk on new tasks peaks
    where the sequences are as many, and falls on both sides.
    """

    name = "lu-double-descent"
    title = "Double descent in pretraining sequences"
    question = "Does the risk on new tasks peak where sequences equal parameters?"
    scale = "num_sequences"
    curves = ("num_dims", "model")
    presets = ("quick", "paper")
    source = "Lu et al., arXiv 2405.11751, Figures 1 and 5."
    convention = (
        "Covariates N(0, I/D), weights N(0, I), noise_var = 0.01, alpha = k/D = 1, fresh tasks "
        "(kappa infinite), tau = n/D^2. Published errors contain the noise. The reduced model's "
        "ridge solution is `theory.reduced_linear_attention`."
    )
    deviations = {  # noqa: RUF012 - read only
        "paper": (
            "Alternating tokens of covariates and labels instead of joint ones in the softmax "
            "models; batch 512 drawn with replacement instead of a tenth of the set; 100 000 "
            "steps instead of 100 000 rounds of 11."
        ),
        "quick": (
            "D = 8 instead of 20, 40 and 80, linear attention alone, trained by Adam for 8000 "
            "steps: short of the ridgeless solution, so that the peak is finite. The layer lacks "
            "the published feature of squared labels."
        ),
    }

    def grids(self) -> list[Grid]:
        """Return one grid per dimension and architecture."""
        if self.size == "quick":
            recipe = Recipe(
                num_steps=8000,
                batch_size=256,
                learning_rate=0.05,
                warmup_steps=0,
                clip_norm=None,
                eval_contexts=8192,
            )
            return [self._grid(8, LinearAttention(init_scale=0.0), recipe, seeds=4)]
        recipe = Recipe(
            num_steps=100_000,
            batch_size=512,
            optimiser="adamw",
            learning_rate=1e-4,
            schedule="constant",
            warmup_steps=0,
            clip_norm=None,
        )
        models = (
            LinearAttention(init_scale=0.01),
            Transformer(depth=1, num_heads=1, positions="none"),
            Transformer(depth=2, num_heads=1, positions="none"),
            Transformer(depth=3, num_heads=1, positions="none"),
        )
        return [
            self._grid(
                dims,
                dataclasses.replace(model, width=dims) if isinstance(model, Transformer) else model,
                recipe,
                seeds=3,
            )
            for dims in (20, 40, 80)
            for model in models
        ]

    def figures(self) -> tuple[Figure, ...]:
        """Return risk on new tasks against the number of sequences."""
        return (
            Figure(
                title="Excess risk on new tasks",
                x="num_sequences",
                colour="num_dims",
                facet="model",
                baselines=("ridge",),
                caption="The peak lies at n = D^2 for one layer of linear attention.",
            ),
        )

    def _grid(
        self, dims: int, model: LinearAttention | Transformer, recipe: Recipe, *, seeds: int
    ) -> Grid:
        task = LinearRegression(dims, dims, noise_var=0.01, input_scale="per-dim")
        axes = {
            "num_sequences": tuple(round(ratio * dims**2) for ratio in RATIOS),
            "seed": tuple(range(seeds)),
        }
        return Grid(task, model, recipe, axes)
