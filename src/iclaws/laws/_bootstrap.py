"""Refits of resampled data, all lanes of one compiled program.

Rows and clusters are resampled as weights; the residual and wild bootstraps keep the design and
resample the noise, so a designed grid cannot lose a level. Draws start from the fit; a share
of them is solved again from random starts, so that a second optimum is not hidden by the start.
"""

import dataclasses
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.stats import norm, t

from ..errors import InvalidValue
from . import _table
from ._problem import Problem
from ._search import CONVERGED, descend, project, random_starts

if TYPE_CHECKING:
    from ._result import Fit
    from ._solver import Solution, Solver

METHODS = ("rows", "clusters", "residual", "wild")
COLD_STARTS = 4
# Webb's six points: with few clusters, two-point weights give too few different draws.
WEBB = np.sqrt(np.array([0.5, 1.0, 1.5]))


@dataclasses.dataclass(frozen=True, eq=False)
class Bootstrap:
    """Refits of resampled data.

    Attributes:
        problem: The problem of the original fit.
        coordinates: Shape `(draws, parameters)`, in the optimiser's coordinates.
        objective: Smoothed objective of each draw, in centred units.
        estimate: Coordinates of the original fit.
        method: How the data were resampled.
        num_unconverged: Draws whose gradient did not vanish.
        num_cold: Draws that were solved again from random starts.
        num_improved: How many of those found a better optimum than the warm start.
        num_units: Rows, or clusters, that were resampled.
    """

    problem: Problem
    coordinates: np.ndarray
    objective: np.ndarray
    estimate: np.ndarray
    method: str
    num_unconverged: int
    num_cold: int
    num_improved: int
    num_units: int

    @property
    def parameters(self) -> dict[str, np.ndarray]:
        """Return the draws of every parameter in the user's units, each of shape `(draws,)`."""
        return self.problem.natural(self.coordinates)

    def derived(self, quantity: Callable[[Mapping[str, Any]], Any]) -> np.ndarray:
        """Return a function of the parameters for every draw, shape `(draws,)`."""
        return np.asarray(quantity(self.parameters), dtype=float)

    def values(self, name: str | Callable[[Mapping[str, Any]], Any]) -> np.ndarray:
        """Return the draws of a parameter by name, or of a function of the parameters."""
        if callable(name):
            return self.derived(name)
        draws = self.parameters
        if name not in draws:
            raise InvalidValue(f"No parameter is named {name!r}; known: {', '.join(draws)}.")
        return draws[name]

    def std(self, name: str | Callable[[Mapping[str, Any]], Any]) -> float:
        """Return the standard deviation over draws: a standard error."""
        return float(np.std(self.values(name), ddof=1))

    def interval(
        self,
        name: str | Callable[[Mapping[str, Any]], Any],
        level: float = 0.95,
        *,
        expanded: bool = True,
    ) -> tuple[float, float]:
        """Return the interval of a parameter or derived quantity; see `quantiles`."""
        ends = np.quantile(self.values(name), self.quantiles(level, expanded=expanded))
        return float(ends[0]), float(ends[1])

    def quantiles(self, level: float = 0.95, *, expanded: bool = True) -> tuple[float, float]:
        r"""Return the quantiles of the draws that an interval of nominal coverage `level` takes.

        The plain percentiles are too narrow with few runs. The expanded ones (Hesterberg 2015,
        section 4.3.3) lie at $\Phi\big(\pm t_{n-p}\sqrt{n/(n-1)}\big)$ for $n$ rows, or clusters,
        and $p$ parameters; the coverage measured for both is in the documentation.
        """
        if not 0.0 < level < 1.0:
            raise InvalidValue(f"`level` must be between 0 and 1. Got {level}.")
        if not expanded:
            return 0.5 - level / 2, 0.5 + level / 2
        spare = max(self.num_units - len(self.problem.law.parameters), 1)
        stretch = np.sqrt(self.num_units / max(self.num_units - 1, 1))
        low = float(norm.cdf(-t.ppf(0.5 + level / 2, spare) * stretch))
        return low, 1.0 - low

    def predict(self, table: Any) -> np.ndarray:
        """Return every draw's predictions for a table, shape `(draws, rows)`."""
        columns = _table.gather(table, self.problem.law.columns)
        return self.problem.predict(self.coordinates, columns)


def bootstrap(
    fit: "Fit",
    num_draws: int = 1000,
    *,
    method: str | None = None,
    key: int = 0,
    cold_share: float = 0.01,
    counts: np.ndarray | None = None,
) -> Bootstrap:
    """Refit resampled data.

    Args:
        fit: The fit; its loss, weights and clusters are kept.
        num_draws: How many refits.
        method: `"rows"`, `"clusters"` (default where the fit has clusters), `"residual"`
            (resampled residuals) or `"wild"` (each residual, or each cluster's residuals, times a
            random weight of mean 0 and variance 1).
        key: Seed.
        cold_share: Share of draws also solved from random starts.
        counts: How often each draw takes each row, shape `(draws, rows)`, instead of drawing.

    Raises:
        InvalidValue: The fit has no numbers, the method is unknown or needs clusters.
    """
    from ._solver import Solver

    problem, estimate = fit.problem, fit.coordinates
    method = method or ("rows" if problem.clusters is None else "clusters")
    generator = np.random.default_rng(key)
    weights: np.ndarray | None = None
    targets: np.ndarray | None = None
    if counts is not None:
        weights, method = problem.weights * np.asarray(counts, dtype=float), "given"
        num_draws = len(weights)
    elif method in ("rows", "clusters"):
        weights = problem.weights * resample(problem, generator, num=num_draws, method=method)
    elif method in ("residual", "wild"):
        targets = simulate(fit, generator, num=num_draws, method=method)
    else:
        raise InvalidValue(f"Bootstraps are {', '.join(map(repr, METHODS))}. Got {method!r}.")
    solver = Solver(problem)
    lanes = _Lanes(solver, fit.optimum.stages, weights, targets)
    warm = lanes.solve(np.broadcast_to(estimate, (num_draws, len(estimate))))
    cold = generator.permutation(num_draws)[: round(cold_share * num_draws)]
    settled = warm.decrement <= CONVERGED * np.maximum(warm.objective, 1e-300)
    again = np.union1d(cold, np.flatnonzero(~settled)[: max(len(cold), num_draws // 20)])
    best, improved = _restart(lanes, warm, again=again.astype(int), generator=generator)
    settled = best.decrement <= CONVERGED * np.maximum(best.objective, 1e-300)
    return Bootstrap(
        problem=problem, coordinates=best.coordinates, objective=best.objective,
        estimate=estimate, method=method, num_unconverged=int(np.sum(~settled)),
        num_cold=len(again), num_improved=improved, num_units=num_units(fit, method),
    )  # fmt: skip


def num_units(fit: "Fit", method: str) -> int:
    """Return how many independent pieces the noise of a fit consists of."""
    problem = fit.problem
    if problem.clusters is None or method not in ("clusters", "wild"):
        return fit.num_rows
    return len(np.unique(problem.clusters[problem.weights > 0]))


@dataclasses.dataclass(frozen=True)
class _Lanes:
    """What differs between draws: weights or targets, never both."""

    solver: "Solver"
    stages: list[tuple[float, bool]]
    weights: np.ndarray | None
    targets: np.ndarray | None

    def solve(self, starts: np.ndarray, rows: np.ndarray | None = None) -> "Solution":
        """Solve draws `rows` (all of them if None); a sharp loss is approached in stages."""
        pick = slice(None) if rows is None else rows
        stages = self.stages if self.stages[-1][1] else self.stages[-1:]
        return descend(
            self.solver,
            starts,
            stages,
            tolerance=1e-10,
            weights=None if self.weights is None else self.weights[pick],
            targets=None if self.targets is None else self.targets[pick],
        )


def _restart(
    lanes: _Lanes, warm: "Solution", *, again: np.ndarray, generator: np.random.Generator
) -> tuple["Solution", int]:
    """Solve the draws `again` from random starts too; keep the better optimum of each."""
    if len(again) == 0:
        return warm, 0
    starts = random_starts(lanes.solver.problem, generator, 4 * COLD_STARTS)
    projected, values = project(lanes.solver, starts)
    leaders = projected[np.argsort(values)[:COLD_STARTS]]
    cold = lanes.solve(np.tile(leaders, (len(again), 1)), np.repeat(again, COLD_STARTS))
    by_draw = np.argmin(cold.objective.reshape(len(again), COLD_STARTS), axis=1)
    rows = np.arange(len(again)) * COLD_STARTS + by_draw
    better = cold.objective[rows] < warm.objective[again]
    improved = cold.objective[rows] < warm.objective[again] * (1 - 1e-6)
    merged = []
    for old, new in zip(warm, cold, strict=True):
        old = np.array(old)
        old[again[better]] = new[rows[better]]
        merged.append(old)
    return type(warm)(*merged), int(np.sum(improved))


def resample(
    problem: Problem, generator: np.random.Generator, *, num: int, method: str
) -> np.ndarray:
    """Return how often each draw takes each row, shape `(num, rows)`."""
    used = problem.weights > 0
    if method == "rows":
        count = int(used.sum())
        drawn = np.zeros((num, problem.num_rows))
        drawn[:, used] = generator.multinomial(count, np.full(count, 1.0 / count), num)
        return drawn
    if problem.clusters is None:
        raise InvalidValue("A cluster bootstrap needs clusters: fit with `cluster=` a column.")
    present, cluster = np.unique(problem.clusters[used], return_inverse=True)
    count = len(present)
    taken = generator.multinomial(count, np.full(count, 1.0 / count), num)
    drawn = np.zeros((num, problem.num_rows))
    drawn[:, used] = taken[:, cluster.reshape(-1)]
    return drawn


def simulate(fit: "Fit", generator: np.random.Generator, *, num: int, method: str) -> np.ndarray:
    r"""Return targets with resampled noise on the fixed design, shape `(num, rows)`, centred.

    Residuals are divided by $\sqrt{1-h}$, their leverage $h$: raw ones are too small by it.
    """
    from ._covariance import leverages

    problem = fit.problem
    residuals = fit.residuals / problem.unit
    residuals = residuals / np.sqrt(np.maximum(1.0 - leverages(fit), 0.05))
    predicted = problem.target + fit.residuals / problem.unit
    if method == "residual":
        residuals = residuals - np.average(residuals, weights=problem.weights)
        return predicted - generator.choice(residuals, (num, problem.num_rows))
    groups = np.arange(problem.num_rows) if problem.clusters is None else problem.clusters
    signs = generator.choice(np.concatenate([WEBB, -WEBB]), (num, int(groups.max()) + 1))
    return predicted - residuals * signs[:, groups]
