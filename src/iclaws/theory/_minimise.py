"""Minimisation over one scalar for a whole grid of configurations at once."""

from collections.abc import Callable

import numpy as np

from ._numbers import Array

_GOLDEN = 0.6180339887498949
_SCAN = 49
_SHORT_SCAN = 7
_CLOSE = 1e-9  # the last Illinois step squares it


def minimise_on_line(
    risk: Callable[[Array], Array], low: Array, high: Array, *, tolerance: float = 1e-9
) -> tuple[Array, Array]:
    """Minimise `risk` over [low, high], each configuration by itself.

    A scan finds the basin (risks over a step size or a ridge may have a shoulder), golden
    section narrows it, a last parabola gives the argument to better than the square root of
    the rounding error.

    Args:
        risk: Takes an array of the shape of `low`, returns one risk per entry.
        low: Lower ends.
        high: Upper ends, same shape.
        tolerance: Width of the final bracket relative to `high - low`.

    Returns:
        The arguments and the risks there.
    """
    low, high = np.broadcast_arrays(np.asarray(low, float), np.asarray(high, float))
    span = high - low
    scan = np.stack([risk(low + span * t) for t in np.linspace(0, 1, _SCAN)])
    best = np.where(np.isfinite(scan), scan, np.inf).argmin(axis=0)
    left = low + span * (np.maximum(best - 1, 0) / (_SCAN - 1))
    right = low + span * (np.minimum(best + 1, _SCAN - 1) / (_SCAN - 1))
    steps = int(np.ceil(np.log(tolerance * (_SCAN - 1) / 2) / np.log(_GOLDEN)))
    x1, x2 = right - _GOLDEN * (right - left), left + _GOLDEN * (right - left)
    f1, f2 = risk(x1), risk(x2)
    for _ in range(steps):
        lower = f1 <= f2
        left, right = np.where(lower, left, x1), np.where(lower, x2, right)
        new = np.where(lower, right - _GOLDEN * (right - left), left + _GOLDEN * (right - left))
        f_new = risk(new)
        x1, x2 = np.where(lower, new, x2), np.where(lower, x1, new)
        f1, f2 = np.where(lower, f_new, f2), np.where(lower, f1, f_new)
    at = np.where(f1 <= f2, x1, x2)
    return at, np.minimum(f1, f2)


def minimise_by_slope(
    value_and_slope: Callable[[Array, np.ndarray], tuple[Array, Array]], low: Array, high: Array
) -> tuple[Array, Array]:
    """Minimise over [low, high] with the derivative: a short scan, then Illinois on the slope.

    For smooth risks of one basin. Configurations leave as they converge, so that a few slow
    ones cost nothing for the others.

    Args:
        value_and_slope: Takes arguments and the indices of the configurations they belong to,
            returns risks and derivatives.
        low: Lower ends, one-dimensional.
        high: Upper ends, same shape.

    Returns:
        The arguments and the risks there.
    """

    def evaluate(x: Array, index: np.ndarray) -> tuple[Array, Array]:
        value, slope = value_and_slope(x, index)
        # The same root, but a cliff on one side no longer dwarfs the other end of the bracket.
        with np.errstate(invalid="ignore"):
            slope = np.where(np.isfinite(slope), slope / (np.abs(slope) + 0.1 * value), 1.0)
        return np.where(np.isfinite(value), value, np.inf), slope

    everyone = np.arange(low.size)
    grid = np.stack([low + (high - low) * t for t in np.linspace(0, 1, _SHORT_SCAN)])
    values, slopes = (
        np.stack(parts) for parts in zip(*(evaluate(x, everyone) for x in grid), strict=True)
    )
    best = values.argmin(axis=0)
    # The minimum lies on the side the slope points away from.
    rises = _pick(slopes, best) > 0
    first = np.clip(best - rises, 0, _SHORT_SCAN - 2)
    ends = [_pick(stack, first + shift) for stack in (grid, slopes) for shift in (0, 1)]
    at, value = _pick(grid, best), _pick(values, best)
    index = np.flatnonzero((ends[2] < 0) & (ends[3] > 0))
    left, right, f_left, f_right = (end[index] for end in ends)
    last = left
    for _ in range(60):
        if index.size == 0:
            break
        with np.errstate(divide="ignore", invalid="ignore"):
            new = (left * f_right - right * f_left) / (f_right - f_left)
        new = np.where(np.isfinite(new) & (new > left) & (new < right), new, 0.5 * (left + right))
        new_value, slope = evaluate(new, index)
        better = new_value <= value[index]
        at[index[better]], value[index[better]] = new[better], new_value[better]
        # Illinois: the end that stays gets half its weight, so that both ends move.
        up = slope > 0
        f_left, f_right = np.where(up, 0.5 * f_left, slope), np.where(up, slope, 0.5 * f_right)
        left, right = np.where(up, left, new), np.where(up, new, right)
        going = (right - left >= _CLOSE) & (np.abs(new - last) >= _CLOSE) & (slope != 0)
        index, last = index[going], new[going]
        left, right, f_left, f_right = (x[going] for x in (left, right, f_left, f_right))
    return at, value


def _pick(stack: Array, index: np.ndarray) -> Array:
    """Return `stack[index[i], i]` for every configuration."""
    return np.take_along_axis(stack, index[None], axis=0)[0]
