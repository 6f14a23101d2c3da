"""Profile likelihood: one parameter held at a grid of values, all others fitted."""

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import chi2, t

from ..errors import InvalidValue
from ._base import LOGARITHMIC
from ._covariance import centred_covariance, noise_variance, slopes
from ._losses import Absolute, Huber, Squared, log_likelihood
from ._problem import Problem
from ._search import descend

if TYPE_CHECKING:
    from ._result import Fit

CALIBRATIONS = ("t", "chi2")
POINTS = 32
ROUNDS = 4
WIDENINGS = 6


@dataclasses.dataclass(frozen=True, eq=False)
class Profile:
    """The best objective at each value of one parameter.

    Attributes:
        name: The parameter.
        estimate: Its value at the fit.
        values: Values it was held at, ascending, in the user's units.
        deviance: Twice the drop of the log-likelihood at each value.
        interval: Where the deviance stays below the threshold. An end at a bound of the
            parameter (zero for a floor) makes the interval one-sided; an infinite end says that
            the data put no limit there.
        threshold: The deviance at the ends.
        level: The nominal coverage.
    """

    name: str
    estimate: float
    values: np.ndarray
    deviance: np.ndarray
    interval: tuple[float, float]
    threshold: float
    level: float


def threshold(fit: "Fit", level: float, calibration: str) -> float:
    r"""Return the deviance at the ends of an interval of nominal coverage `level`.

    `"chi2"` is asymptotic, and takes the noise to be the loss's own. `"t"` is exact for linear laws
    with Gaussian noise under a squared loss, $n\ln(1+t^2/(n-p))$ with Student's quantile. Under
    any other loss it is where the objective has risen by $\frac12t^2\,E\psi^2/E\psi'$ (Schrader
    and Hettmansperger 1980): that does not take Gaussian noise for Laplace's because the loss is
    sharp.
    """
    if calibration == "chi2":
        return float(chi2.ppf(level, 1))
    if calibration != "t":
        raise InvalidValue(
            f"Calibrations are {', '.join(map(repr, CALIBRATIONS))}. Got {calibration!r}."
        )
    spare = fit.num_rows - fit.num_parameters
    quantile = float(t.ppf(0.5 + level / 2, spare))
    if isinstance(fit.problem.loss, Squared):
        return fit.num_rows * float(np.log1p(quantile**2 / spare))
    bend = float(np.sum(fit.problem.weights * slopes(fit)[1])) / fit.num_rows
    rise = 0.5 * quantile**2 * noise_variance(fit) * bend
    return deviance(fit, fit.optimum.objective + rise)


def deviance(fit: "Fit", objective: float) -> float:
    """Return twice the drop of the log-likelihood from the fit to another value of the objective.

    The objective is the optimiser's, in centred units.
    """
    if not np.isfinite(objective):
        return np.inf
    loss, factor = fit.problem.loss, loss_factor(fit.problem)
    if isinstance(loss, Huber) and loss.free_scale:
        loss = Absolute(over=loss.over)
    num = fit.num_rows
    factor = factor * num / float(np.sum(fit.problem.weights))
    base = log_likelihood(loss, fit.optimum.objective * factor, num)[0]
    return 2.0 * (base - log_likelihood(loss, objective * factor, num)[0])


def profile(fit: "Fit", name: str, *, level: float = 0.95, calibration: str = "t") -> Profile:
    """Return the profile of one parameter and its interval.

    Args:
        fit: The fit. Clusters are ignored: the likelihood takes rows as independent.
        name: The parameter.
        level: Nominal coverage.
        calibration: `"t"` or `"chi2"`; see `threshold`.

    Raises:
        InvalidValue: No such parameter, an unknown calibration, a level outside (0, 1).
    """
    if name not in fit.law.names:
        raise InvalidValue(f"No parameter is named {name!r}; known: {', '.join(fit.law.names)}.")
    if not 0.0 < level < 1.0:
        raise InvalidValue(f"`level` must be between 0 and 1. Got {level}.")
    line = _Line(fit, name)
    limit = threshold(fit, level, calibration)
    ends = (line.end(-1, limit), line.end(1, limit))
    order = np.argsort(line.seen_values)
    return Profile(
        name=name,
        estimate=fit.parameters[name],
        values=line.natural(np.array(line.seen_values)[order]),
        deviance=np.array(line.seen_deviance)[order],
        interval=ends,
        threshold=limit,
        level=level,
    )


class _Line:
    """The deviance along one coordinate, with everything that was evaluated on it."""

    def __init__(self, fit: "Fit", name: str) -> None:
        from ._solver import Solver

        self.fit = fit
        self.index = fit.law.names.index(name)
        self.logarithmic = fit.law.parameters[self.index].kind in LOGARITHMIC
        self.problem = uncentred(fit.problem, name)
        self.solver = Solver(self.problem)
        self.best = self._moved(fit.coordinates)
        covariance = centred_covariance(dataclasses.replace(fit, problem=fit.problem), "wald")
        covariance = self._moved_covariance(covariance)
        variance = covariance[self.index, self.index]
        self.error = float(np.sqrt(variance)) if variance > 0 else 0.0
        self.tangent = (
            covariance[:, self.index] / variance if variance > 0 else np.zeros(len(self.best))
        )
        if not (np.isfinite(self.error) and self.error > 0):
            self.error = 0.1 * max(abs(self.best[self.index]), 0.1)
        self.stages = fit.optimum.stages if fit.optimum.stages[-1][1] else fit.optimum.stages[-1:]
        base = descend(self.solver, self.best[None, :], self.stages)
        self.best = base.coordinates[0]
        self.seen_values: list[float] = [float(self.best[self.index])]
        self.seen_deviance: list[float] = [0.0]

    def _moved(self, coordinates: np.ndarray) -> np.ndarray:
        """Return the same parameters in the coordinates of the uncentred problem."""
        if self.problem is self.fit.problem:
            return coordinates
        return self.problem.to_coordinates(self.fit.problem.natural(coordinates))

    def _moved_covariance(self, covariance: np.ndarray) -> np.ndarray:
        if self.problem is self.fit.problem:
            return covariance
        steps = 1e-6 * np.maximum(np.abs(self.fit.coordinates), 1e-3)
        slope = np.stack(
            [
                (self._moved(self.fit.coordinates + s) - self._moved(self.fit.coordinates - s))
                / (2 * s.sum())
                for s in np.diag(steps)
            ],
            axis=1,
        )
        return slope @ covariance @ slope.T

    def natural(self, values: np.ndarray) -> np.ndarray:
        """Return values of the coordinate in the user's units."""
        coordinates = np.tile(self.best, (len(values), 1))
        coordinates[:, self.index] = values
        return self.problem.natural(coordinates)[self.fit.law.names[self.index]]

    def deviance(self, values: np.ndarray) -> np.ndarray:
        """Return the deviance with the coordinate held at each of `values`."""
        starts = self.best + np.outer(values - self.best[self.index], self.tangent)
        starts[:, self.index] = values
        lower = np.tile(self.solver.lower, (len(values), 1))
        upper = np.tile(self.solver.upper, (len(values), 1))
        starts = np.clip(starts, lower, upper)
        lower[:, self.index] = upper[:, self.index] = values
        found = descend(self.solver, starts, self.stages, bounds=(lower, upper))
        drop = np.array([deviance(self.fit, float(value)) for value in found.objective])
        self.seen_values += values.tolist()
        self.seen_deviance += drop.tolist()
        return drop

    def end(self, side: int, limit: float) -> float:
        """Return the end of the interval on one side, in the user's units."""
        bound = float((self.solver.lower if side < 0 else self.solver.upper)[self.index])
        inside = outside = float(self.best[self.index])
        width = 3.0 * self.error
        for _ in range(WIDENINGS):
            reach = inside + side * width
            reach = max(reach, bound) if side < 0 else min(reach, bound)
            drop = self.deviance(np.array([reach]))[0]
            if drop > limit:
                outside = reach
                break
            inside = reach
            width *= 4.0
            if reach == bound:
                return float(self.natural(np.array([bound]))[0])
        else:
            return float(np.inf * side) if not (self.logarithmic and side < 0) else 0.0
        return float(self.natural(np.array([self._crossing(inside, outside, limit)]))[0])

    def _crossing(self, inside: float, outside: float, limit: float) -> float:
        for _ in range(ROUNDS):
            values = np.linspace(inside, outside, POINTS + 2)[1:-1]
            drop = self.deviance(values)
            beyond = np.flatnonzero(drop > limit)
            first = int(beyond[0]) if len(beyond) else len(values)
            outside = float(values[first]) if first < len(values) else outside
            inside = float(values[first - 1]) if first > 0 else inside
        return 0.5 * (inside + outside)


def loss_factor(problem: Problem) -> float:
    """Return what turns the optimiser's objective into the user's: units, and Gauss's half."""
    if isinstance(problem.loss, Squared):
        return 2.0 * problem.unit**2
    if isinstance(problem.loss, Absolute):
        return problem.unit
    return problem.unit**2


def uncentred(problem: Problem, name: str) -> Problem:
    """Return the problem in which the coordinate of `name` is its value up to a constant.

    A coefficient is fitted as the size of its term at the centre, which mixes it with its
    exponent; columns whose power it carries are put back into the user's units.
    """
    parameter = next(p for p in problem.law.parameters if p.name == name)
    mixed = {c for c, power in parameter.units if not isinstance(power, float | int)}
    mixed = {c for c in mixed if problem.scales.get(c, 1.0) != 1.0}
    if not mixed:
        return problem
    return dataclasses.replace(
        problem,
        columns={
            c: problem.raw_columns[c] if c in mixed else values
            for c, values in problem.columns.items()
        },
        scales={c: 1.0 if c in mixed else value for c, value in problem.scales.items()},
    )
