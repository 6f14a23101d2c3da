"""Which rows are held out: the largest scales, in the direction the law will be used."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..errors import InvalidValue
from . import _table

LARGEST = "largest scales"
SHARE = 0.25


def held_out(table: Any, columns: Mapping[str, np.ndarray], hold_out: Any) -> np.ndarray:
    """Return a mask of the rows held out.

    Args:
        table: The table, for a column of flags.
        columns: The columns of the laws, by name.
        hold_out: `"largest scales"` (a quarter of the rows, largest in all columns together), a
            share of the rows, the name of a scale column (its largest quarter), the name of a
            column of flags, or a mask.
    """
    num = len(next(iter(columns.values())))
    if isinstance(hold_out, str):
        if hold_out == LARGEST:
            return largest(columns, SHARE)
        if hold_out in columns:
            return largest({hold_out: columns[hold_out]}, SHARE)
        flags = _table.column(table, hold_out)
        if flags.dtype != bool and not set(np.unique(flags)) <= {0, 1}:
            raise InvalidValue(
                f"`hold_out` names {hold_out!r}, which is neither a column of the laws nor a "
                "column of flags (0 and 1)."
            )
        return flags.astype(bool)
    if isinstance(hold_out, float | int) and not isinstance(hold_out, bool):
        if not 0.0 < hold_out < 1.0:
            raise InvalidValue(f"A share held out lies between 0 and 1. Got {hold_out}.")
        return largest(columns, float(hold_out))
    mask = np.asarray(hold_out)
    if mask.shape != (num,) or mask.dtype != bool:
        raise InvalidValue(f"A mask to hold out has shape ({num},) and holds True and False.")
    return mask


def scale_of(columns: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return one number per row that grows with every column: the mean standardised logarithm."""
    parts = []
    for values in columns.values():
        logs = np.log(values) if np.all(values > 0) else values
        spread = logs.std()
        parts.append((logs - logs.mean()) / (spread if spread > 0 else 1.0))
    return np.mean(parts, axis=0)


def largest(columns: Mapping[str, np.ndarray], share: float) -> np.ndarray:
    """Return a mask of about `share` of the rows, the largest; equal sizes stay together."""
    size = np.round(scale_of(columns), 9)
    order = np.sort(size)
    cut = order[min(int(np.ceil(len(order) * (1.0 - share))), len(order) - 1)]
    mask = size >= cut
    if np.all(mask):
        raise InvalidValue("No row is left to fit when the largest scales are held out.")
    return mask
