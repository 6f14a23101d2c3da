"""Averages over evaluation contexts that cope with heavy tails and say so."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

BLOCKS = 32  # of the median of means
TAIL = 0.01  # the worst contexts, whose share of the total is reported


class Risk(NamedTuple):
    """A mean over contexts.

    Attributes:
        mean: The mean itself.
        se: Its standard error.
        robust: Median of the means of 32 blocks: equal to the mean up to noise for light
            tails, below it when a few contexts dominate.
        tail_share: Share of the total that the worst 1 % of contexts hold (about 0.08 for
            the square of a Gaussian).
    """

    mean: float
    se: float
    robust: float
    tail_share: float


def risk(squared: Float[np.ndarray, " C"]) -> Risk:
    """Return the summary of squared errors, one per context."""
    squared = squared.astype(np.float64)
    count = len(squared)
    worst = np.sort(squared)[-max(int(TAIL * count), 1) :]
    total = squared.sum()
    blocks = [block.mean() for block in np.array_split(squared, min(BLOCKS, count))]
    return Risk(
        mean=float(squared.mean()),
        se=float(squared.std(ddof=1) / np.sqrt(count)) if count > 1 else float("nan"),
        robust=float(np.median(blocks)),
        tail_share=float(worst.sum() / total) if total > 0 else 0.0,
    )


class Flatness(NamedTuple):
    """How flat the end of a loss curve is.

    Attributes:
        converged: Whether the fall over the last fifth is below 2 %, or within 2 standard
            errors of none.
        drop: Relative fall of the loss over the last fifth of the run, from a straight line.
        drop_se: Its standard error, from the scatter about the line.
    """

    converged: bool
    drop: float
    drop_se: float


SMALL_DROP = 0.02
LAST = 0.2


def flatness(loss_curve: Float[np.ndarray, " bins"]) -> Flatness | None:
    """Return how flat a loss curve ends, or None if it has too few finite values to say."""
    tail = loss_curve[-int(LAST * len(loss_curve)) :]
    x = np.linspace(0.0, 1.0, len(tail))
    keep = np.isfinite(tail)
    if keep.sum() < 8:
        return None
    x, tail = x[keep] - x[keep].mean(), tail[keep].astype(np.float64)
    slope = (x * tail).sum() / (x**2).sum()
    residual = tail - tail.mean() - slope * x
    slope_se = np.sqrt((residual**2).sum() / (len(x) - 2) / (x**2).sum())
    level = max(abs(tail.mean()), np.finfo(np.float64).tiny)
    drop, drop_se = float(-slope / level), float(slope_se / level)
    # A loss that rises has not settled either.
    return Flatness(abs(drop) < max(SMALL_DROP, 2.0 * drop_se), drop, drop_se)
