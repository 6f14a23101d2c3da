"""`raventos-diversity`: from the pool's Bayes estimator to ridge as pretraining tasks multiply."""

import pandas as pd

from ..models.transformer import Transformer
from ..tasks.linear_regression import LinearRegression
from ..train.recipe import Recipe
from .figure import Figure
from .study import AbstractStudy, Grid, studies
from .threshold import diversity_threshold


@studies.register("raventos-diversity")
class RaventosDiversity(AbstractStudy):
    """A transformer pretrained on a pool of M tasks, against both Bayes estimators.

    Few tasks: it answers as dMMSE, the Bayes estimator of the pool. Many: as ridge, that of new
    tasks. Distances to both, on new tasks and on those of the pool, are recorded by position.
    """

    name = "raventos-diversity"
    title = "Task diversity: dMMSE or ridge"
    question = "At how many pretraining tasks does a transformer leave dMMSE for ridge?"
    scale = "num_tasks"
    curves = ("depth",)
    presets = ("quick", "paper")
    source = "Raventos et al., arXiv 2306.15063, Figures 2 and 3, base model."
    convention = (
        "Unit-variance covariates and weights (signal_var = D), noise_var = 0.25; errors and "
        "distances are of noise-free targets, not divided by D. The threshold is where the "
        "distances to ridge and to dMMSE on new tasks, each averaged over positions, are equal: "
        "linear in log distance and log M between the two sizes about it. The paper's is where "
        "the distance to ridge stops falling with the batch."
    )
    deviations = {  # noqa: RUF012 - read only
        "paper": (
            "2 seeds; evaluation on 16 384 sequences of each law instead of 1 048 576; "
            "one learning rate, 1e-3, where the paper takes the largest stable one."
        ),
        "quick": (
            "D = 4 and 8 examples instead of 8 and 15, 3 layers of width 64 instead of 8 of 128, "
            "begun at 0.125 instead of 0.02, batch 64 and 5000 steps instead of 256 and 500 000, "
            "clipping at 1: the threshold is another (it depends on size, steps and schedule), "
            "the change from one estimator to the other is the same."
        ),
    }

    def grids(self) -> list[Grid]:
        """Return one grid: number of pretraining tasks times seed."""
        quick = self.size == "quick"
        num_dims = 4 if quick else 8
        num_context = 8 if quick else 15
        task = LinearRegression(num_dims, num_context, signal_var=num_dims, noise_var=0.25)
        model = Transformer(
            depth=3 if quick else 8,
            width=64 if quick else 128,
            num_heads=2,
            max_points=num_context + 1,
            # At the published 0.02, width 64 rests on the plateau for all of the quick run.
            init_std=0.125 if quick else 0.02,
        )
        num_steps = 5000 if quick else 500_000
        recipe = Recipe(
            num_steps=num_steps,
            batch_size=64 if quick else 256,
            learning_rate=1e-3,
            # A triangle: up to the peak in half the steps, and down to zero.
            schedule="linear",
            warmup_steps=num_steps // 2,
            clip_norm=1.0 if quick else None,
            loss_on="all",
            eval_contexts=1024 if quick else 16_384,
        )
        sizes = (2, 4, 6, 8, 10) if quick else range(21)
        axes = {
            "num_tasks": tuple(2**power for power in sizes),
            "seed": tuple(range(4 if quick else 2)),
        }
        return [Grid(task, model, recipe, axes)]

    def findings(self, table: pd.DataFrame) -> dict[str, str]:
        """Return the threshold between the two estimators."""
        found = diversity_threshold(table)
        return {"Threshold": f"{found.sentence} Definition: {found.definition}."}

    def figures(self) -> tuple[Figure, ...]:
        """Return the distances to both estimators on both laws, and the risk by position."""
        laws = (("distance", "new tasks"), ("pretrain_distance", "pretraining tasks"))
        return tuple(
            Figure(
                title=f"Distance to {name} on {law}",
                x="num_tasks",
                y=f"{name}_{column}",
                caption=f"Mean squared difference of answers at the last position, {law}.",
            )
            for column, law in laws
            for name in ("ridge", "dmmse")
        )
