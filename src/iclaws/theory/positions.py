"""Training on all positions averages the risk over context lengths, and hides exponents above 1."""

import numpy as np

from ._numbers import Array, Numbers, finite


def position_average(risks: Numbers) -> Array:
    r"""Return $\bar R(K)=\frac1K\sum_{k\le K}e(k)$ for every $K$ on the last axis.

    What a loss averaged over positions shows in place of $e(K)$: for $e=k^{-g}$ it falls as
    $K^{-g}$ below $g=1$ and as $K^{-1}$ above, so exponents are fitted at the last position.

    Args:
        risks: $e(1),e(2),\dots$, positions on the last axis.

    Raises:
        InvalidValue: For a negative or non-finite risk.
    """
    values = np.atleast_1d(finite("risks", risks))
    return np.cumsum(values, axis=-1) / np.arange(1, values.shape[-1] + 1)
