"""From a declared figure and a table to its panels, its key and its fitted laws."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..claims._rows import Rows
from ..laws import AbstractLaw
from ..studies import Figure
from . import axes
from .figure_laws import fit_figure, subject
from .formats import label
from .law_fits import LawFit
from .selection import DIVERGED, distinct, exploded, groups, is_vector, numbers, standing, where
from .sketch import Sketch, curve_name, joined, sketch_panel

# What a curve of a law should not silently average over.
MIXABLE = (
    "depth", "width", "read_in_rank", "tied", "covariates", "symmetric", "num_context", "num_dims",
    "noise_var", "signal_var", "capacity", "source", "setting", "num_tasks", "num_sequences",
    "num_steps", "learning_rate", "optimiser", "model", "task",
)  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Panel:
    """One set of axes.

    Attributes:
        title: The facet, in words; empty for a figure of one panel.
        data: Plotly traces.
        layout: Plotly axes.
    """

    title: str
    data: list[dict[str, Any]]
    layout: dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Drawing:
    """A figure ready to be shown.

    Attributes:
        figure: As the study declared it.
        panels: One per value of the facet.
        curves: Names of the colours, in order.
        styles: Which kinds of line occur: `data`, `law`, `prediction`, `limit` and so on.
        baselines: Names of the baselines drawn, each with its place among the declared ones.
        law: The law, its names resolved.
        fits: Its fits.
        fits_of: Title of an earlier figure that these fits are those of; empty otherwise.
        mixed: Fields that runs of one point of a curve differ in, though nothing shows it.
        num_beyond: Runs outside the axes.
        trouble: Why nothing is drawn; empty otherwise.
    """

    figure: Figure
    panels: tuple[Panel, ...] = ()
    curves: tuple[str, ...] = ()
    styles: frozenset[str] = frozenset()
    baselines: tuple[tuple[int, str], ...] = ()
    law: AbstractLaw | None = None
    fits: tuple[LawFit, ...] = ()
    fits_of: str = ""
    mixed: tuple[str, ...] = ()
    num_beyond: int = 0
    trouble: str = ""


def draw(figure: Figure, table: Rows) -> Drawing:
    """Return a figure's panels from the rows of its study."""
    rows, whole = _rows(figure, table)
    if not len(rows):
        trouble = (
            f"No run that did not diverge has both `{figure.x}` and `{figure.y}`: "
            "there is nothing to draw."
        )
        return Drawing(figure, trouble=trouble)
    colours, facets = distinct(rows, figure.colour), list(groups(rows, figure.facets))
    fitted = fit_figure(figure, rows)
    sketches = [
        sketch_panel(figure, part, colours, fitted=fitted, whole=whole) for _, part in facets
    ]
    titles = [subject(rows, figure.facets, values) for values, _ in facets]
    panels = _panels(figure, sketches, titles)
    return Drawing(
        figure,
        panels=panels,
        curves=tuple(curve_name(figure, value) for value in colours),
        styles=frozenset().union(*(sketch.styles for sketch in sketches)),
        baselines=tuple(
            (place, name)
            for place, name in enumerate(figure.baselines)
            if any(name in sketch.baselines for sketch in sketches)
        ),
        law=fitted.law,
        fits=fitted.fits,
        mixed=_mixed(figure, rows),
        num_beyond=_num_beyond(figure, rows, panels),
    )


def draw_all(figures: Sequence[Figure], table: Rows) -> tuple[Drawing, ...]:
    """Return a study's figures; one that shows an earlier one's fits says so."""
    drawings: list[Drawing] = []
    first: dict[Any, str] = {}
    for figure in figures:
        drawing = draw(figure, table)
        fitted = tuple((fit.subject, fit.num_runs, fit.parameters) for fit in drawing.fits)
        earlier = first.setdefault((str(drawing.law), figure.y, fitted), figure.title)
        repeats = bool(fitted) and earlier != figure.title
        drawings.append(dataclasses.replace(drawing, fits_of=earlier if repeats else ""))
    return tuple(drawings)


def _rows(figure: Figure, table: Rows) -> tuple[Rows, bool]:
    """Return the rows that can be drawn, and whether each run is a whole curve."""
    rows = where(table, figure.where)
    rows = rows.assign(standing=standing(rows), run=np.arange(len(rows)).astype(object))
    # A diverged run has no risk, but its learning curve has finite entries: nothing draws them,
    # and axes around nothing have no range.
    rows = rows.keep(rows.column("standing") != DIVERGED)
    whole = is_vector(rows, figure.y)
    if whole:
        others = [figure.prediction_column, *figure.baseline_columns.values()]
        rows = exploded(rows, [figure.y, figure.x, *others], figure.x)
    drawable = np.isfinite(numbers(rows, figure.x)) & np.isfinite(numbers(rows, figure.y))
    for column, log in ((figure.x, figure.log_x), (figure.y, figure.log_y)):
        drawable &= (numbers(rows, column) > 0) | (not log)
    return rows.keep(drawable), whole


def _panels(figure: Figure, sketches: list[Sketch], titles: list[str]) -> tuple[Panel, ...]:
    """Return the panels, all with the same axes, so that they can be compared by eye."""
    x, data, predicted, others = (
        joined([part for sketch in sketches for part in getattr(sketch, name)])
        for name in ("x_parts", "data_parts", "predicted_parts", "other_parts")
    )
    layout = {
        "xaxis": axes.x_axis(x, figure.x, log=figure.log_x),
        "yaxis": axes.y_axis(data, predicted, others, column=figure.y, log=figure.log_y),
    }
    return tuple(
        Panel(title, sketch.traces, layout) for title, sketch in zip(titles, sketches, strict=True)
    )


def _mixed(figure: Figure, rows: Rows) -> tuple[str, ...]:
    """Return the fields of the points, other than seeds, that one mean averages over."""
    shown = {figure.x, figure.colour, *figure.facets} - {None}
    found: set[str] = set()
    for _, part in groups(rows, tuple(name for name in shown if name in rows)):
        found |= {name for name in MIXABLE if name not in shown and len(distinct(part, name)) > 1}
    return tuple(label(name) for name in MIXABLE if name in found)


def _num_beyond(figure: Figure, rows: Rows, panels: tuple[Panel, ...]) -> int:
    """Return how many runs have a value above or below the vertical axis."""
    low, high = panels[0].layout["yaxis"]["range"]
    values = numbers(rows, figure.y)
    values = np.log10(values) if figure.log_y else values
    outside = (values < low) | (values > high)
    return len(set(rows.column("run")[outside]))
