"""What probes read off trained models: rows beside the records, one per model and probe."""

import dataclasses
import json
from typing import Any

import pyarrow as pa

from .record import FORMAT


@dataclasses.dataclass(frozen=True)
class Measurement:
    """The values of one probe on one model.

    Attributes:
        id: Identity of the point.
        probe: Name of the probe.
        version: Of the probe.
        step: Training steps the model had seen.
        final: Whether these are the weights the record was made with.
        values: Numbers and words, by name.
    """

    id: str
    probe: str
    version: int
    step: int
    final: bool
    values: dict[str, float | str | None]


MEASUREMENT_SCHEMA = pa.schema(
    {
        "id": pa.string(),
        "probe": pa.string(),
        "version": pa.int64(),
        "step": pa.int64(),
        "final": pa.bool_(),
        "values": pa.string(),
    },
    metadata={"iclaws_format": str(FORMAT)},
)


def to_measurement_row(measurement: Measurement) -> dict[str, Any]:
    """Return a measurement as the values of one row of `MEASUREMENT_SCHEMA`."""
    row = dataclasses.asdict(measurement)
    return row | {"values": json.dumps(measurement.values, sort_keys=True)}


def from_measurement_row(row: dict[str, Any]) -> Measurement:
    """Return the measurement that `to_measurement_row` wrote."""
    return Measurement(**(row | {"values": json.loads(row["values"])}))


def measured_columns(measurements: list[Measurement]) -> dict[str, dict[str, Any]]:
    """Return, for each point, what the table shows of its measurements.

    A value of the final weights has its own name, one of the initial weights
    `initial_<name>`; where a probe was measured along training, `<probe>_steps` and
    `along_<name>` are lists.
    """
    found: dict[str, dict[str, Any]] = {}
    latest: dict[tuple[str, str, int], Measurement] = {}
    for one in measurements:
        known = latest.get((one.id, one.probe, one.step))
        if known is None or one.version >= known.version:
            latest[one.id, one.probe, one.step] = one
    by_probe: dict[tuple[str, str], list[Measurement]] = {}
    for one in sorted(latest.values(), key=lambda one: one.step):
        by_probe.setdefault((one.id, one.probe), []).append(one)
    for (identity, probe), series in by_probe.items():
        found.setdefault(identity, {}).update(_columns(probe, series))
    return found


def _columns(probe: str, series: list[Measurement]) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    for one in series:
        prefix = "" if one.final else "initial_" if one.step == 0 else None
        if prefix is not None:
            columns |= {prefix + name: value for name, value in one.values.items()}
    if len(series) > 1:
        columns[f"{probe.replace('-', '_')}_steps"] = [one.step for one in series]
        names = dict.fromkeys(name for one in series for name in one.values)
        columns |= {f"along_{name}": [one.values.get(name) for one in series] for name in names}
    return columns
