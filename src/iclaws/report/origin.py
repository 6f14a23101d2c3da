"""Where and with what the runs of a study were made, and what they have in common."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..claims._rows import Rows
from ..results import Record
from ..results.table import point_columns
from .formats import counted, duration, label, moment, setting
from .selection import is_missing, numbers

VERSIONS = ("iclaws", "commit", "python", "jax", "jaxlib", "equinox", "optax", "numpy")
MACHINE = ("device", "num_devices", "machine", "cores")
Pairs = tuple[tuple[str, str], ...]


def provenance(rows: Rows) -> Pairs:
    """Return versions, machine and times of the runs, each with its different values."""
    pairs = [(label(name), ", ".join(_texts(rows, name))) for name in (*VERSIONS, *MACHINE)]
    began, ended = _texts(rows, "started_at"), _texts(rows, "finished_at")
    if began and ended:
        pairs.append(("trained", f"{moment(min(began))} to {moment(max(ended))}"))
    # A group's seconds stand in each of its records.
    ensembles = rows.keep(_first(rows.column("made_started_at")))
    for name, words in (("train_seconds", "training"), ("compile_seconds", "compiling")):
        seconds = float(np.nansum(numbers(ensembles, f"made_{name}")))
        pairs.append((words, f"{duration(seconds)} in {counted(len(ensembles), 'ensemble')}"))
    if resumed := int((numbers(rows, "made_resumed_at") > 0).sum()):
        pairs.append(("resumed", f"{counted(resumed, 'run')} went on from a checkpoint"))
    return tuple((name, text) for name, text in pairs if text)


def settings(records: Sequence[Record]) -> tuple[Pairs, tuple[str, ...]]:
    """Return the fields that all points share with their values, and those that vary."""
    rows = [point_columns(record.point) for record in records]
    shared, varying = [], []
    for name in dict.fromkeys(name for row in rows for name in row):
        values = {json.dumps(row.get(name), sort_keys=True) for row in rows}
        if len(values) == 1:
            shared.append((label(name), setting(rows[0].get(name))))
        else:
            varying.append(name)
    return tuple(shared), tuple(varying)


def _texts(rows: Rows, name: str) -> list[str]:
    """Return the different values of one entry of the provenance, as text."""
    known = [value for value in rows.column(f"made_{name}") if not is_missing(value)]
    return list(dict.fromkeys(setting(value) for value in known))


def _first(values: np.ndarray) -> np.ndarray:
    """Say for every value whether it occurs for the first time."""
    seen: set[Any] = set()
    return np.array([not (value in seen or seen.add(value)) for value in values], dtype=bool)
