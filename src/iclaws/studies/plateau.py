"""`plateau`: how long training stands still, by the scale it starts from."""

import math
from typing import NamedTuple

from ..models.factored_attention import FactoredAttention
from ..tasks.linear_regression import LinearRegression
from ..train.recipe import Recipe
from .figure import Figure
from .study import AbstractStudy, Grid, studies

NUM_DIMS = 4
LARGEST_STEP = 0.1  # of the flow of half the risk, per step of the optimiser
FEWEST_STEPS = 1000  # the curve of training losses has a hundred bins
MOMENTUM = 0.9  # of `sgd`: the rate that counts is ten times the one given


class Length(NamedTuple):
    """How long a run is.

    Attributes:
        num_steps: Of the optimiser.
        flow_step: Time of the gradient flow that each advances.
    """

    num_steps: int
    flow_step: float


def length_of(init_weight: float) -> Length:
    r"""Return a length that reaches past $1/(3cw_0^3)$ with $c=1$, and settles after it."""
    # Whether a run has settled is judged by its last fifth: the drop must lie before it.
    time = 1.35 / (3.0 * init_weight**3) + 4.0
    num_steps = max(FEWEST_STEPS, math.ceil(time / LARGEST_STEP))
    return Length(num_steps, time / num_steps)


@studies.register("plateau")
class Plateau(AbstractStudy):
    """One layer whose step is a product of five factors, from many initial scales.

    Small steps follow the gradient flow: all five factors leave w0 together by w' = c w^4, so the
    loss stands still until 1/(3 c w0^3) and then drops within a time that does not depend on w0.
    On a logarithmic axis of training time the drop sharpens as w0^3: an abrupt learning curve
    without a critical size of the model.
    """

    name = "plateau"
    title = "Plateau of training, by the scale of initialisation"
    question = "Does the plateau last 1/(3 c w0^3), and is its end sharp in the log of time?"
    scale = "init_weight"
    curves = ("num_factors",)

    def grids(self) -> list[Grid]:
        """Return one grid per initial scale: each needs a length of its own."""
        quick = self.size == "quick"
        weights = (0.07, 0.1, 0.14, 0.2, 0.28, 0.4, 0.56)
        weights = weights if quick else (0.035, 0.05, *weights)
        # c = signal_var / num_dims = 1.
        task = LinearRegression(
            num_dims=NUM_DIMS, num_context=32 * NUM_DIMS, signal_var=float(NUM_DIMS)
        )
        return [
            Grid(
                task,
                FactoredAttention(init_weight=weight, init_scale=0.0),
                Recipe(
                    num_steps=length_of(weight).num_steps,
                    batch_size=64 if quick else 256,
                    num_queries=4,
                    optimiser="sgd",
                    # Descending the risk at half a rate descends half the risk at that rate.
                    learning_rate=0.5 * length_of(weight).flow_step * (1 - MOMENTUM),
                    schedule="constant",
                    warmup_steps=0,
                    clip_norm=None,
                    eval_contexts=1024,
                ),
                {"seed": tuple(range(4 if quick else 10))},
            )
            for weight in weights
        ]

    def figures(self) -> tuple[Figure, ...]:
        """Return the learning curves, one colour per initial scale."""
        return (
            Figure(
                title="Excess risk in training, by initial scale",
                x="curve_steps",
                y="curve_excess_risk",
                colour="init_weight",
                caption="Each curve stands still, then drops: the later, the smaller the start.",
            ),
        )
