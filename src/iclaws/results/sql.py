"""SQL over a store, through DuckDB."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pandas as pd

from ..errors import InvalidValue
from .plan import PlannedPoint
from .record import Record

if TYPE_CHECKING:
    from .store import Store


def answer(store: Store, query: str) -> pd.DataFrame:
    """Return DuckDB's answer to `query` on the tables `records` and `plans`.

    Raises:
        InvalidValue: DuckDB refuses the query; its own reason is quoted.
    """
    import duckdb

    with duckdb.connect() as connection:
        connection.register("records", _or_no_rows(_no_objects(store.table()), Record))
        plans = pd.DataFrame([dataclasses.asdict(plan) for plan in store.plans()])
        connection.register("plans", _or_no_rows(plans, PlannedPoint))
        try:
            return connection.execute(query).df()
        except duckdb.Error as error:
            reason = " ".join(str(error).split("\n\nLINE")[0].split())
            raise InvalidValue(f"DuckDB refuses the query: {reason}") from error


def _or_no_rows(table: pd.DataFrame, kind: type) -> pd.DataFrame:
    """Return the table, or one without rows but with columns, which DuckDB insists on."""
    if len(table.columns):
        return table
    return pd.DataFrame(columns=[field.name for field in dataclasses.fields(kind)])


def _no_objects(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with vectors as lists, which DuckDB reads as such."""
    vectors = [
        name
        for name in table.columns
        if table[name].dtype == object and any(hasattr(v, "tolist") for v in table[name])
    ]
    converted = {
        name: table[name].map(lambda v: v.tolist() if hasattr(v, "tolist") else v)
        for name in vectors
    }
    return table.assign(**converted)
