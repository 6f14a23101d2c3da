"""Hartigan's dip: whether seeds fall in two groups, which a mean would hide."""

import functools
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from ..errors import InvalidValue
from ._data import Values
from ._status import Status

FEWEST_VALUES = 8
LEVEL = 0.05


class Bimodality(NamedTuple):
    """The dip test of unimodality.

    Attributes:
        status: `OK`, or why there is no test.
        sentence: The result, or the reason.
        dip: Largest distance between the empirical distribution and the nearest unimodal one.
        p_value: Under the uniform distribution, the hardest unimodal one to tell.
        bimodal: Whether it is below 0.05.
    """

    status: Status
    sentence: str
    dip: float | None = None
    p_value: float | None = None
    bimodal: bool = False


def bimodality(values: Values, *, num_draws: int = 1000, key: int = 0) -> Bimodality:
    """Return whether the values of independent seeds have more than one mode.

    Hartigan and Hartigan (1985), Annals of Statistics 13, 70.

    Args:
        values: One per seed, at one scale.
        num_draws: Uniform samples behind the p-value.
        key: Seeds them.

    Raises:
        InvalidValue: Values that are not finite.
    """
    sample = np.sort(np.asarray(values, np.float64))
    if sample.ndim != 1 or not np.all(np.isfinite(sample)):
        raise InvalidValue("The test takes a list of finite values, one per seed.")
    if len(sample) < FEWEST_VALUES:
        text = f"{len(sample)} seeds cannot show two groups: bring at least {FEWEST_VALUES}."
        return Bimodality(Status.TOO_FEW_SEEDS, text)
    if sample[0] == sample[-1]:
        return Bimodality(Status.CONSTANT, f"All seeds give {sample[0]:g}: one group.")
    dip = dip_statistic(sample)
    null = _null(len(sample), num_draws, key)
    p_value = float((1 + (null >= dip).sum()) / (num_draws + 1))
    found = "two groups or more" if p_value < LEVEL else "no sign of two groups"
    text = f"Dip {dip:.3f} over {len(sample)} seeds, p = {p_value:.2g}: {found}."
    return Bimodality(Status.OK, text, dip, p_value, p_value < LEVEL)


def dip_statistic(values: Values) -> float:
    """Return the dip of a sample, between 1/(2n) and 1/4.

    The modal interval shrinks until the largest gap between the greatest convex minorant and the
    least concave majorant inside it is no larger than the dip found so far.
    """
    x = np.sort(np.asarray(values, np.float64))
    count = len(x)
    if count < 2 or x[0] == x[-1]:
        return 0.5 / count
    if np.any(np.diff(x) == 0):
        # Ties are the limit of neighbours: an atom may only lie at the mode, as a steep rise.
        x = x + np.arange(count) * (1e-9 * (x[-1] - x[0]))
    low, high, dip = 0, count - 1, 1.0  # in units of 1/(2n)
    while True:
        minorant, majorant = _minorant(x, low, high), _majorant(x, low, high)
        gap, new_low, new_high = _largest_gap(x, minorant, majorant)
        if gap <= dip:
            break
        dip = max(dip, _fit_left(x, minorant, new_low), _fit_right(x, majorant, new_high))
        if (new_low, new_high) == (low, high):
            break
        low, high = new_low, new_high
    return float(dip / (2 * count))


def _minorant(x: np.ndarray, low: int, high: int) -> list[int]:
    """Return the corners of the greatest convex minorant of (x, index) on [low, high]."""
    corners = [low]
    for j in range(low + 1, high + 1):
        while len(corners) > 1 and _slope(x, corners[-2], corners[-1]) >= _slope(x, corners[-1], j):
            corners.pop()
        corners.append(j)
    return corners


def _majorant(x: np.ndarray, low: int, high: int) -> list[int]:
    """Return the corners of the least concave majorant of (x, index) on [low, high]."""
    corners = [low]
    for j in range(low + 1, high + 1):
        while len(corners) > 1 and _slope(x, corners[-2], corners[-1]) <= _slope(x, corners[-1], j):
            corners.pop()
        corners.append(j)
    return corners


def _slope(x: np.ndarray, first: int, second: int) -> float:
    run = float(x[second] - x[first])
    return (second - first) / run if run > 0 else np.inf


def _largest_gap(x: np.ndarray, minorant: list[int], majorant: list[int]) -> tuple[float, int, int]:
    """Return the largest gap between both hulls at their corners, and the interval around it.

    A step of the empirical distribution is one wide: the majorant touches it from above at
    index + 1, the minorant from below at index.
    """
    best, where = -1.0, (minorant[0], majorant[-1])
    for hull, other, sign in ((minorant, majorant, 1.0), (majorant, minorant, -1.0)):
        for at in hull:
            value = np.interp(x[at], x[other], np.asarray(other, np.float64))
            gap = sign * (value - at) + 1.0
            if gap > best:
                place = int(np.searchsorted(x[other], x[at], side="right"))
                if sign > 0:  # at is on the minorant: next corner of the majorant to its right
                    low, high = at, other[min(place, len(other) - 1)]
                else:
                    low, high = other[max(place - 1, 0)], at
                best, where = gap, (min(low, high), max(low, high))
    return best, *where


def _fit_left(x: np.ndarray, minorant: list[int], end: int) -> float:
    """Return the largest distance of the distribution above its minorant, left of `end`."""
    corners = np.array([c for c in minorant if c <= end])
    if len(corners) < 2:
        return 0.0
    index = np.arange(corners[0], corners[-1] + 1)
    hull = np.interp(x[index], x[corners], corners.astype(np.float64))
    return float((index - hull).max() + 1.0)


def _fit_right(x: np.ndarray, majorant: list[int], start: int) -> float:
    """Return the largest distance of the distribution below its majorant, right of `start`."""
    corners = np.array([c for c in majorant if c >= start])
    if len(corners) < 2:
        return 0.0
    index = np.arange(corners[0], corners[-1] + 1)
    hull = np.interp(x[index], x[corners], corners.astype(np.float64))
    return float((hull - index).max() + 1.0)


@functools.lru_cache(maxsize=32)
def _null(count: int, num_draws: int, key: int) -> Float[np.ndarray, " draws"]:
    """Return the dips of uniform samples."""
    samples = np.random.default_rng(key).uniform(size=(num_draws, count))
    return np.array([dip_statistic(sample) for sample in samples])
