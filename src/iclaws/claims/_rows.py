"""Rows of a table as plain arrays, and the curves they make up."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float

HEAVY_TAIL = 0.2


class Rows:
    """Columns of equal length, by name."""

    def __init__(self, columns: Mapping[str, np.ndarray]) -> None:
        self._columns = dict(columns)

    @staticmethod
    def of(table: pd.DataFrame) -> "Rows":
        """Return the rows of a data frame."""
        return Rows({str(name): np.asarray(table[name], dtype=object) for name in table.columns})

    def __len__(self) -> int:
        return len(next(iter(self._columns.values()), ()))

    def __contains__(self, name: str) -> bool:
        return name in self._columns

    @property
    def names(self) -> list[str]:
        """Return the names of the columns."""
        return list(self._columns)

    def assign(self, **columns: np.ndarray) -> "Rows":
        """Return the rows with some columns added or replaced."""
        return Rows(self._columns | columns)

    def column(self, name: str) -> np.ndarray:
        """Return a column as it is; all None if the table has none of that name."""
        return self._columns.get(name, np.full(len(self), None, dtype=object))

    def floats(self, name: str) -> Float[np.ndarray, " n"]:
        """Return a column of numbers; NaN where there is none."""
        values = self.column(name)
        return np.array([np.nan if pd.isna(value) else float(value) for value in values])

    def keep(self, wanted: Bool[np.ndarray, " n"]) -> "Rows":
        """Return the rows where `wanted` is true."""
        return Rows({name: values[wanted] for name, values in self._columns.items()})

    def distinct(self, name: str) -> list[Any]:
        """Return a column's different values, sorted, a missing one first."""
        values = {None if pd.isna(value) else value for value in self.column(name)}
        return sorted(values, key=lambda value: (value is not None, value))

    def groups(self, names: Sequence[str]) -> Iterator[tuple[tuple[Any, ...], "Rows"]]:
        """Yield the rows of each combination of values, with the values, sorted."""
        keys = [
            tuple(None if pd.isna(value) else value for value in row)
            for row in zip(*(self.column(name) for name in names), strict=True)
        ]
        for key in sorted(set(keys), key=lambda key: [(v is not None, v) for v in key]):
            yield key, self.keep(np.array([other == key for other in keys]))

    def means(self, by: str, of: Sequence[str]) -> dict[str, Float[np.ndarray, " sizes"]]:
        """Return the mean of columns for each value of a numeric column, ascending."""
        sizes = sorted(set(self.floats(by)))
        at = self.floats(by)
        means = {name: np.array([self.floats(name)[at == s].mean() for s in sizes]) for name in of}
        return {by: np.array(sizes)} | means


class Curve(NamedTuple):
    """The runs of one curve.

    Attributes:
        subject: What tells it from the study's other curves, in words.
        rows: Its converged runs.
        num_excluded: Runs left out because they diverged or had not converged.
        stored: All its runs, those left out as well.
    """

    subject: str
    rows: Rows
    num_excluded: int
    stored: Rows


def curves(rows: Rows, by: Sequence[str]) -> Iterator[Curve]:
    """Yield the curves of a study: rows alike in all columns of `by` that vary."""
    varying = [name for name in by if len(rows.distinct(name)) > 1]
    if not varying:
        yield _curve("all runs", rows)
        return
    for values, group in rows.groups(varying):
        pairs = zip(varying, values, strict=True)
        yield _curve(", ".join(f"{name}={_short(value)}" for name, value in pairs), group)


def usable(rows: Rows) -> Rows:
    """Return the rows that were trained to convergence."""
    converged = np.array([value is True or value == True for value in rows.column("converged")])  # noqa: E712 - NumPy's own booleans too
    return rows.keep((rows.column("status") == "trained") & converged)


def risk_column(rows: Rows) -> str:
    """Return the column of risks that a law is sought in.

    The mean over contexts; where the worst hundredth of them holds more than a fifth of some
    run's total, the median of means: the mean is then a matter of a few contexts' luck.
    """
    shares = rows.floats("tail_share")
    heavy = bool((shares > HEAVY_TAIL).any())
    return "excess_risk_robust" if heavy else "excess_risk"


def relative_errors(rows: Rows, column: str) -> Float[np.ndarray, " n"]:
    """Return each run's evaluation error over its risk, for a column of `risk_column`.

    A mean has its own. A median of means has that of the mean, times sqrt(pi/2), except where
    the tail is heavy: there the mean's error is that of the few contexts which the median leaves
    out (100 % where medians lie within 2 % of theory), and the other runs' serves instead.
    """
    errors = rows.floats("excess_risk_se") / np.abs(rows.floats("excess_risk"))
    if "robust" not in column:
        return errors
    heavy = rows.floats("tail_share") > HEAVY_TAIL
    light = errors[~heavy & np.isfinite(errors)]
    if len(light):
        errors = np.where(heavy, np.median(light), errors)
    return math.sqrt(math.pi / 2.0) * errors


def tail_note(column: str) -> str:
    """Return what a sentence adds if a law was sought in the robust risk."""
    return " (Heavy tail over contexts: medians of means.)" if "robust" in column else ""


def _curve(subject: str, rows: Rows) -> Curve:
    kept = usable(rows)
    return Curve(subject, kept, len(rows) - len(kept), rows)


def _short(value: object) -> str:
    return f"{value:g}" if isinstance(value, int | float) else str(value)
