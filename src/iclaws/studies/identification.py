"""`identification`: telling which of M known tasks a context is of."""

import math

from ..models.linear_attention import LinearAttention
from ..tasks.discrete_linear import DiscreteLinear
from ..train.recipe import Recipe
from .figure import Figure
from .study import AbstractStudy, Grid, studies

LOG_TASKS_PER_DIM = 0.25


def pool_size(num_dims: int) -> int:
    """Return $e^{D/4}$ tasks."""
    return round(math.exp(LOG_TASKS_PER_DIM * num_dims))


@studies.register("identification")
class Identification(AbstractStudy):
    """A pool of e^(D/4) linear tasks: the exact Bayes posterior beside one trained layer.

    Bayes (dMMSE) tells the task from the others at about 2 ln M / ln(1 + signal/noise) examples,
    and the step narrows as the pool and the dimension grow together. One layer of linear
    attention cannot know the pool: its risk falls smoothly at every size.
    """

    name = "identification"
    title = "Identification of discrete tasks"
    question = "Is the fall of the risk in context sharp for Bayes, and for one layer?"
    scale = "num_dims"
    curves = ("pool_size",)

    def grids(self) -> list[Grid]:
        """Return one grid per dimension, several pools each."""
        quick = self.size == "quick"
        recipe = Recipe(
            num_steps=300 if quick else 2000,
            batch_size=32 if quick else 256,
            learning_rate=0.01,
            loss_on="all",
            eval_contexts=2048 if quick else 16384,
        )
        dims = (12, 16, 20, 24, 28) if quick else (12, 16, 20, 24, 28, 32, 36)
        pools = tuple(range(4 if quick else 10))
        return [
            Grid(
                DiscreteLinear(num_dims=d, num_context=3 * d, pool_size=pool_size(d)),
                LinearAttention(symmetric=True),
                recipe,
                {"pool_seed": pools},
            )
            for d in dims
        ]

    def figures(self) -> tuple[Figure, ...]:
        """Return the in-context curves of the layer and of Bayes."""
        return (
            Figure(
                title="Excess risk by position",
                x="position",
                y="position_excess_risk",
                colour="num_dims",
                baselines=("dmmse", "ridge"),
                log_x=True,
                log_y=False,
                caption="Bayes, which knows the pool, drops within few examples; a layer does not.",
            ),
        )
