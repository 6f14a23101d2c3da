"""A change of slope in log-log: continuous segments against one line, by sup-F."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from ..errors import InvalidValue
from ._data import Curve, Points, percentile_interval, points, seed_counts
from ._status import Status
from .wide_interval import wide_interval

FEWEST_SCALES = 6
NUM_BREAKS, FINE_BREAKS = 61, 241  # on trial for the test, and for the place
LEVEL = 0.05


class Segmented(NamedTuple):
    """A continuous line with one break, against a straight line.

    Attributes:
        status: `OK` if there is a break, `NO_TRANSITION` if a line does as well.
        sentence: The result in words.
        break_scale: Where the slope changes; None without a break.
        interval: 95 % interval of the break, over seeds or residuals.
        slope_before, slope_after: In log-log; of the line if there is no break.
        sup_f: Largest F statistic over all breaks.
        p_value: By parametric bootstrap, since the break is not identified under the line.
    """

    status: Status
    sentence: str
    break_scale: float | None = None
    interval: tuple[float, float] | None = None
    slope_before: float | None = None
    slope_after: float | None = None
    sup_f: float | None = None
    p_value: float | None = None


class _Breaks(NamedTuple):
    """Every break on trial, `(b,)` in ln scale, and the hinges it makes, `(b, n)`."""

    places: Float[np.ndarray, " b"]
    hinges: Float[np.ndarray, "b n"]


def segmented(curve: Curve, *, num_bootstrap: int = 999, key: int = 0) -> Segmented:
    """Return the break of a curve in log-log, and whether a straight line would do.

    Args:
        curve: Values must be positive: risks, losses, times.
        num_bootstrap: Draws behind the p-value and the interval.
        key: Seeds them.

    Raises:
        InvalidValue: Values that are not positive, or as `critical_scale`.
    """
    data = points(curve)
    if not np.all(data.order > 0):
        raise InvalidValue(
            f"Segments are sought in log-log: values must be positive. Got {data.order.min():g}; "
            "use `critical_scale` for scores."
        )
    if len(data.distinct) < FEWEST_SCALES:
        text = (
            f"{len(data.distinct)} different scales cannot show a break: "
            f"bring at least {FEWEST_SCALES}."
        )
        return Segmented(Status.TOO_FEW_POINTS, text)
    x, y = np.log(data.scale), np.log(data.order)
    if np.ptp(y) <= 1e-12:
        text = f"The value is {data.order[0]:g} at every scale: nothing changes."
        return Segmented(Status.CONSTANT, text)
    return _tested(data, x, y, draws=num_bootstrap, generator=np.random.default_rng(key))


def _tested(
    data: Points, x: np.ndarray, y: np.ndarray, *, draws: int, generator: np.random.Generator
) -> Segmented:
    breaks, fine = _breaks(x, NUM_BREAKS), _breaks(x, FINE_BREAKS)
    ones = np.ones((1, len(x)))
    statistic, _ = _sup_f(x, y[None], ones, breaks=breaks)
    line = np.polynomial.Polynomial.fit(x, y, 1, domain=[]).convert()
    fitted = line(x)
    spread = np.sqrt(((y - fitted) ** 2).sum() / (len(x) - 2))
    null = fitted + spread * _noise(data, y - fitted, draws=draws, generator=generator)
    nulls, _ = _sup_f(x, null, ones, breaks=breaks)
    p_value = float((1 + (nulls >= statistic[0]).sum()) / (draws + 1))
    if p_value > LEVEL:
        slope = float(line.coef[1])
        text = f"One line of slope {slope:+.3f} does as well as two (sup-F p = {p_value:.2g})."
        return Segmented(
            *(Status.NO_TRANSITION, text, None, None, slope, slope),
            sup_f=float(statistic[0]),
            p_value=p_value,
        )
    _, best = _sup_f(x, y[None], ones, breaks=fine)
    place = float(fine.places[best[0]])
    before, after = _slopes(x, y, place)
    resampled = _resampled(data, (x, y), place, draws=draws, generator=generator)
    _, bests = _sup_f(x, *resampled, breaks=fine)
    drawn = fine.places[bests]
    ends = (
        wide_interval(place, drawn, data.num_seeds)
        if data.clustered
        else percentile_interval(drawn)
    )
    interval = float(np.exp(ends[0])), float(np.exp(ends[1]))
    text = (
        f"The slope changes from {before:+.3f} to {after:+.3f} at {np.exp(place):.4g} "
        f"[{interval[0]:.4g}, {interval[1]:.4g}] (sup-F p = {p_value:.2g})."
    )
    return Segmented(
        *(Status.OK, text, float(np.exp(place)), interval, before, after),
        sup_f=float(statistic[0]),
        p_value=p_value,
    )


def _breaks(x: np.ndarray, num: int) -> _Breaks:
    """Return breaks between the second and the last but one scale."""
    inner = np.unique(x)[1:-1]
    places = np.linspace(inner[0], inner[-1], num)
    return _Breaks(places, np.maximum(x - places[:, None], 0.0))


def _sup_f(
    x: np.ndarray, y: np.ndarray, weights: np.ndarray, *, breaks: _Breaks
) -> tuple[np.ndarray, np.ndarray]:
    """Return the largest F of every lane, and its break.

    The hinge is made orthogonal to the line, lane by lane where weights differ.
    """
    total = weights.sum(axis=1)
    best_gain, best = np.full(len(y), -np.inf), np.zeros(len(y), int)
    mean_x = (weights @ x) / total
    spread = (weights @ x**2) / total - mean_x**2
    mean_y = (weights * y).sum(axis=1) / total
    tilt = ((weights * y) @ x / total - mean_x * mean_y) / spread
    rest = weights * (y - mean_y[:, None] - tilt[:, None] * (x - mean_x[:, None]))
    line = (rest * y).sum(axis=1)
    for number, hinge in enumerate(breaks.hinges):
        mean_h, square = weights @ hinge / total, weights @ hinge**2 / total
        shared = weights @ (hinge * x) / total - mean_h * mean_x
        power = total * (square - mean_h**2 - shared**2 / spread)
        gain = (rest @ hinge) ** 2 / np.maximum(power, 1e-12)
        best = np.where(gain > best_gain, number, best)
        best_gain = np.maximum(gain, best_gain)
    squares = np.maximum(line - best_gain, 1e-20 * np.maximum(line, 1e-300))
    dof = max(len(x) - 4, 1)
    return best_gain / 2 / (squares / dof), best


def _slopes(x: np.ndarray, y: np.ndarray, place: float) -> tuple[float, float]:
    design = np.column_stack([np.ones_like(x), x, np.maximum(x - place, 0.0)])
    found = np.linalg.lstsq(design, y, rcond=None)[0]
    return float(found[1]), float(found[1] + found[2])


def _noise(
    data: Points, residual: np.ndarray, *, draws: int, generator: np.random.Generator
) -> np.ndarray:
    """Return Gaussian noise of unit variance, as correlated within seeds as the residuals are."""
    noise = generator.normal(size=(draws, len(residual)))
    if not data.clustered:
        return noise
    share = _shared_variance(data, residual)
    own = generator.normal(size=(draws, data.num_seeds))[:, data.seed]
    return np.sqrt(1 - share) * noise + np.sqrt(share) * own


def _shared_variance(data: Points, residual: np.ndarray) -> float:
    """Return the share of the residual variance that all values of a seed have in common."""
    means = np.bincount(data.seed, residual) / np.bincount(data.seed)
    per_seed = len(residual) / data.num_seeds
    within = residual - means[data.seed]
    inside = (within**2).sum() / max(len(residual) - data.num_seeds, 1)
    between = max(means.var(ddof=1) - inside / per_seed, 0.0)
    return float(between / max(between + inside, 1e-300))


def _resampled(
    data: Points, xy: tuple, place: float, *, draws: int, generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return values and weights of bootstrap draws: of seeds, or of residuals."""
    x, y = xy
    if data.clustered:
        counts = seed_counts(data.num_seeds, draws, generator)[:, data.seed].astype(np.float64)
        return np.broadcast_to(y, counts.shape), counts
    design = np.column_stack([np.ones_like(x), x, np.maximum(x - place, 0.0)])
    fitted = design @ np.linalg.lstsq(design, y, rcond=None)[0]
    residuals = (y - fitted) * np.sqrt(len(y) / max(len(y) - 4, 1))
    signs = generator.choice([-1.0, 1.0], (draws, len(y)))
    drawn = fitted + signs * generator.choice(residuals, (draws, len(y)))
    return drawn, np.ones((1, len(y)))
