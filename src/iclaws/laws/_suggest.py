r"""Which runs to add: those that shrink the interval of one quantity most for their cost.

With information $M=\sum_i J_i^\top J_i/\sigma^2$ from the rows already there, a quantity $q$ of the
parameters has variance $\nabla q^\top M^{-1}\nabla q$ (a c-optimal design). Runs are added one at a
time by variance removed per cost, or taken from the optimum over fractions of runs, whichever is
better once runs are exchanged while that helps. Because a law is nonlinear, the variance is
averaged over bootstrap draws where they are given.
"""

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InvalidValue
from . import _table
from ._cost import Cost
from ._design import Design
from ._goal import Goal
from ._relaxation import relaxed_choice

if TYPE_CHECKING:
    from ._bootstrap import Bootstrap
    from ._result import Fit

# Draws over which the design is averaged.
DRAWS = 16


@dataclasses.dataclass(frozen=True, eq=False)
class Suggestion:
    """Runs to add.

    Attributes:
        rows: Indices into the candidates, one per run; an index twice is a run with two seeds.
        cost: What they cost together.
        standard_error: Of the quantity as the fit stands.
        expected_error: Of the quantity once the runs are there.
    """

    rows: tuple[int, ...]
    cost: float
    standard_error: float
    expected_error: float

    @property
    def shrinkage(self) -> float:
        """Return the expected interval as a share of the present one."""
        return self.expected_error / self.standard_error


def suggest(
    fit: "Fit",
    candidates: Any,
    *,
    goal: Goal,
    budget: float | int,
    cost: str | np.ndarray,
    repeats: int = 1,
    draws: "Bootstrap | None" = None,
    precision: float | None = None,
) -> Suggestion:
    """Return the runs, within a budget, that shrink the interval of a quantity most.

    Args:
        fit: The fit to the rows already there.
        candidates: A table of configurations that could be run.
        goal: The quantity: a parameter by name, a configuration whose loss is wanted, or a function
            of the parameters (an optimal shape, a ratio of exponents).
        budget: What the new runs may cost together.
        cost: The cost of a run as an expression over the candidates' columns, or one number per
            candidate.
        repeats: How often one configuration may be run.
        draws: A bootstrap of the fit; the design is then averaged over the uncertainty of the law.
        precision: Stop once the expected standard error is this small.

    Raises:
        InvalidValue: Nothing is affordable, or the quantity does not depend on the parameters.
    """
    columns = _table.gather(candidates, fit.law.columns)
    costs = _costs(candidates, cost, num=len(next(iter(columns.values()))))
    points = _points(fit, draws)
    design = Design.of(fit, columns, goal=goal, points=points)
    chosen = design.greedy(costs, float(budget), repeats=repeats, precision=precision)
    if not chosen:
        raise InvalidValue(
            f"No candidate costs {budget:g} or less; the cheapest costs {costs.min():g}."
        )
    if precision is None:
        starts = chosen, relaxed_choice(design, costs, float(budget), repeats=repeats)
        chosen = min(
            (design.exchanged(start, costs, float(budget), repeats=repeats) for start in starts),
            key=design.variance,
        )
    return Suggestion(
        rows=tuple(int(row) for row in chosen),
        cost=float(costs[chosen].sum()),
        standard_error=float(np.sqrt(design.variance([]))),
        expected_error=float(np.sqrt(design.variance(chosen))),
    )


def _costs(candidates: Any, cost: str | np.ndarray, *, num: int) -> np.ndarray:
    if isinstance(cost, str):
        formula = Cost(cost)
        costs = formula(_table.gather(candidates, formula.columns))
    else:
        costs = np.asarray(cost, dtype=float)
    costs = np.broadcast_to(costs, (num,))
    if not np.all(np.isfinite(costs)) or np.any(costs <= 0):
        raise InvalidValue("Every candidate needs a positive, finite cost.")
    return costs


def _points(fit: "Fit", draws: "Bootstrap | None") -> np.ndarray:
    if draws is None:
        return fit.coordinates[None, :]
    spread = np.linspace(0, len(draws.coordinates) - 1, DRAWS).astype(int)
    return draws.coordinates[np.unique(spread)]
