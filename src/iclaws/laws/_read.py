"""Tables from files, with derived columns and row filters."""

import ast
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .._registry import unknown_name_message
from ..errors import InvalidValue, UnknownName
from . import _syntax, _table

COMPARISONS = {
    ast.Lt: np.less,
    ast.LtE: np.less_equal,
    ast.Gt: np.greater,
    ast.GtE: np.greater_equal,
    ast.Eq: np.equal,
    ast.NotEq: np.not_equal,
}


def read_table(path: str | Path) -> dict[str, np.ndarray]:
    """Return the columns of a CSV, Parquet or JSON-lines file.

    Raises:
        InvalidValue: The file is missing, damaged, empty, or of another kind.
    """
    path = Path(path)
    if not path.is_file():
        raise InvalidValue(f"There is no file {str(path)!r}.")
    suffix = path.suffix.lower()
    try:
        if suffix in (".csv", ".tsv", ".txt"):
            from pyarrow import csv

            delimiter = csv.ParseOptions(delimiter="\t" if suffix == ".tsv" else ",")
            table: Any = csv.read_csv(path, parse_options=delimiter)
        elif suffix in (".parquet", ".pq"):
            from pyarrow import parquet

            table = parquet.read_table(path)
        elif suffix in (".jsonl", ".ndjson", ".json"):
            from pyarrow import json

            table = json.read_json(path)
        else:
            raise InvalidValue(
                f"{path.name!r} is no table: its name should end in .csv, .tsv, .parquet or .jsonl."
            )
    except (OSError, ValueError) as trouble:
        if isinstance(trouble, InvalidValue):
            raise
        raise InvalidValue(f"{str(path)!r} cannot be read: {trouble}.") from trouble
    if table.num_rows == 0:
        raise InvalidValue(f"{str(path)!r} has no rows.")
    return {name: _table.column(table, name) for name in table.column_names}


def derive(table: Any, definitions: Sequence[str]) -> dict[str, np.ndarray]:
    """Return the table with columns added by definitions such as `"D = C/(6*N)"`, in order."""
    columns = {name: _table.column(table, name) for name in _table.column_names(table)}
    for definition in definitions:
        name, equals, expression = definition.partition("=")
        if not equals or not name.strip():
            raise InvalidValue(
                f"A derived column is written 'name = expression'. Got {definition!r}."
            )
        values = _numeric(_syntax.read(expression), columns)
        rows = len(next(iter(columns.values())))
        columns[name.strip().strip("`")] = np.array(np.broadcast_to(values, (rows,)))
    return columns


def _numeric(node: ast.expr, columns: Mapping[str, np.ndarray]) -> Any:
    names = {name: _syntax.decode(name) for name in _syntax.identifiers(node)}
    values = {code: _table.numbers(columns, name) for code, name in names.items()}
    with np.errstate(all="ignore"):
        return _syntax.evaluate(node, values)


def filter_rows(table: Any, condition: str) -> dict[str, np.ndarray]:
    """Return the rows for which a condition holds, such as `"loss < 5 and split == 'train'"`.

    Raises:
        InvalidValue: The condition is no comparison, or no row satisfies it.
    """
    columns = {name: _table.column(table, name) for name in _table.column_names(table)}
    quoted = _syntax.quote(condition)
    try:
        node = ast.parse(quoted.strip(), mode="eval").body
    except SyntaxError as trouble:
        raise InvalidValue(f"The filter {condition!r} cannot be read: {trouble.msg}.") from trouble
    keep = np.broadcast_to(_truth(node, columns, condition), (len(next(iter(columns.values()))),))
    if not keep.any():
        raise InvalidValue(f"No row satisfies {condition!r}.")
    return {name: values[keep] for name, values in columns.items()}


def _truth(node: ast.expr, columns: Mapping[str, np.ndarray], text: str) -> np.ndarray:
    if isinstance(node, ast.BoolOp):
        parts = [_truth(part, columns, text) for part in node.values]
        join = np.logical_and if isinstance(node.op, ast.And) else np.logical_or
        return join.reduce(parts)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return ~_truth(node.operand, columns, text)
    if isinstance(node, ast.Compare):
        sides = [_side(part, columns) for part in (node.left, *node.comparators)]
        found = []
        for operator, left, right in zip(node.ops, sides, sides[1:], strict=False):
            if type(operator) not in COMPARISONS:
                raise InvalidValue(f"{text!r} compares with something other than < <= > >= == !=.")
            found.append(COMPARISONS[type(operator)](left, right))
        return np.logical_and.reduce(found)
    raise InvalidValue(
        f"{ast.unparse(node)!r} in {text!r} is no condition: write comparisons joined by and, or, "
        "not."
    )


def _side(node: ast.expr, columns: Mapping[str, np.ndarray]) -> Any:
    """Return a side of a comparison: text, a column as it is stored, or arithmetic."""
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name):
        name = _syntax.decode(node.id)
        if name not in columns:
            raise UnknownName(unknown_name_message("column", name, columns))
        return columns[name]
    _syntax.check(node, ast.unparse(node))
    return _numeric(node, columns)
