"""Slopes of the step size in each regime, beside theory at the same sizes and the paper's."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ..errors import InvalidValue
from ..mechanism.regression import Slope, clustered_slopes

CLAIMED = -0.5  # arXiv 2511.06232, in depth and in dimension


class Regime(NamedTuple):
    """Runs in which one axis alone varies.

    Attributes:
        name: In words.
        held: Columns and the value that they have.
        axis: The column that varies.
        low, high: Its range.
        asymptote: The slope that theory has for sizes that grow for ever, in words.
    """

    name: str
    held: Mapping[str, Any]
    axis: str
    low: int
    high: int
    asymptote: str


def _depth(name: str, *, tied: bool, noise: float, low: int, asymptote: str) -> Regime:
    held = {"tied": tied, "noise_var": noise, "num_dims": 10}
    return Regime(name, held, "depth", low, 32, asymptote)


def _dims(name: str, *, depth: int, noise: float, asymptote: str) -> Regime:
    held = {"tied": True, "noise_var": noise, "depth": depth}
    return Regime(name, held, "num_dims", 5, 40, asymptote)


REGIMES = (
    _depth("tied, noise-free", tied=True, noise=0.0, low=1, asymptote="0"),
    _depth("tied, noise 0.1", tied=True, noise=0.1, low=1, asymptote="0, then -1"),
    _depth("tied, noise 0.1, depth 8 on", tied=True, noise=0.1, low=8, asymptote="-1"),
    _depth("tied, noise 1, depth 8 on", tied=True, noise=1.0, low=8, asymptote="-1"),
    _depth("free mean, noise-free", tied=False, noise=0.0, low=2, asymptote="0 to 1"),
    _depth("free mean, noise 0.1", tied=False, noise=0.1, low=2, asymptote="-1 once noise limits"),
    _dims("one layer, noise-free", depth=1, noise=0.0, asymptote="-D/(k+D)"),
    _dims("tied depth 4, noise-free", depth=4, noise=0.0, asymptote="-D/(k+D)"),
    _dims("one layer, noise 0.1", depth=1, noise=0.1, asymptote="-D/(k+D), D times 1 + noise"),
)
STAGES = {
    "after training": "step_size",
    "from the function": "function_step_size",
    "before training": "initial_step_size",
}


def step_slopes(table: pd.DataFrame) -> dict[str, str]:
    """Return one sentence per regime that the table of `step-size` holds.

    Regressions of log step on log depth or log dimension over converged runs of linear
    attention, errors clustered by seed; theory is the same regression on predicted steps.
    """
    table = table.loc[(table["model"] == "linear-attention") & table["converged"].astype(bool)]
    found = {}
    for regime in REGIMES:
        rows = table.loc[table[regime.axis].between(regime.low, regime.high)]
        for column, value in regime.held.items():
            rows = rows.loc[rows[column] == value]
        if (sentence := _sentence(rows, regime)) is not None:
            found[f"Step size, {regime.name}"] = sentence
    return found


def _sentence(rows: pd.DataFrame, regime: Regime) -> str | None:
    slopes = {
        stage: slope
        for stage, column in STAGES.items()
        if (slope := _slope(rows, column, regime.axis)) is not None
    }
    if (trained := slopes.get("after training")) is None:
        return None
    theory = _slope(rows, "predicted_step_size", regime.axis)
    low, high = trained.interval()
    axis = "depth" if regime.axis == "depth" else "dimension"
    text = "; ".join(f"{stage} {_text(slope)}" for stage, slope in slopes.items())
    expected = "" if theory is None else f"; theory at the same sizes {theory.value:+.3f}"
    return (
        f"slope in {axis} {text}{expected}, in the limit {regime.asymptote}. The claimed "
        f"{CLAIMED} is {'inside' if low <= CLAIMED <= high else 'outside'} the interval of trained "
        f"weights ({len(rows)} runs)."
    )


def _text(slope: Slope) -> str:
    low, high = slope.interval()
    return f"{slope.value:+.3f} [{low:+.3f}, {high:+.3f}]"


def _slope(rows: pd.DataFrame, column: str, axis: str) -> Slope | None:
    if column not in rows:
        return None
    values = np.abs(rows[column].to_numpy(float))
    keep = np.isfinite(values) & (values > 0)
    if keep.sum() < 3:
        return None
    logs = {axis: np.log(rows[axis].to_numpy(float)[keep])}
    try:
        found = clustered_slopes(np.log(values[keep]), logs, rows["seed"].to_numpy()[keep])
    except InvalidValue:
        return None  # one size, or too few seeds
    return found[axis]
