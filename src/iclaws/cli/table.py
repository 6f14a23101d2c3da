"""`iclaws table`: the store as one table."""

from pathlib import Path
from typing import Any

import typer

from .._registry import unknown_name_message
from ..errors import InvalidValue, UnknownName
from ._options import STORE, open_store
from ._output import JSON, console, show

COLUMNS = (
    "study",
    "model",
    "depth",
    "num_dims",
    "num_context",
    "noise_var",
    "seed",
    "status",
    "converged",
    "excess_risk",
    "excess_risk_se",
    "predicted_excess_risk",
    "lower_bound",
)
FORMATS = (".csv", ".parquet", ".jsonl")


def command(
    study: str | None = typer.Argument(None, help="Only this study's runs."),
    sql: str | None = typer.Option(
        None, "--sql", help="A DuckDB query on `records` and `plans` instead."
    ),
    out: Path | None = typer.Option(
        None, "--out", help="Write every column to a .csv, .parquet or .jsonl file."
    ),
    store: str = STORE,
    as_json: bool = JSON,
) -> None:
    """Print the runs, one row each, or write all their columns to a file."""
    opened = open_store(store)
    if study is not None and sql is not None:
        raise InvalidValue(
            f"STUDY and --sql exclude each other: the query sees all runs. Leave out {study!r}, "
            f"or ask for it: select ... from records where study = '{study}'."
        )
    if study is not None:
        _check_study(opened, study)
    if out is not None and out.suffix not in FORMATS:
        raise InvalidValue(f"--out writes {', '.join(FORMATS)}. Got {out.name!r}.")
    table = opened.sql(sql) if sql else opened.table(study)
    if out is not None:
        write(table, out)
        console(stderr=True).print(f"{len(table)} rows written to {out}")
        return
    rows: list[dict[str, Any]] = table.to_dict("records")
    known = set(table.columns)
    columns = list(table.columns) if sql else [name for name in COLUMNS if name in known]
    show(rows, as_json=as_json, columns=columns)


def _check_study(store: Any, study: str) -> None:
    """Refuse a study that neither the store nor the registry knows."""
    planned = {plan.study for plan in store.plans()}
    if study in planned:
        return
    from ..studies import studies

    if study not in (known := planned.union(studies.names())):
        raise UnknownName(unknown_name_message("study", study, known))


def write(table: Any, path: Path) -> None:
    """Write a data frame whole or not at all, by the file's ending.

    Raises:
        InvalidValue: Parquet has no type for one of the columns.
        StoreUnwritable: the file cannot be written.
    """
    from ..results.files import write_whole

    if path.suffix == ".parquet":
        write_whole(path, lambda temporary: _to_parquet(table, temporary))
    elif path.suffix == ".csv":
        write_whole(path, lambda temporary: table.to_csv(temporary, index=False))
    else:
        write_whole(path, lambda temporary: table.to_json(temporary, orient="records", lines=True))


def _to_parquet(table: Any, path: Path) -> None:
    import pyarrow as pa

    try:
        table.to_parquet(path, index=False)
    except pa.ArrowException as error:
        reason = " ".join("; ".join(map(str, error.args)).split())
        raise InvalidValue(
            f"Parquet has one type per column, and this table does not ({reason}). "
            "Write it as .jsonl, or name the columns you want with --sql."
        ) from error
