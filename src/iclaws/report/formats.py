"""How numbers, names and times are written: decided here for every table and figure."""

import math
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
from markupsafe import Markup, escape

MISSING = "\N{EN DASH}"
MINUS = "\N{MINUS SIGN}"
# Words for columns whose name alone does not say which symbol of the formulas it is.
LABELS = {
    "depth": "depth L",
    "width": "width d",
    "read_in_rank": "read-in rank r",
    "num_context": "context length k",
    "num_dims": "dimension D",
    "num_tasks": "pretraining tasks M",
    "num_sequences": "pretraining sequences n",
    "num_steps": "optimiser steps t",
    "noise_var": "noise variance σ²",
    "signal_var": "signal variance τ",
    "capacity": "capacity \N{GREEK SMALL LETTER NU}",
    "source": "source β",
    "step_size": "mean step size η",
    "excess_risk": "excess risk",
    "position_excess_risk": "excess risk",
    "curve_excess_risk": "excess risk",
    "along_total_step": "sum of all steps",
    "function_step_size": "step size η, from the function",
    "position": "examples before the query",
}
_CODE = re.compile("`([^`]+)`")


def label(column: str) -> str:
    """Return a column's name in words, with its symbol where it has one."""
    # Every probe that measures along training files its own steps: `identify_steps` and so on.
    other = LABELS["num_steps"] if column.endswith("_steps") else column.replace("_", " ")
    return LABELS.get(column, other)


def number(value: Any, digits: int = 3) -> str:
    """Write a number to some significant digits: `0.0481`, `1.2e-07`, `n/a` for NaN."""
    if value is None:
        return MISSING
    value = float(value)
    if math.isnan(value):
        return "n/a"
    if math.isinf(value):
        return "∞" if value > 0 else MINUS + "∞"
    if value != 0.0 and not 1e-4 <= abs(value) < 1e6:
        return f"{value:.{digits - 1}e}".replace("-", MINUS)
    if value == int(value) and abs(value) < 1e6:
        return f"{int(value)}".replace("-", MINUS)
    decimals = max(digits - 1 - math.floor(math.log10(abs(value))), 0)
    return f"{value:.{decimals}f}".replace("-", MINUS)


def tick_text(value: float) -> str:
    """Write a round number beside an axis: `0.05`, or a power of ten as such."""
    if value == 0 or 1e-3 <= abs(value) < 1e5:
        return f"{value:g}".replace("-", MINUS)
    digits, power = f"{value:.0e}".split("e")
    factor = "" if digits == "1" else f"{digits} \N{MULTIPLICATION SIGN} "
    return f"{factor}10<sup>{int(power)}</sup>".replace("-", MINUS)


def with_interval(value: Any, interval: Sequence[float | None] | None) -> str:
    """Write an estimate with its interval: `0.48 [0.41, 0.55]`."""
    if value is None:
        return MISSING
    if interval is None or any(end is None for end in interval):
        return number(value)
    low, high = (number(end) for end in interval)
    return f"{number(value)} [{low}, {high}]"


def setting(value: Any) -> str:
    """Write the value of a field of a point."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "none"
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, int | float | np.number):
        return f"{value:g}".replace("-", MINUS)
    return str(value)


def counted(count: int, noun: str) -> str:
    """Write a number of things: `1 run`, `12 runs`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def moment(iso: str) -> str:
    """Write a stored time (UTC, ISO 8601) to the minute; text that is none stays as it is."""
    try:
        return f"{datetime.fromisoformat(iso):%Y-%m-%d %H:%M} UTC"
    except ValueError:
        return iso


def duration(seconds: float) -> str:
    """Write a time span in the unit that suits it."""
    if seconds < 120:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.1f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def prose(text: Any) -> Markup:
    """Return text safe for HTML, what stands between backticks set as code."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))
