"""`step-size`: the effective step before and after training, from weights and from function."""

import dataclasses

import pandas as pd

from ..models.linear_attention import LinearAttention
from ..models.transformer import Transformer
from ..tasks.linear_regression import LinearRegression
from ..train.recipe import Recipe
from .algorithms import closest_algorithms
from .figure import Figure
from .step_regimes import step_slopes
from .study import AbstractStudy, Grid, studies

DEPTHS = (1, 2, 4, 8, 16, 32)
NOISE = (0.0, 0.1, 1.0)


@studies.register("step-size")
class StepSize(AbstractStudy):
    """Depth, dimension and noise at a fixed context length, tied and untied, and softmax.

    Theory has no single law: noise-free tied steps hardly depend on depth, noisy ones fall as
    1/L once they stop early, untied means rise; in dimension the slope is -D/(k+D).
    """

    name = "step-size"
    title = "The effective step size"
    question = "How does the effective step depend on depth, dimension and noise?"
    scale = "depth"
    curves = ("model", "tied", "num_dims", "noise_var")
    probes = ("step-size", "filter-fits", "identify")
    snapshots = True

    def grids(self) -> list[Grid]:
        """Return the linear grids in depth and in dimension, the untied one, and softmax."""
        quick = self.size == "quick"
        # Hotelling's joint test of two slopes has hardly any power on fewer than five.
        seeds = tuple(range(6 if quick else 10))
        recipe = Recipe(
            num_steps=500 if quick else 3000,
            batch_size=192 if quick else 512,
            num_queries=4,
            learning_rate=0.005,
            eval_contexts=4096 if quick else 32768,
        )
        tied = LinearAttention(tied=True, symmetric=True)
        untied = LinearAttention(tied=False, symmetric=True)
        task = LinearRegression(num_dims=10, num_context=20)
        deep = {"depth": DEPTHS, "noise_var": NOISE, "seed": seeds}
        wide = {
            "num_dims": (5, 20, 40),
            "depth": (1, 4) if quick else DEPTHS,
            "noise_var": NOISE[:2],
            "seed": seeds,
        }
        free = {
            "depth": (2, 4) if quick else (2, 4, 8),
            "noise_var": NOISE[:2],
            "seed": seeds,
        }
        # Free steps have to part from each other first.
        longer = dataclasses.replace(recipe, num_steps=4000 if quick else 8000, learning_rate=0.02)
        grids = [Grid(task, tied, recipe, deep), Grid(task, tied, recipe, wide)]
        return [*grids, Grid(task, untied, longer, free), self._softmax()]

    def findings(self, table: pd.DataFrame) -> dict[str, str]:
        """Return the slopes in every regime, and the algorithms that softmax comes closest to."""
        softmax = table.loc[table["model"] == "transformer"]
        return step_slopes(table) | closest_algorithms(softmax, ("model", "noise_var", "depth"))

    def figures(self) -> tuple[Figure, ...]:
        """Return the step against depth, from weights and function, and along training."""
        return (
            Figure(
                title="Step size against depth, from the weights",
                x="depth",
                y="step_size",
                colour="num_dims",
                facet=("noise_var", "tied"),
                slope=-0.5,
                where={"model": "linear-attention"},
                caption="The guide line is the claimed slope -1/2.",
            ),
            Figure(
                title="Step size against depth, from the function",
                x="depth",
                y="function_step_size",
                colour="num_dims",
                facet=("noise_var", "tied"),
                prediction="predicted_step_size",
                slope=-0.5,
                where={"model": "linear-attention"},
                caption="Slope of the filter at zero, over depth, where the filter shows it.",
            ),
            Figure(
                title="Total step along training",
                x="step_size_steps",
                y="along_total_step",
                colour="depth",
                facet=("noise_var", "tied"),
                where={"model": "linear-attention", "num_dims": 10},
                caption="The sum of all steps grows to its optimum, or to 1/z with noise.",
            ),
        )

    def _softmax(self) -> Grid:
        quick = self.size == "quick"
        recipe = Recipe(
            num_steps=5000 if quick else 20000,
            batch_size=64 if quick else 256,
            learning_rate=1e-3,
            warmup_steps=500,
            loss_on="all",
            eval_contexts=4096 if quick else 32768,
        )
        axes = {
            "depth": (1, 2, 4) if quick else (1, 2, 4, 8),
            "noise_var": (1 / 16,),
            "seed": tuple(range(3 if quick else 10)),
        }
        # Begun at 0.02, a width of 64 rests on the plateau for all of the quick run.
        model = Transformer(width=64, num_heads=2, max_points=9, init_std=0.125)
        return Grid(LinearRegression(num_dims=4, num_context=8), model, recipe, axes)
