"""Which rows are held out: the largest scales, in the direction the law will be used."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..errors import InvalidValue
from . import _table

LARGEST = "largest scales"
# Rolling origins keep the smaller half of the sizes at least, and are at most this many.
KEPT = 0.5
ORIGINS = 6
# Share of the rows held out where a single cut at one column is asked for.
SHARE = 0.25


def held_out(table: Any, columns: Mapping[str, np.ndarray], hold_out: Any) -> list[np.ndarray]:
    """Return masks of the rows held out, one per origin.

    Args:
        table: The table, for a column of flags.
        columns: The columns of the laws, by name.
        hold_out: `"largest scales"` (several cuts between half of the sizes and all of them, each
            predicting everything larger), or one cut: a share of the rows, the name of a scale
            column (its largest quarter), the name of a column of flags, or a mask.
    """
    num = len(next(iter(columns.values())))
    if isinstance(hold_out, str):
        if hold_out == LARGEST:
            return rolling(columns)
        if hold_out in columns:
            return [largest({hold_out: columns[hold_out]}, SHARE)]
        flags = _table.column(table, hold_out)
        if flags.dtype != bool and not set(np.unique(flags)) <= {0, 1}:
            raise InvalidValue(
                f"`hold_out` names {hold_out!r}, which is neither a column of the laws nor a "
                "column of flags (0 and 1)."
            )
        return [some(flags.astype(bool))]
    if isinstance(hold_out, float | int) and not isinstance(hold_out, bool):
        if not 0.0 < hold_out < 1.0:
            raise InvalidValue(f"A share held out lies between 0 and 1. Got {hold_out}.")
        return [largest(columns, float(hold_out))]
    mask = np.asarray(hold_out)
    if mask.shape != (num,) or mask.dtype != bool:
        raise InvalidValue(f"A mask to hold out has shape ({num},) and holds True and False.")
    return [some(mask)]


def some(mask: np.ndarray) -> np.ndarray:
    """Return the mask, or refuse one that leaves nothing to fit or nothing to predict."""
    if not mask.any() or mask.all():
        raise InvalidValue(
            "Some rows must be held out and some kept: "
            f"{int(mask.sum())} of {len(mask)} are held out."
        )
    return mask


def scale_of(columns: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return one number per row that grows with every column: the mean standardised logarithm."""
    parts = []
    for values in columns.values():
        logs = np.log(values) if np.all(values > 0) else values
        spread = logs.std()
        parts.append((logs - logs.mean()) / (spread if spread > 0 else 1.0))
    # Rounded, so that equal sizes stay together whatever the order of sums.
    return np.round(np.mean(parts, axis=0), 9)


def rolling(columns: Mapping[str, np.ndarray]) -> list[np.ndarray]:
    """Return one mask per origin: everything above a cut between two sizes."""
    scale = scale_of(columns)
    sizes = np.unique(scale)
    if len(sizes) < 3:
        raise InvalidValue(
            f"{len(sizes)} sizes are too few to hold the largest out; bring at least 3."
        )
    first = max(int(np.ceil(KEPT * len(sizes))), 2)
    kept = np.unique(np.round(np.linspace(first, len(sizes) - 1, ORIGINS)).astype(int))
    return [scale > sizes[count - 1] for count in kept]


def largest(columns: Mapping[str, np.ndarray], share: float) -> np.ndarray:
    """Return a mask of about `share` of the rows, the largest; equal sizes stay together."""
    scale = scale_of(columns)
    order = np.sort(scale)
    cut = order[min(int(np.ceil(len(order) * (1.0 - share))), len(order) - 1)]
    return some(scale >= cut)
