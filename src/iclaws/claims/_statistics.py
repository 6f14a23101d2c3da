"""Estimates over seeds, and the tests that turn them into verdicts."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy import stats

FEWEST_SEEDS = 3
# Of one context's squared errors at two depths. Measured on 1,024 contexts of trained stacks
# (isotropic and rotated power-law covariates, with and without noise, depth 1 to 64): one octave
# apart 0.84 to 0.99, two 0.6 to 0.9, three 0.35 to 0.7, five 0.1 to 0.35; here 0.86, 0.61, 0.41,
# 0.20. Slopes over six such depths were then 1.07 to 1.23 times as uncertain; here 1.15.
CORRELATED_OCTAVES = 2.5


@dataclass(frozen=True)
class Estimate:
    """A mean over independent seeds.

    Attributes:
        value: The mean.
        se: Its standard error.
        dof: Degrees of freedom of the t distribution it is judged by; infinite for a normal one.
    """

    value: float
    se: float
    dof: float

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Return the central interval."""
        half = float(stats.t.ppf(0.5 + level / 2, self.dof)) * self.se
        return self.value - half, self.value + half

    def p_within(self, claimed: float, margin: float) -> float:
        """Return the p-value of equivalence: two one-sided tests against `claimed ± margin`."""
        above = stats.t.sf((self.value - (claimed - margin)) / self.se, self.dof)
        below = stats.t.cdf((self.value - (claimed + margin)) / self.se, self.dof)
        return float(max(above, below))

    def p_outside(self, claimed: float, margin: float) -> float:
        """Return the p-value of exclusion: the value differs by more than the margin."""
        distance = abs(self.value - claimed) - margin
        return float(stats.t.sf(distance / self.se, self.dof))


def over_seeds(values: Sequence[float], shared_se: float = 0.0) -> Estimate | None:
    """Return the mean of one value per seed, or None for fewer than three seeds.

    Args:
        values: One per seed; seeds are independent, whatever went into each value.
        shared_se: Standard error that all seeds share (they are evaluated on the same
            contexts), added in quadrature. It is known, unlike the spread of a few seeds: the
            larger its part, the more degrees of freedom (Welch and Satterthwaite).
    """
    array = np.asarray(values, np.float64)
    if len(array) < FEWEST_SEEDS:
        return None
    own = array.std(ddof=1) / math.sqrt(len(array))
    # A spread of exactly zero would make every test certain.
    se = max(math.hypot(own, shared_se), 1e-12)
    dof = float(len(array) - 1)
    if shared_se > 0.0:
        dof = dof * (se / own) ** 4 if own > 0.0 else math.inf
    return Estimate(float(array.mean()), se, dof)


def p_joint(values: Float[np.ndarray, "seeds p"], claimed: Sequence[float]) -> float | None:
    """Return Hotelling's p-value that the mean over seeds is `claimed`.

    None if there are too few seeds, or seeds that do not differ.
    """
    count, dimension = values.shape
    if count <= dimension:
        return None
    difference = values.mean(axis=0) - np.asarray(claimed)
    covariance = np.cov(values, rowvar=False) / count
    # Seeds alike in some direction: their spread there is no measure of error.
    if not np.isfinite(covariance).all() or np.linalg.matrix_rank(covariance) < dimension:
        return None
    statistic = float(difference @ np.linalg.solve(covariance, difference))
    scaled = statistic * (count - dimension) / (dimension * (count - 1))
    return float(stats.f.sf(scaled, dimension, count - dimension))


def holm(p_values: Sequence[float]) -> list[float]:
    """Return Holm's adjusted p-values, in the given order.

    Raises:
        ValueError: one is not finite. No order and no maximum can be trusted with it.
    """
    if not np.isfinite(p_values).all():
        raise ValueError(f"p-values must be finite. Got {list(p_values)}.")
    order = np.argsort(p_values)
    adjusted, largest = [0.0] * len(p_values), 0.0
    for rank, index in enumerate(order):
        largest = max(largest, (len(p_values) - rank) * p_values[index])
        adjusted[index] = min(largest, 1.0)
    return adjusted


def log_slopes(
    rows_x: Float[np.ndarray, "n p"], y: Float[np.ndarray, " n"]
) -> Float[np.ndarray, " p"]:
    """Return the slopes of ln `y` on the columns of ln `rows_x`, by least squares."""
    design = np.column_stack([np.ones(len(y)), np.log(rows_x)])
    return np.linalg.lstsq(design, np.log(y), rcond=None)[0][1:]


def depth_slope_se(depth: Float[np.ndarray, " n"], relative_se: Float[np.ndarray, " n"]) -> float:
    """Return what relative evaluation errors do to the slope of log risk in log depth.

    All depths are evaluated on the same contexts. Their errors then drift together along depth,
    and a slope is less certain than independent errors would leave it, by a tenth to a fifth.
    """
    centred = np.log(depth) - np.log(depth).mean()
    moved = centred / (centred**2).sum() * relative_se
    octaves = np.log2(depth[:, None] / depth)
    correlation = 1.0 / (1.0 + (octaves / CORRELATED_OCTAVES) ** 2)
    return float(np.sqrt(moved @ correlation @ moved))
