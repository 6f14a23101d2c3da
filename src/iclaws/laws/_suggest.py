r"""Which runs to add: those that shrink the interval of one quantity most for their cost.

With information $M=\sum_i J_i^\top J_i/\sigma^2$ from the rows already there, a quantity $q$ of the
parameters has variance $\nabla q^\top M^{-1}\nabla q$ (a c-optimal design). Runs are added one at a
time by variance removed per cost, then exchanged while that helps. Because a law is nonlinear, the
variance is averaged over bootstrap draws where they are given.
"""

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InvalidValue
from . import _table
from ._cost import Cost
from ._covariance import noise_variance
from ._goal import Goal, goal_slope
from ._jacobian import jacobian

if TYPE_CHECKING:
    from ._bootstrap import Bootstrap
    from ._result import Fit

# Draws over which the design is averaged, and rounds of exchanges.
DRAWS = 16
EXCHANGES = 20
# Information that keeps a rank-deficient start solvable, as a share of the mean eigenvalue.
RIDGE = 1e-9


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
        chosen = design.exchanged(chosen, costs, float(budget), repeats=repeats)
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


@dataclasses.dataclass(frozen=True, eq=False)
class Design:
    """Information of rows and candidates about one quantity, at several parameter points.

    Attributes:
        base: Information of the rows already there, `(points, parameters, parameters)`.
        slopes: Derivatives of the candidates, `(points, candidates, parameters)`, over the noise.
        goals: Derivatives of the quantity, `(points, parameters)`.
    """

    base: np.ndarray
    slopes: np.ndarray
    goals: np.ndarray

    @classmethod
    def of(
        cls, fit: "Fit", columns: Mapping[str, np.ndarray], *, goal: Goal, points: np.ndarray
    ) -> "Design":
        """Return the design problem at each of `points`, `(points, parameters)`."""
        problem = fit.problem
        weights = problem.weights / problem.weights[problem.weights > 0].mean()
        noise = float(np.sqrt(noise_variance(fit)))
        base, slopes, goals = [], [], []
        for point in points:
            rows = jacobian(problem, point) * np.sqrt(weights)[:, None] / noise
            information = rows.T @ rows
            ridge = RIDGE * np.trace(information) / len(point)
            base.append(information + ridge * np.eye(len(point)))
            slopes.append(jacobian(problem, point, columns) / noise)
            goals.append(goal_slope(fit, goal, point))
        return cls(np.array(base), np.array(slopes), np.array(goals))

    def information(self, rows: list[int]) -> np.ndarray:
        """Return the information with candidates `rows` added."""
        added = self.slopes[:, rows, :]
        return self.base + np.einsum("pri,prj->pij", added, added)

    def variance(self, rows: list[int]) -> float:
        """Return the mean variance of the quantity with candidates `rows` added."""
        solved = np.linalg.solve(self.information(rows), self.goals[..., None])[..., 0]
        return float(np.mean(np.sum(self.goals * solved, axis=1)))

    def gains(self, information: np.ndarray) -> np.ndarray:
        """Return the mean variance that each candidate alone would remove, `(candidates,)`."""
        inverse = np.linalg.inv(information)
        toward = np.einsum("pij,pj->pi", inverse, self.goals)
        reach = np.einsum("pci,pi->pc", self.slopes, toward)
        spread = np.einsum("pci,pij,pcj->pc", self.slopes, inverse, self.slopes)
        return np.mean(reach**2 / (1.0 + spread), axis=0)

    def greedy(
        self, costs: np.ndarray, budget: float, *, repeats: int, precision: float | None
    ) -> list[int]:
        """Return candidates added one at a time by variance removed per cost."""
        chosen: list[int] = []
        left = budget
        count = np.zeros(len(costs), dtype=int)
        while True:
            if precision is not None and np.sqrt(self.variance(chosen)) <= precision:
                return chosen
            affordable = (costs <= left * (1 + 1e-12)) & (count < repeats)
            if not affordable.any():
                return chosen
            gains = self.gains(self.information(chosen))
            best = int(np.argmax(np.where(affordable, gains / costs, -np.inf)))
            chosen.append(best)
            count[best] += 1
            left -= costs[best]

    def exchanged(
        self, chosen: list[int], costs: np.ndarray, budget: float, *, repeats: int
    ) -> list[int]:
        """Return the choice after swaps that lower the variance within the budget."""
        best = self.variance(chosen)
        for _ in range(EXCHANGES):
            improved = False
            for place in range(len(chosen)):
                rest = chosen[:place] + chosen[place + 1 :]
                left = budget - costs[rest].sum()
                count = np.bincount(rest, minlength=len(costs))
                fits = (costs <= left * (1 + 1e-12)) & (count < repeats)
                gains = np.where(fits, self.gains(self.information(rest)), -np.inf)
                other = [*rest, int(np.argmax(gains))]
                value = self.variance(other)
                if value < best * (1 - 1e-6):
                    chosen, best, improved = other, value, True
            if not improved:
                break
        return chosen
