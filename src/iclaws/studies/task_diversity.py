"""`task-diversity`: from knowing the pretraining tasks to learning new ones."""

from ..models.linear_attention import LinearAttention
from ..tasks.linear_regression import LinearRegression
from ..train.recipe import Recipe
from .figure import Figure
from .study import AbstractStudy, Grid, studies

RATIOS = (0.25, 0.5, 0.625, 0.75, 0.875, 1.0, 1.125, 1.25, 1.5, 2.0, 3.0)
FINE_RATIOS = (0.375, 0.9375, 1.0625, 1.1875, 1.375, 1.75, 4.0)  # added in `full`
NOISE_RATIO = 0.1  # noise variance per signal variance


@studies.register("task-diversity")
class TaskDiversity(AbstractStudy):
    """One layer of linear attention, pretrained for ever on a finite pool of tasks.

    With fewer tasks than dimensions it can only answer in their span, with more it learns in
    context: the excess risk on new tasks ends its fall at M = D (arXiv 2405.11751). Context
    grows as the square of the dimension, so that the rounding of that kink shrinks, as about
    the root of the dimension. The prediction is exact for the finite sizes.
    """

    name = "task-diversity"
    title = "Task diversity, one layer"
    question = "Is there a critical number of pretraining tasks, and does it sharpen with size?"
    scale = "num_tasks"
    curves = ("num_dims",)

    def grids(self) -> list[Grid]:
        """Return one grid per dimension: pool sizes around it."""
        quick = self.size == "quick"
        recipe = Recipe(
            num_steps=1000 if quick else 4000,
            batch_size=64 if quick else 256,
            num_queries=4,
            # The loss is quadratic in the one matrix. Directions that few tasks share learn at a
            # rate of their own small eigenvalue: a rate near the largest stable one, no clipping.
            optimiser="sgd",
            learning_rate=0.03,
            clip_norm=None,
            eval_contexts=2048 if quick else 16384,
        )
        # Small weights at the start: directions that no task has keep what they began with.
        model = LinearAttention(symmetric=True, init_scale=0.001)
        ratios = RATIOS if quick else (*RATIOS, *FINE_RATIOS)
        return [
            Grid(
                LinearRegression(
                    num_dims=dims,
                    num_context=2 * dims**2,
                    signal_var=float(dims),
                    noise_var=NOISE_RATIO * dims,
                ),
                model,
                recipe,
                {
                    "num_tasks": tuple(sorted({round(ratio * dims) for ratio in ratios})),
                    "seed": tuple(range(3 if quick else 20)),
                },
            )
            for dims in ((8, 12, 16, 24) if quick else (8, 16, 32, 64))
        ]

    def figures(self) -> tuple[Figure, ...]:
        """Return the risk on new tasks and on pretraining tasks against their number."""
        return (
            Figure(
                title="Excess risk on new tasks against pretraining tasks",
                x="num_tasks",
                colour="num_dims",
                baselines=("zero",),
                caption="The fall ends at as many tasks as dimensions; the kink gets sharper.",
            ),
            Figure(
                title="Excess risk on pretraining tasks",
                x="num_tasks",
                y="pretrain_excess_risk",
                colour="num_dims",
                caption="What a pool of few tasks gains where it is known.",
            ),
        )
