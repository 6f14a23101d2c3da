"""Ranges and ticks: sizes at their own values, round numbers on logarithmic axes."""

import math
from typing import Any

import numpy as np
from jaxtyping import Float

from .formats import label, tick_text

MOST_TICKS = 8
FAR = 30.0  # what is less important may stretch a logarithmic axis by this factor, no farther
Values = Float[np.ndarray, "_"]


def x_axis(values: Float[np.ndarray, " n"], column: str, *, log: bool) -> dict[str, Any]:
    """Return the horizontal axis: the sizes themselves are the ticks where they are few."""
    axis: dict[str, Any] = {"title": {"text": label(column)}, "type": "log" if log else "linear"}
    values = values[np.isfinite(values) & (values > 0 if log else True)]
    if not len(values):
        return axis
    sizes = np.unique(values)
    axis["range"] = _padded(sizes[0], sizes[-1], log=log, share=0.06)
    if len(sizes) <= MOST_TICKS:
        ticks = sizes
    elif log:
        ticks = log_ticks(sizes[0], sizes[-1])
    else:
        return axis
    return axis | _at(ticks)


def y_axis(
    data: Values, predicted: Values, others: Values, *, column: str, log: bool
) -> dict[str, Any]:
    """Return the vertical axis.

    Args:
        data: Shown whole, but for runs so far off the predictions that they would hide the rest.
        predicted: Shown whole.
        others: Limits and baselines, shown as far as they do not crush the rest.
        column: What is drawn.
        log: Logarithmic.
    """
    axis: dict[str, Any] = {"title": {"text": label(column)}, "type": "log" if log else "linear"}
    data, predicted, others = (
        v[np.isfinite(v) & (v > 0 if log else True)] for v in (data, predicted, others)
    )
    ends = _ends(predicted, data, log=log)
    ends = _ends(ends, others, log=log)
    if not len(ends):
        return axis
    low, high = float(ends.min()), float(ends.max())
    axis["range"] = _padded(low, high, log=log, share=0.05)
    return axis | _at(log_ticks(low, high)) if log else axis


def _ends(inner: Values, outer: Values, *, log: bool) -> Values:
    """Return the ends of both, the outer values as far as they do not crush the inner ones."""
    if not len(inner):
        return outer
    if log:
        outer = outer[(outer >= inner.min() / FAR) & (outer <= inner.max() * FAR)]
    together = np.concatenate([inner, outer])
    return np.array([together.min(), together.max()])


def log_ticks(low: float, high: float) -> Float[np.ndarray, " ticks"]:
    """Return round values for a logarithmic axis: 1, 2, 5 or powers of ten, at most eight."""
    first, last = math.floor(math.log10(low)) - 1, math.ceil(math.log10(high)) + 1
    edge = 10 ** (0.05 * max(math.log10(high / low), 0.3))
    for digits in ((1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9), (1, 2, 5), (1, 3), (1,)):
        ticks = np.array([d * 10.0**e for e in range(first, last + 1) for d in digits])
        ticks = ticks[(ticks >= low / edge) & (ticks <= high * edge)]
        if 2 <= len(ticks) <= MOST_TICKS:
            return ticks
    return ticks[:: math.ceil(len(ticks) / MOST_TICKS)] if len(ticks) else ticks


def _padded(low: float, high: float, *, log: bool, share: float) -> list[float]:
    """Return the axis' ends with room at both, in powers of ten if logarithmic."""
    low, high = (math.log10(low), math.log10(high)) if log else (low, high)
    room = share * (high - low) or (0.3 if log else max(abs(high), 1.0) * 0.1)
    return [low - room, high + room]


def _at(ticks: Float[np.ndarray, " ticks"]) -> dict[str, Any]:
    if not len(ticks):
        return {}
    texts = [tick_text(tick) for tick in ticks]
    return {"tickmode": "array", "tickvals": [float(t) for t in ticks], "ticktext": texts}
