"""The way to the optimum: random starts, coefficients projected out, the loss sharpened.

Each start first gets its best coefficients for its exponents (the same program with the
other coordinates held). One half then follows the loss from squared to the wanted one in steps
of ten, which keeps Newton steps meaningful where only a few residuals lie inside the
threshold; the other half starts at the wanted loss, whose best optimum may be another.
"""

import dataclasses
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InvalidValue
from ._base import Kind
from ._losses import SHARP, Absolute, Huber, profile_scale

if TYPE_CHECKING:
    from ._problem import Problem
    from ._solver import Solution, Solver

# Starts reached the same optimum if their objectives agree to this share, or to this much of the
# deviance (a hundredth: far below what the noise of the data would change).
AGREEMENT = 1e-6
AGREEMENT_DEVIANCE = 0.01
# How many lanes are followed further where the best has not arrived, and how far.
POLISHED = 8
LONG_STEPS = 2000
# Below this share of the residuals a threshold is not resolved: the loss is absolute.
ROUND_BELOW = 1e-4
# Residuals of a smaller root mean square than this (of the centred target) are rounding: the law
# passes through the data, and what a further step promises is noise.
ROUNDED = 1e-10
# What a Newton step may still promise, relative to the objective, for a fit to be converged.
CONVERGED = 1e-8
ROUNDS = 5
# Rows that the first rounds look at; longer tables are thinned for them.
SEARCH_ROWS = 4096


@dataclasses.dataclass(frozen=True)
class Found:
    """The best optimum of a search.

    Attributes:
        coordinates: Its coordinates, shape `(parameters,)`.
        objective: The smoothed objective in centred units.
        decrement: Relative decrease that a further Newton step promises.
        num_starts: Random starts that were followed.
        num_agreeing: How many of them ended at this objective.
        stages: The thresholds it was reached through; see `sharpening`.
        scale: The fitted scale of residuals, 1 unless it was free.
    """

    coordinates: np.ndarray
    objective: float
    decrement: float
    num_starts: int
    num_agreeing: int
    stages: list[tuple[float, bool]]
    scale: float = 1.0

    @property
    def delta(self) -> float:
        """Return the threshold of the last stage, in centred units."""
        return self.stages[-1][0]

    @property
    def converged(self) -> bool:
        """Say whether gradient and restarts agree that this is an optimum."""
        return self.decrement <= CONVERGED and self.num_agreeing >= 2


def random_starts(problem: "Problem", generator: np.random.Generator, num: int) -> np.ndarray:
    """Return `num` random starts inside the bounds, shape `(num, parameters)`."""
    ranges = {
        name: (float(values.min()), float(values.max()))
        for name, values in problem.columns.items()
        if values.min() > 0
    }
    lower, upper = problem.bounds()
    starts = problem.coordinates(problem.law.starts(generator, ranges, num))
    return np.clip(starts, lower, upper)


def sharp_delta(problem: "Problem", residuals: np.ndarray, scale: float = 1.0) -> float:
    """Return the wanted threshold in centred units, given the residuals at hand."""
    loss = problem.loss
    typical = float(np.average(np.abs(residuals), weights=problem.weights))
    if isinstance(loss, Absolute):
        return max(SHARP * typical, 1e-300)
    if isinstance(loss, Huber) and loss.free_scale:
        return max(loss.delta * scale, 1e-300)
    return loss.delta / problem.unit


def rounding(problem: "Problem", delta: float) -> float:
    """Return the objective below which residuals are rounding alone."""
    return ROUNDED * min(ROUNDED, delta) * float(np.sum(problem.weights))


def sharpening(typical: float, delta: float) -> list[tuple[float, bool]]:
    """Return `(threshold, rounded)` from the size of the residuals down to `delta`.

    The last pair is the wanted loss itself, or its rounded form where the two cannot be told
    apart (a threshold of less than `ROUND_BELOW` of the residuals).
    """
    if not math.isfinite(delta) or typical <= 0:
        return [(delta, False)]
    num = max(math.ceil(math.log10(max(typical / delta, 1.0))), 0)
    path = [(delta * 10.0**k, True) for k in range(num, 0, -1)]
    return [*path, (delta, delta < ROUND_BELOW * typical)]


def descend(
    solver: "Solver",
    starts: np.ndarray,
    stages: list[tuple[float, bool]],
    *,
    tolerance: float = 1e-16,
    **lanes: Any,
) -> "Solution":
    """Solve along the stages of `sharpening`, each from where the last one ended."""
    for delta, rounded in stages[:-1]:
        coarse = solver.solve(starts, delta, rounded=rounded, tolerance=1e-6, max_steps=60, **lanes)
        starts = coarse.coordinates
    delta, rounded = stages[-1]
    return solver.solve(starts, delta, rounded=rounded, tolerance=tolerance, max_steps=150, **lanes)


def search(solver: "Solver", *, key: int, num_starts: int) -> Found:
    """Return the best optimum over random starts, more of them until two agree."""
    generator = np.random.default_rng(key)
    best = _round(solver, generator, num_starts)
    for _ in range(ROUNDS - 1):
        # Where lanes agree without having arrived, more of them would drift along as well.
        if best.num_agreeing >= 2:
            break
        share = max(AGREEMENT, AGREEMENT_DEVIANCE / solver.problem.num_rows)
        best = _merge(best, _round(solver, generator, num_starts), share)
    if getattr(solver.problem.loss, "free_scale", False):
        best = _free_scale(solver, best)
    return best


def _no_start_message(problem: "Problem") -> str:
    bad = [name for name, values in problem.raw_columns.items() if np.any(values <= 0)]
    hint = (
        f"column {bad[0]!r} has values that are not positive: shift or filter them"
        if bad
        else "give starting ranges or bounds for its parameters"
    )
    return f"The law {problem.law} is finite from no start on this table; {hint}."


def _merge(first: Found, second: Found, share: float) -> Found:
    better, worse = sorted((first, second), key=lambda found: found.objective)
    same = worse.objective <= better.objective * (1 + share) + 1e-300
    return dataclasses.replace(
        better,
        num_starts=first.num_starts + second.num_starts,
        num_agreeing=better.num_agreeing + (worse.num_agreeing if same else 0),
    )


def _round(solver: "Solver", generator: np.random.Generator, num_starts: int) -> Found:
    problem = solver.problem
    starts = random_starts(problem, generator, num_starts)
    projected, values = project(solver, starts)
    chosen = projected[np.argsort(values)[: max(num_starts // 2, 2)]]
    sharp = math.isfinite(problem.loss.delta)
    smooth = solver.solve(chosen[::2] if sharp else chosen, math.inf, tolerance=1e-6, max_steps=60)
    if not np.any(np.isfinite(smooth.objective)):
        raise InvalidValue(_no_start_message(problem))
    residuals = residuals_at(problem, smooth.coordinates[int(np.argmin(smooth.objective))])
    scale = _first_scale(problem, residuals)
    delta = sharp_delta(problem, residuals, scale)
    stages = sharpening(float(np.average(np.abs(residuals), weights=problem.weights)), delta)
    final = descend(solver, smooth.coordinates, stages)
    if not stages[-1][1] and np.isfinite(delta):
        direct = solver.solve(chosen[1::2], delta, max_steps=150)
        final = type(final)(*map(np.concatenate, zip(final, direct, strict=True)))
    final = _polish(solver, final, stages[-1])
    order = int(np.argmin(final.objective))
    objective = float(final.objective[order])
    exact = rounding(problem, stages[-1][0])
    promised = float(final.decrement[order]) / max(objective, 1e-300)
    return Found(
        coordinates=final.coordinates[order],
        objective=objective,
        decrement=0.0 if objective <= exact else promised,
        num_starts=len(final.objective),
        num_agreeing=_agreeing(problem, final.objective, exact),
        stages=stages,
        scale=scale,
    )


def _polish(solver: "Solver", found: "Solution", stage: tuple[float, bool]) -> "Solution":
    """Go on from the best lanes where they have not arrived: some valleys are long and curved."""
    best = int(np.argmin(found.objective))
    exact = rounding(solver.problem, stage[0])
    if found.decrement[best] <= max(CONVERGED * found.objective[best], exact):
        return found
    chosen = np.argsort(found.objective)[:POLISHED]
    further = solver.solve(
        found.coordinates[chosen], stage[0], rounded=stage[1], max_steps=LONG_STEPS
    )
    parts = [np.array(part) for part in found]
    for part, new in zip(parts, further, strict=True):
        part[chosen] = new
    return type(found)(*parts)


def _agreeing(problem: "Problem", objectives: np.ndarray, exact: float) -> int:
    """Return how many objectives are the best one's, to a share of what noise would change."""
    share = max(AGREEMENT, AGREEMENT_DEVIANCE / problem.num_rows)
    return int(np.sum(objectives <= max(np.min(objectives) * (1 + share), exact)))


def project(solver: "Solver", starts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return starts with their best coefficients for a squared loss, and its values."""
    held = np.array([p.kind is not Kind.COEFFICIENT for p in solver.problem.law.parameters])
    lower = np.where(held, starts, solver.lower)
    upper = np.where(held, starts, solver.upper)
    found = solver.solve(
        starts, math.inf, bounds=(lower, upper), tolerance=1e-2, max_steps=0 if held.all() else 8
    )
    return found.coordinates, found.objective


def residuals_at(problem: "Problem", coordinates: np.ndarray) -> np.ndarray:
    """Return the centred residuals, `prediction - data` on the scale they are taken in."""
    predicted = problem.predict(coordinates, problem.raw_columns)
    with np.errstate(invalid="ignore", divide="ignore"):
        return problem.transformed(predicted) - problem.target


def _first_scale(problem: "Problem", residuals: np.ndarray) -> float:
    if getattr(problem.loss, "free_scale", False):
        return profile_scale(problem.loss, residuals, problem.weights)
    return 1.0


def _free_scale(solver: "Solver", found: Found) -> Found:
    """Alternate between parameters and the scale of the residuals until both rest."""
    problem = solver.problem
    for _ in range(50):
        residuals = residuals_at(problem, found.coordinates)
        scale = profile_scale(problem.loss, residuals, problem.weights)
        typical = float(np.average(np.abs(residuals), weights=problem.weights))
        stages = sharpening(typical, sharp_delta(problem, residuals, scale))
        step = descend(solver, found.coordinates[None, :], stages[-2:])
        rested = abs(scale / found.scale - 1.0) < 1e-9
        found = dataclasses.replace(
            found,
            coordinates=step.coordinates[0],
            objective=float(step.objective[0]),
            decrement=float(step.decrement[0] / max(step.objective[0], 1e-300)),
            stages=stages,
            scale=scale,
        )
        if rested:
            break
    return found
