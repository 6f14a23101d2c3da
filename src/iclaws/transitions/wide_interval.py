"""A bootstrap interval that stays honest at few seeds."""

import numpy as np
from jaxtyping import Float

from ._data import percentile_interval


def wide_interval(
    value: float, draws: Float[np.ndarray, " draws"], num_seeds: int, *, level: float = 0.95
) -> tuple[float, float]:
    """Return a bootstrap interval about `value`, widened for the few seeds it rests on.

    A percentile interval of n clusters is too short by sqrt((n - 1)/n), and by the ratio of a
    t quantile to a normal one: half its 0.05 error at five seeds.

    Args:
        value: The estimate, in the scale of the draws.
        draws: The estimate on resampled seeds, `(draws,)`.
        num_seeds: Seeds that were resampled; one leaves the widest t quantile.
        level: Coverage.
    """
    from scipy import stats

    low, high = percentile_interval(draws, level)
    dof, upper = max(num_seeds - 1, 1), (1 + level) / 2
    factor = np.sqrt(num_seeds / dof) * stats.t.ppf(upper, dof) / stats.norm.ppf(upper)
    return float(value - factor * (value - low)), float(value + factor * (high - value))
