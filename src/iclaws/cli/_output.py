"""What commands print: one table for people, or one JSON document for programs."""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import typer

JSON = typer.Option(False, "--json", help="Print one JSON document instead of a table.")


def show(
    rows: Sequence[Mapping[str, Any]],
    *,
    as_json: bool,
    columns: Sequence[str] | None = None,
    title: str | None = None,
) -> None:
    """Print rows.

    Args:
        rows: One mapping per row.
        as_json: As a JSON list, with every key; else as a table.
        columns: The table's columns, in order; all keys of the first row if not given.
        title: Above the table.
    """
    if as_json:
        print_json(list(rows))
        return
    from rich.table import Table

    names = list(columns if columns is not None else (rows[0] if rows else ()))
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in names:
        numbers = all(_is_number(row.get(name)) for row in rows)
        table.add_column(name, justify="right" if numbers else "left", overflow="fold")
    for row in rows:
        table.add_row(*(cell(row.get(name)) for name in names))
    console().print(table)


def console(*, stderr: bool = False) -> Any:
    """Return a Rich console: as wide as the terminal, and 160 columns into a file."""
    from rich.console import Console

    found = Console(stderr=stderr, highlight=False, emoji=False, markup=False)
    if not found.is_terminal:
        found.width = 160
    return found


def cell(value: Any) -> str:
    """Return a value as a table shows it."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "-"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list | tuple):
        return ", ".join(cell(entry) for entry in value)
    return str(value)


def print_json(value: Any) -> None:
    """Print a value as JSON; what JSON has no number for becomes null."""
    print(json.dumps(plain(value), indent=2, ensure_ascii=False))


def plain(value: Any) -> Any:
    """Return a value as JSON's own types."""
    if isinstance(value, Mapping):
        return {str(key): plain(entry) for key, entry in value.items()}
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, str | bool | int):
        return value
    if hasattr(value, "_asdict"):
        return plain(value._asdict())
    if hasattr(value, "tolist"):  # NumPy's arrays and scalars
        return plain(value.tolist())
    if isinstance(value, Iterable):
        return [plain(entry) for entry in value]
    return str(value)


def _is_number(value: Any) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))
