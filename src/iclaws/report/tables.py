"""Tables of a study: one row per configuration, and one per run."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..claims._rows import Rows
from ..studies import Figure
from .formats import MISSING, label, number, setting, with_interval
from .selection import COUNTED, groups, has_numbers, holds, is_missing, numbers, standing
from .spread import over_seeds

LONG = 12  # rows beyond which a table starts collapsed


@dataclasses.dataclass(frozen=True)
class Cell:
    """One entry.

    Attributes:
        text: As shown.
        sort: What it is sorted by; a number or the text.
    """

    text: str
    sort: str


@dataclasses.dataclass(frozen=True)
class Table:
    """A table ready to be shown.

    Attributes:
        title: Heading.
        columns: Names of the columns.
        rows: Cells, row by row.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    @property
    def long(self) -> bool:
        """Say whether the table starts collapsed."""
        return len(self.rows) > LONG


def by_configuration(table: Rows, varying: Sequence[str], figures: Sequence[Figure]) -> Table:
    """Return one row per configuration: means over the seeds that count, prediction, limit."""
    fields = [name for name in varying if name != "seed"]
    measured = _measured(table, figures)
    columns = [label(name) for name in fields] + ["runs"]
    for name in measured:
        columns.append(f"{label(name)} [95 %]")
        columns += ["predicted", "measured / predicted"] * has_numbers(table, f"predicted_{name}")
    has_limit = has_numbers(table, "lower_bound")
    columns += ["lower limit"] * has_limit
    table = table.assign(standing=standing(table))
    rows = []
    for values, part in groups(table, fields):
        counted = part.keep(holds(part, "standing", COUNTED))
        cells = [_setting(value) for value in values]
        cells.append(Cell(_share(len(counted), len(part)), str(len(counted))))
        for name in measured:
            cells += _means(counted, part, name, predicted=has_numbers(table, f"predicted_{name}"))
        cells += [_number(_mean(part, "lower_bound"))] * has_limit
        rows.append(tuple(cells))
    return Table("Configurations", tuple(columns), tuple(rows))


def by_run(table: Rows, varying: Sequence[str], figures: Sequence[Figure]) -> Table:
    """Return one row per run, with everything that decides whether it counts."""
    measured = _measured(table, figures)
    baselines = [
        name
        for name in table.names
        if name.endswith("_excess_risk") and not name.startswith(_NOT_BASELINES)
        if has_numbers(table, name)
    ]
    scalars = [
        *measured,
        "excess_risk_se",
        "excess_risk_robust",
        "tail_share",
        "pretrain_excess_risk",
        "predicted_excess_risk",
        "lower_bound",
        *baselines,
        "remaining_drop",
        "diverged_at",
    ]
    scalars = [name for name in dict.fromkeys(scalars) if has_numbers(table, name)]
    fields = [*(name for name in varying if name != "seed"), "seed"]
    parts = [[_setting(value) for value in table.column(name)] for name in fields]
    parts.append([Cell(state, state) for state in standing(table)])
    parts += [[_number(value) for value in numbers(table, name)] for name in scalars]
    parts.append([Cell(identity, identity) for identity in map(str, table.column("id"))])
    rows = tuple(zip(*parts, strict=True))
    names = [*fields, "status", *scalars, "id"]
    return Table("Runs", tuple(label(name) for name in names), rows)


_NOT_BASELINES = ("predicted_", "pretrain_", "position_", "curve_")


def _measured(table: Rows, figures: Sequence[Figure]) -> list[str]:
    """Return the excess risk and every other number that a figure shows."""
    wanted = dict.fromkeys(["excess_risk", *(figure.y for figure in figures)])
    return [name for name in wanted if has_numbers(table, name)]


def _means(counted: Rows, rows: Rows, name: str, *, predicted: bool) -> list[Cell]:
    values, shared = numbers(counted, name), np.nan_to_num(numbers(counted, f"{name}_se"))
    keep = np.isfinite(values)
    mean = np.nan
    cells = [Cell(MISSING, "")]
    if keep.any():
        positive = bool((values[keep] > 0).all())
        mean, low, high, _ = over_seeds(values[keep], float(shared[keep].mean()), log=positive)
        interval = (low, high) if np.isfinite([low, high]).all() else None
        cells = [Cell(with_interval(mean, interval), str(mean))]
    if not predicted:
        return cells
    expected = _mean(rows, f"predicted_{name}")
    ratio = mean / expected if expected else np.nan
    return [*cells, _number(expected), _number(ratio)]


def _mean(rows: Rows, name: str) -> float:
    values = numbers(rows, name)
    values = values[np.isfinite(values)]
    return float(values.mean()) if len(values) else np.nan


def _number(value: float) -> Cell:
    return Cell(number(value), str(value)) if np.isfinite(value) else Cell(MISSING, "")


def _setting(value: Any) -> Cell:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    sortable = is_number and not is_missing(value)
    return Cell(setting(value), str(float(value)) if sortable else setting(value))


def _share(part: int, whole: int) -> str:
    return str(whole) if part == whole else f"{part} of {whole}"
