"""Which runs of a study count, which are shown but left out, and which cannot be shown."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from ..claims._rows import Rows

COUNTED, UNCONVERGED, DIVERGED = "counted", "unconverged", "diverged"


def standing(rows: Rows) -> np.ndarray:
    """Return for every run whether it is counted, unconverged or diverged.

    A column `standing`, where the rows have one, is what was decided before.
    """
    if "standing" in rows:
        return rows.column("standing")
    values = [
        DIVERGED if status != "trained" else COUNTED if is_true(flag) else UNCONVERGED
        for status, flag in zip(rows.column("status"), rows.column("converged"), strict=True)
    ]
    return np.array(values, dtype=object)


def count_all(rows: Rows) -> Rows:
    """Return the rows with every run that did not diverge counted."""
    states = standing(rows)
    return rows.assign(standing=np.where(states == UNCONVERGED, COUNTED, states))


def is_true(flag: Any) -> bool:
    """Say whether a stored flag is true; missing is not."""
    return isinstance(flag, bool | np.bool_) and bool(flag)


def where(rows: Rows, wanted: Mapping[str, Any]) -> Rows:
    """Return the rows that hold the wanted values."""
    for column, value in wanted.items():
        rows = rows.keep(holds(rows, column, value))
    return rows


def holds(rows: Rows, column: str | None, value: Any) -> Bool[np.ndarray, " rows"]:
    """Say for every row whether a column holds a value; without a column, all do."""
    if column is None:
        return np.ones(len(rows), dtype=bool)
    return np.array([same(other, value) for other in rows.column(column)], dtype=bool)


def same(first: Any, second: Any) -> bool:
    """Say whether two scalar values are equal, a missing one being equal to another."""
    if is_missing(first) or is_missing(second):
        return is_missing(first) and is_missing(second)
    return bool(first == second)


def is_missing(value: Any) -> bool:
    """Say whether a value is None or NaN."""
    return value is None or (isinstance(value, float) and bool(np.isnan(value)))


def distinct(rows: Rows, column: str | None) -> list[Any]:
    """Return a column's different values, numbers ascending, a missing one (None) first."""
    if column is None:
        return [None]
    values = [None if is_missing(value) else value for value in rows.column(column)]
    unique = list(dict.fromkeys(values))
    return sorted(unique, key=lambda v: (v is not None, isinstance(v, str), v))


def groups(rows: Rows, columns: Sequence[str]) -> Iterator[tuple[tuple[Any, ...], Rows]]:
    """Yield the rows of each combination of values, with the values, sorted."""
    if not columns:
        yield (), rows
        return
    for value in distinct(rows, columns[0]):
        part = rows.keep(holds(rows, columns[0], value))
        for rest, group in groups(part, columns[1:]):
            yield (value, *rest), group


def numbers(rows: Rows, column: str | None) -> Float[np.ndarray, " rows"]:
    """Return a column of numbers; NaN where there is none, or no such column."""
    values = [np.nan] * len(rows) if column is None else [_number(v) for v in rows.column(column)]
    return np.array(values, dtype=np.float64)


def has_numbers(rows: Rows, column: str) -> bool:
    """Say whether a column holds at least one finite number."""
    return bool(np.isfinite(numbers(rows, column)).any())


def is_vector(rows: Rows, column: str) -> bool:
    """Say whether a column holds vectors."""
    return any(_has_entries(value) for value in rows.column(column))


def exploded(rows: Rows, columns: Sequence[str], x: str) -> Rows:
    """Return one row per entry of the vectors in `columns`; `x` counts entries if it is none.

    Other columns keep their value in every row, as do those of `columns` without vectors. A run
    whose vectors differ in length is left out.
    """
    vectors = [name for name in columns if is_vector(rows, name)]
    lengths = [
        {len(value) if _has_entries(value) else 0 for value in values}
        for values in zip(*(rows.column(name) for name in vectors), strict=True)
    ]
    rows = rows.keep(np.array([len(found) == 1 for found in lengths], dtype=bool))
    times = [found.pop() for found in lengths if len(found) == 1]
    entries = {name: np.repeat(rows.column(name), times) for name in rows.names}
    for name in vectors:
        parts = [list(value) if _has_entries(value) else [] for value in rows.column(name)]
        entries[name] = np.array([entry for part in parts for entry in part], dtype=object)
    if x not in vectors:
        counts = [number for count in times for number in range(count)]
        entries[x] = np.array(counts, dtype=object)
    return Rows(entries)


def _has_entries(value: Any) -> bool:
    return isinstance(value, list | tuple | np.ndarray) and np.ndim(value) == 1


def _number(value: Any) -> float:
    is_number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    return float(value) if is_number else np.nan
