"""Figures of mechanisms for papers (Matplotlib): filters, algorithms, attention patterns."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ..errors import InvalidValue
from .filter import Filter, filter_curve
from .filter_fits import FilterFit

# Colours that readers with any colour vision tell apart (Okabe and Ito).
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")


def draw_filter(axes: Any, found: Filter, fits: Sequence[FilterFit] = ()) -> None:
    r"""Draw a filter over the eigenvalue, with its interval over contexts, and fits.

    Args:
        axes: Of Matplotlib.
        found: The filter of one model.
        fits: Lines to draw through it.
    """
    curve = filter_curve(found)
    errors = np.abs(np.stack([curve.low, curve.high]) - curve.response)
    axes.errorbar(
        curve.eigenvalue, curve.response, errors, fmt="o", color="black", ms=4, label="measured"
    )
    grid = np.linspace(0.0, float(found.eigenvalues.max()), 200)
    for index, fit in enumerate(fits):
        label, colour = f"{fit.label} (rms {fit.rms:.2g})", COLOURS[index % len(COLOURS)]
        # Dashed ones on top: coinciding fits are both seen.
        dash = "--" if index else "-"
        axes.plot(grid, fit.response(grid), dash, color=colour, label=label)
    axes.set_ylim(-0.1, 1.4)
    axes.set_xlabel(r"eigenvalue $\lambda$ of the context")
    axes.set_ylabel(r"filter $r(\lambda)$")
    axes.legend(frameon=False, fontsize="small")


def draw_algorithms(axes: Any, table: pd.DataFrame) -> None:
    """Draw the closest algorithm over depth and training step, seeds by majority.

    Cells are shaded by the distance from it; a cell whose distance is 5 % or more is marked `none`.

    Args:
        axes: Of Matplotlib.
        table: Rows of one kind of model, with the columns of the probe `identify` along training.

    Raises:
        InvalidValue: nothing was measured along training.
    """
    if "along_closest" not in table or not table["along_closest"].notna().to_numpy().any():
        raise InvalidValue(
            "The table has no algorithms along training: run a study that keeps snapshots."
        )
    table = table.loc[table["along_closest"].notna()]
    depths = sorted(set(table["depth"]))
    steps = list(table["identify_steps"].iloc[0])
    shade = np.full((len(depths), len(steps)), np.nan)
    for row, depth in enumerate(depths):
        runs = table[table["depth"] == depth]
        for column in range(len(steps)):
            names = pd.Series([str(run[column]) for run in runs["along_closest"]])
            far = np.median([run[column] for run in runs["along_closest_spd"]])
            shade[row, column] = np.log10(max(far, 1e-6))
            text = "none" if far >= 0.05 else _short(names.mode().iloc[0])
            light = "white" if far < 1e-3 else "black"
            axes.text(column, row, text, ha="center", va="center", fontsize=7, color=light)
    axes.imshow(shade, aspect="auto", cmap="viridis", vmin=-5.0, vmax=0.0)
    axes.set_xticks(range(len(steps)), [f"{step:,}" for step in steps])
    axes.set_yticks(range(len(depths)), depths)
    axes.set_xlabel("training step")
    axes.set_ylabel("depth")


def draw_patterns(figure: Any, patterns: np.ndarray) -> None:
    """Draw the roots of attention weights, one panel a head, layers from top to bottom.

    Args:
        figure: Of Matplotlib.
        patterns: Weights of one sequence, `(L, H, T, T)`: a `Trace`'s.
    """
    layers, heads = patterns.shape[:2]
    panels = figure.subplots(layers, heads, squeeze=False)
    for layer in range(layers):
        for head in range(heads):
            panel = panels[layer, head]
            # Roots: a weight spread over forty tokens is still seen.
            panel.imshow(np.sqrt(np.asarray(patterns[layer, head])), cmap="magma", vmin=0, vmax=1)
            panel.set_title(f"layer {layer + 1}, head {head + 1}", fontsize=8)
            panel.set_xticks([])
            panel.set_yticks([])
    figure.supxlabel("token read from")
    figure.supylabel("token that reads")


def _short(name: str) -> str:
    """Return an algorithm's name short enough for a cell."""
    prefix = "free " if name.startswith("untied-") else ""
    kind, _, depth = name.removeprefix("untied-").rpartition("-")
    known = {"gradient-descent": "GD", "gd-plus-plus": "GD++", "newton": "Newton"}
    return f"{prefix}{known[kind]} {depth}" if kind in known else name
