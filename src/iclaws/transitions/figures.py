"""Figures of transitions for papers: with the critical scale, the collapse, and the widths."""

from typing import TYPE_CHECKING

import numpy as np

from ..errors import InvalidValue
from ._data import Curve, Systems, points
from ._shapes import LOG_SPREAD
from ._status import Status
from .collapse import Collapse
from .critical_scale import CriticalScale
from .sharpness import MARGIN, Sharpness

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = ("#1f6fb4", "#d9622b", "#2a9d5c", "#8b4fb0", "#b8860b", "#c2185b", "#4d4d4d")
SIZE = (5.0, 3.3)


def draw_critical_scales(
    systems: Systems, found: Sharpness, *, x: str = "scale", y: str = "order parameter"
) -> "Figure":
    """Return the curves of all systems, each with its critical scale and the interval as a band.

    Args:
        systems: What `sharpness` was given.
        found: What it returned.
        x: Label of the horizontal axis.
        y: Label of the vertical axis.
    """
    figure, axes = _axes(x, y)
    axes.set_xscale("log")
    for number, size in enumerate(sorted(systems)):
        colour = COLOURS[number % len(COLOURS)]
        place = found.places.get(float(size))
        _draw_system(axes, systems[size], place, colour=colour, label=f"size {float(size):g}")
    axes.legend(frameon=False, fontsize=8)
    return figure


def draw_collapse(found: Collapse) -> "Figure":
    """Return all sizes in scaled variables, with the exponents that bring them together.

    Raises:
        InvalidValue: The collapse has no numbers.
    """
    if found.status is not Status.OK or found.width_exponent is None:
        raise InvalidValue(f"There is no collapse to draw. {found.sentence}")
    a, b = found.width_exponent, found.order_exponent or 0.0
    figure, axes = _axes(rf"$(s-{found.critical:.3g})\,n^{{{a:.3f}}}$", rf"$q\,n^{{{b:.3f}}}$")
    for number, size in enumerate(np.unique(found.size)):
        here = found.size == size
        colour = COLOURS[number % len(COLOURS)]
        axes.plot(found.x[here], found.y[here], "o", ms=3.5, color=colour, label=f"n = {size:.4g}")
    axes.legend(frameon=False, fontsize=8)
    axes.set_title(found.sentence.replace(" with ", "\nwith ", 1), fontsize=7.5, loc="left")
    return figure


def draw_sharpness(found: Sharpness) -> "Figure":
    """Return log-width against size with its slope, and the slopes that count as none.

    Raises:
        InvalidValue: There are no widths, or no slope.
    """
    if found.slope is None or found.interval is None:
        raise InvalidValue(f"There is no slope to draw. {found.sentence}")
    figure, axes = _axes("system size", "log-width (20-80 %)")
    axes.set(xscale="log", yscale="log")
    sizes, widths = found.sizes, found.log_widths
    middle = np.exp(np.log(sizes).mean()), np.exp(np.log(widths).mean())
    ends = np.geomspace(sizes[0], sizes[-1], 30)
    flat = [middle[1] * (ends / middle[0]) ** slope for slope in (-MARGIN, MARGIN)]
    axes.fill_between(
        ends, np.minimum(*flat), np.maximum(*flat), color="#bbbbbb", alpha=0.4, lw=0,
        label=f"smooth: slope within {MARGIN:g} of 0",
    )  # fmt: skip
    axes.plot(ends, middle[1] * (ends / middle[0]) ** found.slope, color=COLOURS[0])
    for size, width in zip(sizes, widths, strict=True):
        place = found.places.get(float(size))
        interval = None if place is None else place.log_width_interval
        if interval is not None:
            axes.plot([size, size], interval, color=COLOURS[0], lw=1)
        axes.plot([size], [width], "o", color=COLOURS[0])
    low, high = found.interval
    axes.set_title(
        f"slope {found.slope:+.3f} [{low:+.3f}, {high:+.3f}]: {found.kind.value}", fontsize=9
    )
    axes.legend(frameon=False, fontsize=8)
    return figure


def _axes(x: str, y: str) -> "tuple[Figure, Axes]":
    from matplotlib.figure import Figure

    figure = Figure(figsize=SIZE, layout="constrained")
    axes = figure.subplots()
    axes.set(xlabel=x, ylabel=y)
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _draw_system(
    axes: "Axes", curve: Curve, place: CriticalScale | None, *, colour: str, label: str
) -> None:
    data = points(curve)
    means = [data.order[data.scale == scale].mean() for scale in data.distinct]
    axes.plot(data.scale, data.order, ".", ms=2.5, color=colour, alpha=0.35)
    axes.plot(data.distinct, means, "o", ms=3.5, color=colour, label=label)
    if place is None or place.scale is None or place.interval is None:
        return
    axes.axvspan(*place.interval, color=colour, alpha=0.12, lw=0)
    axes.axvline(place.scale, color=colour, lw=1)
    if place.shape == "step" and place.log_width and place.start is not None:
        x = np.geomspace(data.scale[0], data.scale[-1], 200)
        z = LOG_SPREAD / place.log_width * np.log(x / place.scale)
        end = place.end if place.end is not None else place.start
        axes.plot(x, place.start + (end - place.start) * 0.5 * (1 + np.tanh(z / 2)), color=colour)
