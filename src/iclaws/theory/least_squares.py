"""Least squares and its minimum-norm continuation: exact for isotropic Gaussian covariates."""

import numpy as np

from ._numbers import Numbers, Values, finite, plain, positive


def least_squares_risk(
    num_context: Numbers, num_dims: Numbers, signal_var: Numbers, noise_var: Numbers
) -> Values:
    r"""Return the excess risk of (minimum-norm) least squares at isotropic covariates.

    $\sigma^2D/(k-D-1)$ above the interpolation threshold,
    $\tau(1-k/D)+\sigma^2k/(D-k-1)$ below it; exact at every $k$ and $D$ (inverse Wishart).
    With label noise the mean is infinite at $|k-D|\le1$: double descent. Above the threshold
    the first formula holds for any invertible covariance.

    Args:
        num_context: $k \ge 0$.
        num_dims: $D > 0$.
        signal_var: $\tau \ge 0$.
        noise_var: $\sigma^2 \ge 0$.

    Raises:
        InvalidValue: For a negative or non-finite argument.
    """
    k, dims = finite("num_context", num_context), positive("num_dims", num_dims)
    tau, noise = finite("signal_var", signal_var), finite("noise_var", noise_var)
    gap = np.abs(k - dims) - 1
    fitted = np.minimum(k, dims)
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = np.where(noise * fitted == 0, 0.0, np.where(gap > 0, fitted / gap, np.inf))
        variance = np.where(variance == 0, 0.0, noise * variance)
    return plain(tau * np.maximum(0.0, 1 - k / dims) + variance)
