"""The choice of runs as a design problem: which candidates remove most variance for a budget."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ._covariance import noise_variance
from ._goal import Goal, goal_slope
from ._jacobian import jacobian

if TYPE_CHECKING:
    from ._result import Fit

# Rounds of exchanges.
EXCHANGES = 20
# Information that keeps a rank-deficient start solvable, as a share of the mean eigenvalue.
RIDGE = 1e-9


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
        return self.variance_of(self.information(rows))

    def variance_of(self, information: np.ndarray) -> float:
        """Return the mean variance of the quantity under this information."""
        solved = np.linalg.solve(information, self.goals[..., None])[..., 0]
        return float(np.mean(np.sum(self.goals * solved, axis=1)))

    def slopes_toward(self, information: np.ndarray) -> np.ndarray:
        """Return how much of each candidate tells of the quantity, `(points, candidates)`.

        Its square is the variance removed by an infinitesimal share of the candidate.
        """
        toward = np.linalg.solve(information, self.goals[..., None])[..., 0]
        return np.einsum("pci,pi->pc", self.slopes, toward)

    def gains(self, information: np.ndarray) -> np.ndarray:
        """Return the mean variance that each candidate alone would remove, `(candidates,)`."""
        inverse = np.linalg.inv(information)
        toward = np.einsum("pij,pj->pi", inverse, self.goals)
        reach = np.einsum("pci,pi->pc", self.slopes, toward)
        spread = np.einsum("pci,pij,pcj->pc", self.slopes, inverse, self.slopes)
        return np.mean(reach**2 / (1.0 + spread), axis=0)

    def greedy(
        self,
        costs: np.ndarray,
        budget: float,
        *,
        repeats: int,
        precision: float | None,
        chosen: Sequence[int] = (),
    ) -> list[int]:
        """Return `chosen` and candidates added to it one at a time by variance removed per cost."""
        chosen = list(chosen)
        left = budget
        count = np.bincount(np.asarray(chosen, dtype=int), minlength=len(costs))
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
