"""`lu-task-diversity`: the gap between pretraining tasks and new ones."""

import dataclasses

from ..models.linear_attention import LinearAttention
from ..tasks.linear_regression import LinearRegression
from ..train.recipe import Recipe
from .figure import Figure
from .study import AbstractStudy, Grid, studies

RATIOS = (0.2, 0.6, 1, 2, 8, 32)  # tasks per dimension


@studies.register("lu-task-diversity")
class LuTaskDiversity(AbstractStudy):
    """One layer of linear attention pretrained on few or many tasks.

    The risk on new tasks exceeds that on pretraining tasks until there are as many tasks as
    dimensions; then the gap closes as a power of their number.
    """

    name = "lu-task-diversity"
    title = "Task diversity of linear attention"
    question = "At how many tasks per dimension does the gap to new tasks close?"
    scale = "num_tasks"
    curves = ("num_dims",)
    presets = ("quick", "paper")
    source = "Lu et al., arXiv 2405.11751, Figure 4 and its saved simulation."
    convention = (
        "Covariates N(0, I/D), noise_var = 0.01, alpha = k/D = 10, tau = n/D^2 = 10, "
        "kappa = tasks/D. Weights N(0, I), as in the published dMMSE and transformer runs; its "
        "simulation of the reduced model scales them to norm sqrt(D) "
        "(`theory.reduced_linear_attention`)."
    )
    deviations = {  # noqa: RUF012 - read only
        "paper": (
            "Trained by Adam instead of solved; without the published feature of squared labels."
        ),
        "quick": "As paper, D = 10 alone of 10, 32 and 64.",
    }

    def grids(self) -> list[Grid]:
        """Return one grid per dimension."""
        quick = self.size == "quick"
        recipe = Recipe(
            num_steps=4000 if quick else 50_000,
            batch_size=256,
            learning_rate=0.05,
            warmup_steps=0,
            clip_norm=None,
            eval_contexts=8192,
        )
        return [
            Grid(
                LinearRegression(dims, 10 * dims, noise_var=0.01, input_scale="per-dim"),
                LinearAttention(init_scale=0.0),
                dataclasses.replace(recipe, num_sequences=10 * dims**2),
                {
                    "num_tasks": tuple(round(ratio * dims) for ratio in RATIOS),
                    "seed": tuple(range(6 if quick else 8)),
                },
            )
            for dims in ((10,) if quick else (10, 32, 64))
        ]

    def figures(self) -> tuple[Figure, ...]:
        """Return the risks on both laws of tasks."""
        return tuple(
            Figure(
                title=title,
                x="num_tasks",
                y=column,
                colour="num_dims",
                caption="The gap between the two closes beyond as many tasks as dimensions.",
            )
            for title, column in (
                ("Excess risk on new tasks", "excess_risk"),
                ("Excess risk on pretraining tasks", "pretrain_excess_risk"),
            )
        )
