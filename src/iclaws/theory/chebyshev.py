"""The best steps when only the ends of the spectrum are known."""

import numpy as np
from jaxtyping import Float

from ..errors import InvalidValue
from ._numbers import Numbers, Values, one_whole, plain, positive, whole


def chebyshev_factor(depth: Numbers, lowest: Numbers, highest: Numbers) -> Values:
    r"""Return $\max_{[m,M]}|p|$ of the best residual polynomial, $1/T_L(\frac{M+m}{M-m})$.

    Args:
        depth: Degree $L \ge 0$.
        lowest: $m > 0$.
        highest: $M \ge m$.

    Raises:
        InvalidValue: For an interval that is empty or touches zero.
    """
    layers, low, high = whole("depth", depth), *_interval(lowest, highest)
    # T_L(x) = cosh(L arccosh x); arccosh((M+m)/(M-m)) = 2 artanh sqrt(m/M).
    with np.errstate(divide="ignore"):
        rate = 2 * np.arctanh(np.sqrt(low / high))
    with np.errstate(over="ignore", invalid="ignore"):
        return plain(np.where(layers == 0, 1.0, 1 / np.cosh(layers * rate)))


def chebyshev_steps(
    depth: Numbers, lowest: Numbers, highest: Numbers
) -> Float[np.ndarray, " layers"]:
    r"""Return $[\frac{M+m}2+\frac{M-m}2\cos\frac{(2\ell-1)\pi}{2L}]^{-1}$, $\ell=1..L$.

    Raises:
        InvalidValue: For an interval that is empty or touches zero.
    """
    layers = one_whole("depth", depth)
    low, high = (float(end) for end in _interval(lowest, highest))
    angles = np.pi * (2 * np.arange(1, layers + 1) - 1) / (2 * max(layers, 1))
    return 1 / (0.5 * (high + low) + 0.5 * (high - low) * np.cos(angles))


def _interval(lowest: Numbers, highest: Numbers) -> tuple[np.ndarray, np.ndarray]:
    """Return the ends of a spectrum, in order."""
    low, high = positive("lowest", lowest), positive("highest", highest)
    if np.any(low > high):
        raise InvalidValue(f"`lowest` must not exceed `highest`. Got {low} and {high}.")
    return low, high
