"""One root for each of many configurations at once."""

from collections.abc import Callable

import numpy as np

from ._numbers import Array

_CLOSE = 1e-13


def falling_root(
    value: Callable[[Array], Array], low: Array, high: Array, *, steps: int = 80
) -> Array:
    """Return where a function that falls from positive to negative crosses zero.

    Illinois with bisection wherever it leaves the bracket or crawls; an end that already has
    the wrong sign is returned as it is.

    Args:
        value: Takes arguments of the shape of `low`, returns values of that shape.
        low: Where the function is positive.
        high: Where it is negative.
        steps: At most so many evaluations.
    """
    low, high = np.array(low, float), np.array(high, float)
    f_low, f_high = value(low), value(high)
    ends = np.where(f_low <= 0, low, high)
    inside = (f_low > 0) & (f_high < 0)
    at, width = low, high - low
    for step in range(steps):
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            new = (low * f_high - high * f_low) / (f_high - f_low)
        slow = (step % 3 == 2) & (high - low > 0.5 * width)
        width = np.where(step % 3 == 2, high - low, width)
        usable = np.isfinite(new) & (new > low) & (new < high) & ~slow
        new = np.where(usable, new, 0.5 * (low + high))
        f_new = value(new)
        up = f_new > 0
        # Illinois: the end that stays gets half its weight, so that both ends move.
        f_low, f_high = np.where(up, f_new, 0.5 * f_low), np.where(up, 0.5 * f_high, f_new)
        low, high = np.where(up, new, low), np.where(up, high, new)
        scale = _CLOSE * (1 + np.abs(new))
        done = (np.abs(new - at) <= scale) | (high - low <= scale) | (f_new == 0)
        at = new
        if np.all(~inside | done):
            break
    return np.where(inside, at, ends)
