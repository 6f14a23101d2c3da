"""Which runs of a figure share a fit of its law, and the law along each curve."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from jaxtyping import Float

from ..claims._rows import Rows
from ..laws import AbstractLaw
from ..studies import Figure
from .formats import label, setting
from .law_fits import LawFit, fit_law
from .selection import COUNTED, distinct, groups, holds, numbers, same

LINE_POINTS = 60
Line = tuple[Float[np.ndarray, " n"], Float[np.ndarray, " n"], Float[np.ndarray, "2 n"] | None]


@dataclasses.dataclass(frozen=True)
class FigureLaws:
    """The fits of one figure.

    Attributes:
        law: The law, its names resolved; None if the figure has none.
        keys: Columns that tell the fits apart.
        fits: The fits.
        values: The key columns' values of each fit.
        log: Whether residuals are logarithmic.
    """

    law: AbstractLaw | None
    keys: tuple[str, ...]
    fits: tuple[LawFit, ...]
    values: tuple[tuple[Any, ...], ...]
    log: bool

    def line(self, figure: Figure, rows: Rows) -> Line | None:
        """Return the law along the curve of `rows`: sizes, values, ends of its band."""
        if self.law is None or not len(rows):
            return None
        here = tuple(rows.column(key)[0] for key in self.keys)
        for values, fit in zip(self.values, self.fits, strict=True):
            if all(same(a, b) for a, b in zip(values, here, strict=True)):
                x = _sizes(numbers(rows, figure.x), log=figure.log_x)
                columns = {n: np.full(len(x), numbers(rows, n).mean()) for n in self.law.columns}
                found = fit.line(columns | {figure.x: x}, log=self.log)
                return None if found is None else (x, *found)
        return None


def fit_figure(figure: Figure, rows: Rows) -> FigureLaws:
    """Fit the figure's law to the runs that count.

    Each curve has its own fit, unless the law itself has the column that tells curves apart.
    """
    counted = rows.keep(holds(rows, "standing", COUNTED))
    if figure.law is None or not len(counted):
        return FigureLaws(None, (), (), (), figure.log_y)
    law = figure.law.bind(counted.names)
    wanted = (*figure.facets, figure.colour)
    keys = tuple(k for k in wanted if k is not None and k in counted and k not in law.columns)
    found = [
        (values, fit)
        for values, group in groups(counted, keys)
        if (fit := _fit(figure, law, group, subject=subject(counted, keys, values) or "all runs"))
    ]
    values, fits = zip(*found, strict=True) if found else ((), ())
    return FigureLaws(law, keys, tuple(fits), tuple(values), figure.log_y)


def _fit(figure: Figure, law: AbstractLaw, rows: Rows, *, subject: str) -> LawFit | None:
    how = {"y": figure.y, "prediction": figure.prediction_column, "log": figure.log_y}
    return fit_law(law, rows, subject=subject, **how)


def subject(rows: Rows, keys: tuple[str, ...], values: tuple[Any, ...]) -> str:
    """Return in words what tells some rows from the rest; empty if they are all."""
    pairs = zip(keys, values, strict=True)
    varying = [(key, value) for key, value in pairs if len(distinct(rows, key)) > 1]
    return ", ".join(f"{label(k)} = {setting(v)}" for k, v in varying)


def _sizes(x: Float[np.ndarray, " n"], *, log: bool) -> Float[np.ndarray, " m"]:
    spaced = np.geomspace if log else np.linspace
    return spaced(x.min(), x.max(), LINE_POINTS)
