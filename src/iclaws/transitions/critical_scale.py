"""Where a transition is and how wide: a logistic step in the logarithm of the scale, or a kink."""

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from ._data import Curve, Points, percentile_interval, points, seed_counts
from ._flat import p_flat
from ._shapes import Fits, Levels, Shape, Wanted, curve_of, fit_shape
from ._status import Status
from .wide_interval import wide_interval

FEWEST_SCALES = 5  # four parameters, and one scale to be wrong by
FLAT = 0.01  # p-value above which nothing is said to change
SEEN = 0.6  # share of the step that the scales must cover
RESOLVED = 0.5  # width that can be told from zero, in gaps of the grid


class CriticalScale(NamedTuple):
    """A critical scale with its rounding.

    Attributes:
        status: `OK`, or why there is no number.
        sentence: The result, or the reason, in words.
        shape: `step` or `kink`.
        scale: Critical scale; None without one.
        interval: 95 % interval: over seeds where there are three or more, else of residuals.
        log_width: 20-80 % width on the natural logarithm of the scale: of the step, or of the
            change of slope of the kink.
        log_width_interval: Its interval.
        start, end: Order parameter far below and far above.
        squares: Sum of squared residuals.
        scale_draws, width_draws: Bootstrap draws of both, aligned over systems whose seeds have
            the same names and the same `key`.
        num_seeds: Seeds that the interval rests on; 0 if it rests on residuals.
        p_value: That nothing changes along the scale; over seeds where there are three or more.
    """

    status: Status
    sentence: str
    shape: Shape
    scale: float | None = None
    interval: tuple[float, float] | None = None
    log_width: float | None = None
    log_width_interval: tuple[float, float] | None = None
    start: float | None = None
    end: float | None = None
    squares: float | None = None
    scale_draws: Float[np.ndarray, " draws"] | None = None
    width_draws: Float[np.ndarray, " draws"] | None = None
    num_seeds: int = 0
    p_value: float | None = None


def critical_scale(
    curve: Curve,
    *,
    shape: Shape = "step",
    levels: Levels = "free",
    num_bootstrap: int = 400,
    key: int = 0,
) -> CriticalScale:
    r"""Fit $q_0+\frac{q_1-q_0}{1+(s_c/s)^h}$: critical scale $s_c$, log-width $w=2\ln4/h$.

    A step rises or falls. With `shape="kink"` a line that ends on a plateau is fitted instead,
    whose rounding is the width: the ramp of an order parameter with exponent 1 does not shrink
    with system size, its rounding does.

    Args:
        curve: Order parameter along a scale, several seeds welcome.
        shape: `step` or `kink`.
        levels: Of a step: `free` are fitted; `ends` are the means at the lowest and the highest
            scale, for a fall that starts at its steepest; or the two levels themselves, such as
            (0, 1) for a score.
        num_bootstrap: Draws behind the intervals.
        key: Seeds the draws.

    Raises:
        InvalidValue: Lists of unequal length, scales that are not positive, values not finite.
    """
    data = points(curve)
    if len(data.distinct) < FEWEST_SCALES:
        text = (
            f"{len(data.distinct)} different scales cannot place a transition: "
            f"bring at least {FEWEST_SCALES}."
        )
        return CriticalScale(Status.TOO_FEW_POINTS, text, shape)
    if np.ptp(data.order) <= 1e-12 * np.abs(data.order).max():
        text = f"The order parameter is {data.order[0]:g} at every scale: nothing changes."
        return CriticalScale(Status.CONSTANT, text, shape)
    ones = np.ones((1, len(data.order)))
    wanted = Wanted(shape, levels)
    best = fit_shape(data, data.order[None], ones, wanted=wanted, near=None)
    squares = float(best.squares[0])
    p_value = p_flat(data, squares)
    trouble = _trouble(data, best, shape, p_value=p_value)
    if trouble is not None:
        return CriticalScale(*trouble, shape, squares=squares, p_value=p_value)
    found = _result(data, best, wanted, generator=np.random.default_rng(key), draws=num_bootstrap)
    return found._replace(p_value=p_value)


def _trouble(
    data: Points, best: Fits, shape: Shape, *, p_value: float
) -> tuple[Status, str] | None:
    """Return why the fit is no transition, or None."""
    if p_value > FLAT:
        over = f" over {data.num_seeds} seeds" if data.clustered else ""
        text = f"A {shape} explains no more than a constant does (p = {p_value:.2g}{over})."
        return Status.NO_TRANSITION, text
    place, low, high = best.place[0], data.scale[0], data.scale[-1]
    if not low <= place <= high:
        text = (
            f"The best {shape} lies at {place:.3g}, outside the scales {low:g} to {high:g}: "
            "extend them."
        )
        return Status.NOT_IN_RANGE, text
    height = abs(best.end[0] - best.start[0])
    shown = float(np.ptp(curve_of(data, best.parameters, shape)[0]))
    if shape == "step" and shown < SEEN * height:
        text = (
            f"Only {shown / height:.0%} of the best step lie within the scales {low:g} to "
            f"{high:g}: extend them."
        )
        return Status.NOT_IN_RANGE, text
    if shape == "kink" and best.log_width[0] > np.log(high / low):
        return Status.NOT_IN_RANGE, "The bend is wider than the scales: extend them."
    return None


def _result(
    data: Points, best: Fits, wanted: Wanted, *, generator: np.random.Generator, draws: int
) -> CriticalScale:
    shape = wanted.shape
    drawn = _draws(data, best, wanted, generator=generator, draws=draws)
    place, width = float(best.place[0]), float(best.log_width[0])
    places, widths = np.log(drawn.place), np.log(drawn.log_width)
    rest: dict[str, Any] = {
        "start": float(best.start[0]),
        "end": float(best.end[0]),
        "squares": float(best.squares[0]),
        "scale_draws": drawn.place,
        "num_seeds": data.num_seeds if data.clustered else 0,
    }
    low, high = np.exp(_interval(np.log(place), places, data))
    around = _neighbours(data, place)
    if width < RESOLVED * np.log(around[1] / around[0]):
        text = (
            f"The {shape} lies between the neighbouring scales {around[0]:g} and {around[1]:g}, "
            "and is narrower than they can tell: measure between them."
        )
        wide = min(low, around[0]), max(high, around[1])
        return CriticalScale(Status.UNRESOLVED, text, shape, place, wide, **rest)
    lower, upper = np.exp(_interval(np.log(width), widths, data))
    text = (
        f"Critical scale {place:.4g} [{low:.4g}, {high:.4g}], "
        f"log-width {width:.3g} [{lower:.3g}, {upper:.3g}]."
    )
    return CriticalScale(
        *(Status.OK, text, shape, place, (float(low), float(high))),
        log_width=width,
        log_width_interval=(float(lower), float(upper)),
        width_draws=drawn.log_width,
        **rest,
    )


def _draws(
    data: Points, best: Fits, wanted: Wanted, *, generator: np.random.Generator, draws: int
) -> Fits:
    """Return the fits of resampled data, each from the best fit."""
    if data.clustered:
        weights = seed_counts(data.num_seeds, draws, generator)[:, data.seed].astype(np.float64)
        order = np.broadcast_to(data.order, weights.shape)
    else:
        fitted = curve_of(data, best.parameters, wanted.shape)[0]
        count = len(data.order)
        residuals = (data.order - fitted) * np.sqrt(count / max(count - 4, 1))
        signs = generator.choice([-1.0, 1.0], (draws, count))
        order = fitted + generator.choice(residuals, (draws, count)) * signs
        weights = np.ones((1, count))
    return fit_shape(data, order, weights, wanted=wanted, near=best.parameters[0])


def _interval(value: float, draws: np.ndarray, data: Points) -> np.ndarray:
    if data.clustered:
        return np.array(wide_interval(value, draws, data.num_seeds))
    return np.array(percentile_interval(draws))


def _neighbours(data: Points, place: float) -> tuple[float, float]:
    """Return the measured scales on both sides of a place."""
    scales = data.distinct
    after = int(np.clip(np.searchsorted(scales, place), 1, len(scales) - 1))
    return float(scales[after - 1]), float(scales[after])
