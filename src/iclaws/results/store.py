"""The store: a folder of immutable Parquet parts that only grows."""

import dataclasses
import json
import uuid
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from .._identity import describe, fingerprint
from ..errors import StoreConflict, StoreDamaged, StoreTooNew
from .files import remove_unfinished, write_whole
from .plan import PLAN_SCHEMA, PlannedPoint
from .probe import MEASUREMENT_SCHEMA, Measurement, from_measurement_row, to_measurement_row
from .record import FORMAT, SCHEMA, Record, from_row, to_row

_Point = TypeVar("_Point")


class Store:
    """Records and plans under one folder; several processes may write at once.

    `records/`, `plans/` and `probes/` hold Parquet parts, `weights/` the final weights of each
    point (safetensors), `checkpoints/` the states of groups in training.

    Attributes:
        folder: Where it lies; made when first written to.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)

    def add(self, records: Sequence[Record]) -> None:
        """Write records as one new part."""
        self._add_part("records", [to_row(record) for record in records], SCHEMA)

    def plan(self, planned: Sequence[PlannedPoint]) -> None:
        """Write the points of a study with their predictions; earlier plans stay as they are."""
        known = {(row["study"], row["preset"], row["id"]) for row in self._rows("plans")}
        new = [p for p in planned if (p.study, p.preset, p.id) not in known]
        if new:
            self._add_part("plans", [dataclasses.asdict(p) for p in new], PLAN_SCHEMA)

    def records(self) -> list[Record]:
        """Return all records, the first of each identity, in the order they were written."""
        unique: dict[str, Record] = {}
        for row in self._rows("records"):
            unique.setdefault(row["id"], from_row(row))
        return list(unique.values())

    def plans(self) -> list[PlannedPoint]:
        """Return all planned points, in the order they were written.

        The first of each study, preset and identity: two processes may plan at once.
        """
        unique: dict[tuple[str, str, str], PlannedPoint] = {}
        for row in self._rows("plans"):
            key = row["study"], row["preset"], row["id"]
            unique.setdefault(key, PlannedPoint(**row))
        return list(unique.values())

    def add_measurements(self, measured: Sequence[Measurement]) -> None:
        """Write what probes read off models as one new part."""
        if measured:
            rows = [to_measurement_row(one) for one in measured]
            self._add_part("probes", rows, MEASUREMENT_SCHEMA)

    def measurements(self) -> list[Measurement]:
        """Return all measurements, in the order they were written."""
        return [from_measurement_row(row) for row in self._rows("probes")]

    def missing(self, points: Iterable[_Point]) -> list[_Point]:
        """Return the points that have no record yet, in order, each identity once.

        Raises:
            StoreConflict: a record of the same identity describes another point, because a
                default has changed since.
        """
        stored = {row["id"]: row["point"] for row in self._rows("records", ("id", "point"))}
        absent: dict[str, _Point] = {}
        for point in points:
            identity = fingerprint(point)
            if identity not in stored:
                absent.setdefault(identity, point)
            elif _changed(json.loads(stored[identity]), describe(point)):
                raise StoreConflict(self._conflict(identity, stored[identity], point))
        return list(absent.values())

    def table(self, study: str | None = None) -> pd.DataFrame:
        """Return one row per record (per planned and trained point, for a study)."""
        from .table import flatten

        return flatten(self.records(), self.plans(), study, measurements=self.measurements())

    def sql(self, query: str) -> pd.DataFrame:
        """Return the answer of DuckDB to a query on the tables `records` and `plans`."""
        from .sql import answer

        return answer(self, query)

    def weights_path(self, identity: str) -> Path:
        """Return where the final weights of a point lie."""
        return self.folder / "weights" / f"{identity}.safetensors"

    def checkpoint_path(self, group: str) -> Path:
        """Return where the state of a group in training lies."""
        return self.folder / "checkpoints" / f"{group}.safetensors"

    def clean(self) -> None:
        """Remove what killed processes left unfinished."""
        if self.folder.is_dir():
            remove_unfinished(self.folder)

    def _add_part(self, kind: str, rows: list[dict[str, Any]], schema: pa.Schema) -> None:
        table = pa.Table.from_pylist(rows, schema=schema)
        # Time-ordered names: a listing is in the order of writing.
        name = f"{pd.Timestamp.now('UTC'):%Y%m%dT%H%M%S%f}-{uuid.uuid4().hex[:8]}.parquet"
        path = self.folder / kind / name
        write_whole(path, lambda temporary: pq.write_table(table, temporary))

    def _rows(self, kind: str, columns: tuple[str, ...] | None = None) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        for path in sorted((self.folder / kind).glob("*.parquet")):
            rows += _read_part(path, columns).to_pylist()
        return rows

    def _conflict(self, identity: str, stored: str, point: object) -> str:
        then, now = json.loads(stored), describe(point)
        changes = "; ".join(
            f"{name} was {_flat(then).get(name)!r}, is {_flat(now).get(name)!r}"
            for name in sorted(_changed(then, now))
        )
        return (
            f"Record {identity} in {self.folder} was made when a default was different: "
            f"{changes}. Set the field explicitly, restore the default, or use another store."
        )


def _read_part(path: Path, columns: tuple[str, ...] | None) -> pa.Table:
    try:
        metadata = pq.read_schema(path).metadata or {}
        if b"iclaws_format" not in metadata:
            raise StoreDamaged(f"{path} is not a part of a store. Move it out of the store.")
        file_format = int(metadata[b"iclaws_format"])
        if file_format <= FORMAT:
            return pq.read_table(path, columns=list(columns) if columns else None)
    except (pa.ArrowException, OSError) as error:
        raise StoreDamaged(
            f"{path} cannot be read ({type(error).__name__}). Move it out of the store: "
            "what it held is then trained again."
        ) from error
    raise StoreTooNew(
        f"{path} has format {file_format}, and this iclaws reads up to {FORMAT}. Update iclaws."
    )


def _changed(then: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """Return the fields that a description has lost or gives another value, of one identity.

    A field that the stored one lacks is newer than it, and at its default: were it not, the
    identities would differ.
    """
    before, after = _flat(then), _flat(now)
    return [name for name, value in before.items() if name not in after or after[name] != value]


def _flat(description: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in description.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{prefix}{key}.")
        else:
            flat[prefix + key] = value
    return flat
