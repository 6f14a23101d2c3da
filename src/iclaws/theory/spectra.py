"""Spectra with given capacity and source exponents, the structure every exponent follows from."""

from typing import NamedTuple

import numpy as np

from ._numbers import Array, Numbers, finite, one_whole, positive


class Spectra(NamedTuple):
    r"""Commuting spectra of one task family, modes on the last axis.

    Attributes:
        covariance: $\lambda_i$, descending, $\lambda_1=1$.
        signal: $s_i=\lambda_i\omega_i$, summing to the signal variance.
        prior: $\omega_i$.
    """

    covariance: Array
    signal: Array
    prior: Array


def power_law_spectra(
    capacity: Numbers, source: Numbers, num_dims: Numbers, signal_var: Numbers = 1.0
) -> Spectra:
    r"""Return $\lambda_i=i^{-\nu}$ and $s_i\propto i^{-\nu\beta-1}$ with $\sum s_i=\tau$.

    The tail $\sum_{j>i}s_j\sim i^{-\nu\beta}$ defines the source exponent.

    Args:
        capacity: $\nu \ge 0$ (trace class in the limit for $\nu>1$).
        source: $\beta > 0$.
        num_dims: $D$, modes kept.
        signal_var: $\tau \ge 0$.

    Raises:
        InvalidValue: For a negative capacity, a source that is not positive, or $D<1$.
    """
    nu, beta = finite("capacity", capacity), positive("source", source)
    tau = finite("signal_var", signal_var)
    log_i = np.log(np.arange(1, one_whole("num_dims", num_dims, low=1) + 1))
    nu, beta, tau = nu[..., None], beta[..., None], tau[..., None]
    covariance, shape = np.exp(-nu * log_i), np.exp(-(nu * beta + 1) * log_i)
    covariance, signal = np.broadcast_arrays(
        covariance, tau * shape / shape.sum(axis=-1, keepdims=True)
    )
    return Spectra(covariance, signal, signal / covariance)


def isotropic_spectra(num_dims: Numbers, signal_var: Numbers = 1.0) -> Spectra:
    r"""Return $\Sigma=I_D$ and $\Omega=\frac\tau DI$.

    Raises:
        InvalidValue: For $D<1$ or a negative variance.
    """
    dims = one_whole("num_dims", num_dims, low=1)
    share = finite("signal_var", signal_var)[..., None] * np.full(dims, 1 / dims)
    return Spectra(np.ones_like(share), share, share)
