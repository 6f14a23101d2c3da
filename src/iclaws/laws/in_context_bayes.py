"""The in-context curve of a learner that weighs tasks by Bayes' rule."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from ..errors import InvalidValue
from ._base import AbstractLaw, Kind, Parameter, laws, scale
from ._math import exp, log, maximum


@laws.register("in-context-bayes")
@dataclasses.dataclass(frozen=True)
class InContextBayes(AbstractLaw):
    r"""$-\ln\frac{\sum_m\rho_mP_m^{Kn+1}}{\sum_m\rho_mP_m^{Kn}}$ after $n$ examples.

    The Bayesian law of in-context learning (arXiv 2410.16531): $P_m=e^{-\ell_m}$ is the mean
    likelihood of an example under task $m$, $\rho_m$ its prior (that of the first task is 1: only
    odds matter), $K$ the efficiency. The target is a negative log-likelihood per example.

    Attributes:
        column: The number of examples $n$.
        num_tasks: How many tasks are weighed.
    """

    column: str = "num_context"
    num_tasks: int = 2

    def __post_init__(self) -> None:
        if self.num_tasks < 2:
            raise InvalidValue(f"`num_tasks` must be at least 2. Got {self.num_tasks}.")

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the one column."""
        return (self.column,)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Return the losses under each task, the prior odds and the learning length $1/K$.

        Losses are increments over the one before, so that the first task is the best one.
        """
        losses = [Parameter("loss_1", Kind.POSITIVE, start=(0.1, 3.0))]
        odds: list[Parameter] = []
        for m in range(2, self.num_tasks + 1):
            losses.append(Parameter(f"excess_{m}", Kind.POSITIVE, start=(0.1, 3.0)))
            odds.append(Parameter(f"odds_{m}", Kind.POSITIVE, start=(0.1, 100.0)))
        return (*losses, *odds, scale("length", self.column))

    def formula(self, params: Mapping[str, Any], columns: Mapping[str, Any]) -> Any:
        """Return the loss of every row."""
        seen = columns[self.column] / params["length"]
        losses, weights = [params["loss_1"]], [0.0 * seen]
        for m in range(2, self.num_tasks + 1):
            losses.append(losses[-1] + params[f"excess_{m}"])
            weights.append(log(params[f"odds_{m}"]) + 0.0 * seen)
        first = losses[0]
        # Relative to the best task, so that nothing underflows.
        before = [w - seen * (one - first) for w, one in zip(weights, losses, strict=True)]
        after = [b - (one - first) for b, one in zip(before, losses, strict=True)]
        return first + _log_sum(before) - _log_sum(after)

    @property
    def expression(self) -> str:
        """Return the formula as text."""
        return (
            f"-log(sum_m odds_m exp(-loss_m ({self.column}/length + 1)) / "
            f"sum_m odds_m exp(-loss_m {self.column}/length))"
        )


def _log_sum(logs: list[Any]) -> Any:
    peak = logs[0]
    for one in logs[1:]:
        peak = maximum(peak, one)
    return peak + log(sum(exp(one - peak) for one in logs))
