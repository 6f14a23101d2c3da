"""Tables at the door: anything with named columns becomes arrays of float64."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .._registry import unknown_name_message
from ..errors import InvalidValue, UnknownName


def column_names(table: Any) -> tuple[str, ...]:
    """Return the names of a table's columns: a mapping, a data frame or an Arrow table."""
    if isinstance(table, Mapping):
        return tuple(str(name) for name in table)
    names = getattr(table, "column_names", None)  # PyArrow
    if names is None:
        names = getattr(table, "columns", None)  # pandas
    if names is None:
        raise InvalidValue(
            f"A table is a mapping of columns, a pandas data frame or an Arrow table; got "
            f"{type(table).__name__}."
        )
    return tuple(str(name) for name in names)


def column(table: Any, name: str) -> np.ndarray:
    """Return one column as it is stored; an unknown name gets a suggestion."""
    known = column_names(table)
    if name not in known:
        raise UnknownName(unknown_name_message("column", name, known))
    values = table[name]
    values = values.to_numpy() if hasattr(values, "to_numpy") else np.asarray(values)
    if values.ndim != 1:
        raise InvalidValue(f"Column {name!r} has {values.ndim} axes; a column has one.")
    return values


def numbers(table: Any, name: str) -> np.ndarray:
    """Return one column as float64; what is no finite number is refused with its rows."""
    values = column(table, name)
    try:
        values = values.astype(np.float64)
    except (TypeError, ValueError) as trouble:
        raise InvalidValue(f"Column {name!r} is not numeric: {trouble}.") from trouble
    bad = np.flatnonzero(~np.isfinite(values))
    if len(bad):
        rows = ", ".join(str(row) for row in bad[:5]) + (", …" if len(bad) > 5 else "")
        raise InvalidValue(
            f"Column {name!r} has {len(bad)} values that are missing or infinite (rows {rows}); "
            "filter these rows out or mend them before fitting."
        )
    return values


def gather(table: Any, names: Sequence[str]) -> dict[str, np.ndarray]:
    """Return several numeric columns of equal length."""
    columns = {name: numbers(table, name) for name in names}
    lengths = {name: len(values) for name, values in columns.items()}
    if len(set(lengths.values())) > 1:
        raise InvalidValue(f"Columns differ in length: {lengths}.")
    return columns


def codes(table: Any, cluster: str | Sequence[str]) -> np.ndarray:
    """Return one integer per row: equal for rows with equal values in the `cluster` columns."""
    names = [cluster] if isinstance(cluster, str) else list(cluster)
    combined: np.ndarray | None = None
    for name in names:
        values = column(table, name)
        _, code = np.unique(
            values.astype(str) if values.dtype == object else values, return_inverse=True
        )
        code = code.reshape(-1)
        combined = code if combined is None else combined * (code.max() + 1) + code
    if combined is None:
        raise InvalidValue("`cluster` names no column.")
    return np.unique(combined, return_inverse=True)[1].reshape(-1)


def num_distinct(columns: Mapping[str, np.ndarray]) -> int:
    """Return how many different rows the columns hold together."""
    stacked = np.stack(list(columns.values()), axis=1) if columns else np.zeros((1, 0))
    return len(np.unique(stacked, axis=0))
