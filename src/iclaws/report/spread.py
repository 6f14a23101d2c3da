"""Means over seeds and their intervals."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy import stats

from ..claims._rows import Rows
from .selection import numbers

SHARED_QUANTILE = 1.959963984540054  # of a normal: thousands of evaluation contexts


class Means(NamedTuple):
    """Means over seeds along a curve, one per size.

    Attributes:
        x: The sizes, ascending.
        mean: Mean over seeds.
        low: Lower end of its 95 % interval; NaN where one seed says nothing of its spread.
        high: Upper end.
        num_seeds: Seeds behind it.
    """

    x: Float[np.ndarray, " n"]
    mean: Float[np.ndarray, " n"]
    low: Float[np.ndarray, " n"]
    high: Float[np.ndarray, " n"]
    num_seeds: Float[np.ndarray, " n"]


def means(rows: Rows, x: str, y: str, *, log: bool) -> Means:
    """Return the means of `y` at every value of `x`.

    Seeds are independent, but their evaluation contexts are the same: a column `<y>_se` is the
    standard error that all of them share, and is added in quadrature.

    Args:
        rows: The runs that count.
        x: Column of sizes.
        y: Column of values.
        log: Take the interval symmetric about the logarithm, so that it stays positive.
    """
    at, values = numbers(rows, x), numbers(rows, y)
    shared = np.nan_to_num(numbers(rows, f"{y}_se"))
    keep = np.isfinite(at) & np.isfinite(values) & (values > 0 if log else True)
    at, values, shared = at[keep], values[keep], shared[keep]
    found = [
        (size, *over_seeds(values[at == size], float(shared[at == size].mean()), log=log))
        for size in np.unique(at)
    ]
    return Means(*np.array(found).reshape(-1, 5).T)


def over_seeds(
    values: Float[np.ndarray, " seeds"], shared_se: float = 0.0, *, log: bool = False
) -> tuple[float, float, float, int]:
    """Return mean, 95 % interval (Student's t over seeds) and number of seeds.

    The interval is NaN for one seed without a known standard error.
    """
    count, mean = len(values), float(values.mean())
    own = 0.0
    if count > 1:
        own = float(stats.t.ppf(0.975, count - 1) * values.std(ddof=1) / np.sqrt(count))
    half = float(np.hypot(own, SHARED_QUANTILE * shared_se))
    if count == 1 and half == 0.0:
        return mean, np.nan, np.nan, count
    if log and mean > 0:
        factor = float(np.exp(min(half / mean, 700.0)))
        return mean, mean / factor, mean * factor, count
    return mean, mean - half, mean + half, count
