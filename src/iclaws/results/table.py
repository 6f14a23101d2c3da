"""Records as a table: one row per run, one column per field and result."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from .plan import PlannedPoint
from .probe import Measurement, measured_columns
from .record import Record

PARTS = ("task", "model", "recipe")


def flatten(
    records: list[Record],
    plans: list[PlannedPoint],
    study: str | None = None,
    *,
    measurements: Sequence[Measurement] = (),
) -> pd.DataFrame:
    """Return the table of a store.

    Columns: `study`, `preset` and the prediction (where planned), `id`, `task`, `model`, every
    field of the point under its own name, `context_ratio` (k/D), results, `<baseline>_excess_risk`
    and so on for each baseline, each measure, each value of a probe, and provenance as
    `made_<what>`. A measure of several numbers in one record, such as one per layer, is a vector
    in all of them: a file has one type per column.

    Args:
        records: All records.
        plans: All planned points; a record planned by two studies has two rows.
        study: Keep this study's rows only.
        measurements: What probes found; each value becomes a column.
    """
    measured = measured_columns(list(measurements))
    vectors = {
        name for record in records for name, found in record.measures.items() if len(found) != 1
    }
    rows = {record.id: measured.get(record.id, {}) | _row(record, vectors) for record in records}
    table, planned_ids = [], set()
    for plan in plans:
        planned_ids.add(plan.id)
        if plan.id in rows and study in (None, plan.study):
            table.append(dataclasses.asdict(plan) | rows[plan.id])
    if study is None:
        table += [row for identity, row in rows.items() if identity not in planned_ids]
    return pd.DataFrame(table)


def _row(record: Record, vectors: set[str]) -> dict[str, Any]:
    row: dict[str, Any] = {"id": record.id} | point_columns(record.point)
    for field in dataclasses.fields(Record):
        if field.name not in ("id", "point", "baselines", "measures", "provenance"):
            row[field.name] = getattr(record, field.name)
    for comparison in record.baselines:
        name = comparison.name.replace("-", "_")
        values = dataclasses.asdict(comparison)
        row |= {f"{name}_{key}": value for key, value in values.items() if key != "name"}
    for name, values in record.measures.items():
        row[name] = np.asarray(values) if name in vectors else values[0]
    return row | {f"made_{key}": value for key, value in record.provenance.items()}


def point_columns(point: dict[str, Any]) -> dict[str, Any]:
    """Return the columns that describe a point: its parts, and every field under its name."""
    columns: dict[str, Any] = {"seed": point["seed"]}
    for part in PARTS:
        description = point[part]
        columns[part] = description["is"].partition(":")[2] or description["is"]
        for key, value in description.items():
            if key not in ("is", "version"):
                # Two parts may use one word; the second then carries its part's name.
                columns[key if key not in columns else f"{part}_{key}"] = value
    if columns.get("num_context") is not None and columns.get("num_dims"):
        columns["context_ratio"] = columns["num_context"] / columns["num_dims"]
    return columns
