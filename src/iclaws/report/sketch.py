"""The traces of one panel, and what its axes must hold."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from jaxtyping import Float

from ..claims._rows import Rows
from ..studies import Figure
from . import traces
from .figure_laws import FigureLaws
from .formats import label, setting
from .selection import COUNTED, UNCONVERGED, distinct, holds, numbers
from .spread import Means, means

ALIKE = 0.01  # curves of a baseline this close, relatively, are drawn once
Values = Float[np.ndarray, "_"]


@dataclasses.dataclass
class Sketch:
    """A panel in the making.

    Attributes:
        figure: As declared.
        whole: Whether every run is a whole curve.
        traces: What is drawn so far; later ones lie on top.
        styles: Kinds of line drawn.
        baselines: Baselines drawn.
        x_parts, data_parts, predicted_parts, other_parts: Values that the axes are chosen by.
    """

    figure: Figure
    whole: bool
    traces: list[traces.Trace] = dataclasses.field(default_factory=list)
    styles: set[str] = dataclasses.field(default_factory=set)
    baselines: set[str] = dataclasses.field(default_factory=set)
    x_parts: list[Values] = dataclasses.field(default_factory=list)
    data_parts: list[Values] = dataclasses.field(default_factory=list)
    predicted_parts: list[Values] = dataclasses.field(default_factory=list)
    other_parts: list[Values] = dataclasses.field(default_factory=list)

    def means(self, rows: Rows, column: str | None) -> Means | None:
        """Return a column's means over seeds along the curve; None without numbers."""
        if column is None:
            return None
        found = means(rows, self.figure.x, column, log=self.figure.log_y)
        return found if len(found.x) else None

    def add(self, style: str, *drawn: traces.Trace) -> None:
        """Add traces of one kind."""
        self.styles.add(style)
        self.traces += [{**trace, "meta": style} for trace in drawn]


def sketch_panel(
    figure: Figure, rows: Rows, colours: list[Any], *, fitted: FigureLaws, whole: bool
) -> Sketch:
    """Return the sketch of one panel: the rows of one facet, one curve per colour."""
    sketch = Sketch(figure, whole)
    curves = [
        (n, curve_name(figure, value), rows.keep(holds(rows, figure.colour, value)))
        for n, value in enumerate(colours)
    ]
    curves = [(n, name, part) for n, name, part in curves if len(part)]
    _add_baselines(sketch, curves)
    for colour, name, part in curves:
        _add_law(sketch, fitted.line(figure, _counted(part)), colour=colour, name=name)
    for colour, name, part in curves:
        _add_theory(sketch, part, colour=colour, name=name)
    for colour, name, part in curves:
        _add_data(sketch, part, colour=colour, name=name)
    _add_guide(sketch)
    return sketch


def _add_data(sketch: Sketch, rows: Rows, *, colour: int, name: str) -> None:
    x, y = sketch.figure.x, sketch.figure.y
    sketch.x_parts.append(numbers(rows, x))
    counted, left_out = _counted(rows), rows.keep(holds(rows, "standing", UNCONVERGED))
    found = sketch.means(counted, y)
    if found is not None and sketch.whole:
        sketch.add("curve", *traces.curve(found, colour, name))
    elif found is not None:
        dots = traces.seeds(numbers(counted, x), numbers(counted, y), colour=colour, name=name)
        sketch.add("data", dots, traces.data(found, colour, name))
    if found is not None:
        sketch.data_parts += [found.mean, found.low, found.high]
    if not len(left_out):
        return
    sketch.data_parts.append(numbers(left_out, y))
    at, values = numbers(left_out, x), numbers(left_out, y)
    if sketch.whole:
        runs = [holds(left_out, "run", run) for run in distinct(left_out, "run")]
        parts = [at[run] for run in runs], [values[run] for run in runs]
        sketch.add("strays", traces.strays(*parts, colour=colour, name=name))
    else:
        sketch.add("unconverged", traces.unconverged(at, values, colour=colour, name=name))


def _add_law(sketch: Sketch, line: Any, *, colour: int, name: str) -> None:
    if line is not None:
        x, y, ends = line
        sketch.add("law", *traces.band(x, ends, colour))
        sketch.add("law", traces.law(x, y, colour=colour, name=name))


def _add_theory(sketch: Sketch, rows: Rows, *, colour: int, name: str) -> None:
    """Add prediction and limit at every size of the curve, whether its runs count or not."""
    predicted = sketch.means(rows, sketch.figure.prediction_column)
    if predicted is not None:
        sketch.predicted_parts.append(predicted.mean)
        drawn = traces.prediction(predicted.x, predicted.mean, colour=colour, name=name)
        sketch.add("prediction", drawn)
    lowest = sketch.means(rows, sketch.figure.limit_column)
    if lowest is not None:
        sketch.other_parts.append(lowest.mean)
        sketch.add("limit", traces.limit(lowest.x, lowest.mean, colour=colour, name=name))


def _add_baselines(sketch: Sketch, curves: list[tuple[int, str, Rows]]) -> None:
    for place, (baseline, column) in enumerate(sketch.figure.baseline_columns.items()):
        found = [
            (colour, name, mean)
            for colour, name, rows in curves
            if (mean := sketch.means(rows, column)) is not None
        ]
        shared = len(found) > 1 and _alike([mean for _, _, mean in found])
        for colour, name, mean in found[:1] if shared else found:
            sketch.baselines.add(baseline)
            sketch.other_parts.append(mean.mean)
            of = f"{baseline}, all curves" if shared else f"{baseline}, {name}"
            shade = None if shared or len(curves) == 1 else colour
            drawn = traces.baseline(mean.x, mean.mean, colour=shade, name=of, order=place)
            sketch.add(f"baseline-{place}", drawn)


def _add_guide(sketch: Sketch) -> None:
    """Add a line of the declared slope through the middle of the data."""
    slope, x = sketch.figure.slope, joined(sketch.x_parts)
    core = joined(sketch.data_parts)
    core = core[np.isfinite(core) & (core > 0)]
    if slope is None or not len(core) or (x <= 0).any():
        return
    ends = np.array([x.min(), x.max()])
    middle = np.exp(np.log(core).mean()), np.sqrt(ends[0] * ends[1])
    values = middle[0] * (ends / middle[1]) ** slope
    sketch.add("guide", traces.guide(ends, values, f"slope {slope:+g}"))


def joined(parts: list[Values]) -> Values:
    """Return the parts as one array, empty if there is none."""
    return np.concatenate([np.empty(0), *parts])


def _alike(found: list[Means]) -> bool:
    """Say whether a baseline is the same for all curves at the sizes they share."""
    at: dict[float, list[float]] = {}
    for mean in found:
        for x, y in zip(mean.x, mean.mean, strict=True):
            at.setdefault(float(x), []).append(float(y))
    return all(max(ys) - min(ys) <= ALIKE * max(abs(y) for y in ys) for ys in at.values())


def _counted(rows: Rows) -> Rows:
    return rows.keep(holds(rows, "standing", COUNTED))


def curve_name(figure: Figure, value: Any) -> str:
    """Return what a curve is called."""
    return "all runs" if figure.colour is None else f"{label(figure.colour)} = {setting(value)}"
