"""Sharp or smooth: does the log-width of a transition shrink as the system grows?"""

import enum
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy import stats

from ..errors import InvalidValue
from ._data import Systems
from ._shapes import Levels, Shape
from ._status import Status
from .critical_scale import CriticalScale, critical_scale

FEWEST_SIZES = 4
MARGIN = 0.1
LEVEL = 0.05


class Kind(enum.StrEnum):
    """How a transition behaves as the system grows."""

    SHARP = "sharp"
    SMOOTH = "smooth"
    UNDECIDED = "undecided"


class Sharpness(NamedTuple):
    """What the widths say.

    Attributes:
        status: `OK`, or why there is no slope.
        sentence: The verdict with its numbers, or the reason.
        kind: `SHARP`, `SMOOTH` or `UNDECIDED`.
        slope: Of ln width on ln size.
        interval: 95 % interval: the wider of the scatter about the line and of the seeds.
        p_sharp: That the slope is above -0.1, one-sided; small if sharp.
        p_smooth: That it lies outside ±0.1 (two one-sided tests); small if smooth.
        sizes: Systems whose width is known.
        log_widths: Their log-widths.
        places: The critical scale of every system, by size.
    """

    status: Status
    sentence: str
    kind: Kind
    slope: float | None = None
    interval: tuple[float, float] | None = None
    p_sharp: float | None = None
    p_smooth: float | None = None
    sizes: Float[np.ndarray, " sizes"] = np.empty(0)
    log_widths: Float[np.ndarray, " sizes"] = np.empty(0)
    places: Mapping[float, CriticalScale] = {}


def sharpness(
    systems: Systems,
    *,
    shape: Shape = "step",
    levels: Levels = "free",
    num_bootstrap: int = 400,
    key: int = 0,
) -> Sharpness:
    """Return whether the transition of these systems sharpens with their size.

    Sharp: the upper end of the interval of the slope lies below -0.1. Smooth: equivalence with
    zero within ±0.1. At least four sizes.

    Args:
        systems: The order parameter along the scale, by system size.
        shape: What is fitted to each, see `critical_scale`.
        levels: Of a step, likewise.
        num_bootstrap: Draws behind the intervals.
        key: Seeds the draws.

    Raises:
        InvalidValue: As `critical_scale`; or a size that is not positive.
    """
    for size in systems:
        if not (np.isfinite(size) and size > 0):
            raise InvalidValue(f"A system size must be positive and finite. Got {size}.")
    places = {
        float(size): critical_scale(
            systems[size], shape=shape, levels=levels, num_bootstrap=num_bootstrap, key=key
        )
        for size in sorted(systems)
    }
    known = {size: place for size, place in places.items() if place.status is Status.OK}
    sizes = np.array(list(known))
    widths = np.array([place.log_width for place in known.values()], np.float64)
    if len(known) < FEWEST_SIZES:
        status, text = _shortage(places, known)
        return Sharpness(
            status, text, Kind.UNDECIDED, sizes=sizes, log_widths=widths, places=places
        )
    return from_widths(sizes, widths, list(known.values()))._replace(places=places)


def from_widths(
    sizes: Float[np.ndarray, " sizes"],
    log_widths: Float[np.ndarray, " sizes"],
    fits: list[CriticalScale] | None = None,
) -> Sharpness:
    """Return the verdict on widths that are known, with bootstrap draws of them or without.

    Args:
        sizes: Positive, at least four.
        log_widths: Positive.
        fits: What they come from, for the uncertainty that seeds leave.

    Raises:
        InvalidValue: Fewer than four sizes, or numbers that are not positive.
    """
    if len(sizes) < FEWEST_SIZES or not np.all((sizes > 0) & (log_widths > 0)):
        raise InvalidValue(
            f"Sharpness needs widths above zero of at least {FEWEST_SIZES} sizes. "
            f"Got {len(sizes)}: {list(zip(sizes, log_widths, strict=True))}."
        )
    x = np.log(sizes) - np.log(sizes).mean()
    weights = x / (x**2).sum()
    y = np.log(log_widths)
    slope, dof = float(weights @ y), len(x) - 2
    scatter = y - y.mean() - slope * x
    errors = [(float(np.sqrt((scatter**2).sum() / dof / (x**2).sum())), dof)]
    if fits is not None:
        errors.append(_seed_error(weights, fits))
    interval = _interval(slope, errors)
    p_sharp = max(_p_above(slope + MARGIN, *error) for error in errors)
    p_smooth = max(_p_above(abs(slope) - MARGIN, *error) for error in errors)
    kind = Kind.UNDECIDED
    if interval[1] < -MARGIN:
        kind = Kind.SHARP
    elif p_smooth < LEVEL:
        kind = Kind.SMOOTH
    text = (
        f"Slope of ln width in ln size {slope:+.3f} [{interval[0]:+.3f}, {interval[1]:+.3f}] "
        f"over {len(x)} sizes: {kind.value}."
    )
    return Sharpness(
        *(Status.OK, text, kind, slope, interval, p_sharp, p_smooth, sizes, log_widths)
    )


def _seed_error(weights: np.ndarray, fits: list[CriticalScale]) -> tuple[float, int]:
    """Return the standard error of the slope over bootstrap draws, and its degrees of freedom."""
    draws = np.array([fit.width_draws for fit in fits])
    spread = float((weights @ np.log(draws)).std(ddof=1))
    seeds = min(fit.num_seeds for fit in fits)
    if seeds < 2:
        return spread, 10_000  # residuals, drawn from the fit: as good as normal
    return spread * float(np.sqrt(seeds / (seeds - 1))), seeds - 1


def _interval(slope: float, errors: list[tuple[float, int]]) -> tuple[float, float]:
    half = max(float(stats.t.ppf(0.975, dof)) * error for error, dof in errors)
    return slope - half, slope + half


def _p_above(distance: float, error: float, dof: int) -> float:
    """Return the one-sided p-value that a distance is zero or above."""
    return float(stats.t.cdf(distance / max(error, 1e-12), dof))


def _shortage(
    places: Mapping[float, CriticalScale], known: Mapping[float, CriticalScale]
) -> tuple[Status, str]:
    missing = [f"{size:g} ({p.status.value})" for size, p in places.items() if size not in known]
    text = f"{len(known)} of {len(places)} sizes have a width; the slope needs {FEWEST_SIZES}." + (
        f" Without: {', '.join(missing)}." if missing else ""
    )
    statuses = {place.status for place in places.values()} - {Status.OK}
    status = statuses.pop() if len(statuses) == 1 and not known else Status.TOO_FEW_POINTS
    return status, text
