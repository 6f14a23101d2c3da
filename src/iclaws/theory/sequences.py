r"""Distinct pretraining sequences at fixed covariance: least squares on one layer's weights.

The layer is linear in $\Gamma$: its features $x_q\otimes h$ have covariance
$\Lambda\otimes B$ with $b_j=\lambda_j[(1+\frac1k)s_j+\frac Tk]$, $T=S+\sigma^2$; the best
$\Gamma$ is diagonal with energy $s_i\gamma_i\lambda_i$ on the mode $\lambda_ib_i$. What one layer
cannot predict, $e_{LSA}+\sigma^2$, is its label noise.
"""

import numpy as np
from jaxtyping import Float

from ._fixed_point import self_consistent
from ._minimise import minimise_on_line
from ._numbers import Array, Numbers, Values, one_spectrum, paired, plain, positive, real
from .linear_attention import linear_attention_gains, linear_attention_risk

# Log-spaced bins for the product spectrum: its counting function is smooth on this scale.
_BIN = 0.005
_EXACT = 500


def sequence_risk(
    num_sequences: Numbers,
    num_context: Numbers,
    covariance_spectrum: Numbers,
    prior_spectrum: Numbers,
    noise_var: Numbers,
    ridge: Numbers | None = None,
) -> Values:
    r"""Return the excess risk on new tasks after ridge regression on $n$ sequences.

    Deterministic equivalent over the $D^2$ weights (above 500 modes binned to 0.5 %).
    Falls as $n^{-x}$ above the one-layer floor, $x=\frac{\nu a}{2\nu+a+1}$ at $k=\infty$ without
    noise; slopes at $n\lesssim10^4$ are far from it, so predict with this function. At
    $D=16$ low by up to 20 % around $n=D^2$ and 10 % beyond: features are products, not Gaussian.

    Args:
        num_sequences: $n > 0$.
        num_context: $k > 0$, or infinity.
        covariance_spectrum: $\lambda_i$, $D$ values.
        prior_spectrum: $\omega_i$.
        noise_var: $\sigma^2 \ge 0$.
        ridge: Penalty on $|\Gamma|^2$ beside the sum over sequences; None for the best one.

    Raises:
        InvalidValue: For an argument outside its range.
    """
    n, k = positive("num_sequences", num_sequences), float(real("num_context", num_context))
    noise = float(real("noise_var", noise_var))
    lam, omega = paired(covariance_spectrum, prior_spectrum)
    lam, omega = one_spectrum("covariance_spectrum", lam), one_spectrum("prior_spectrum", omega)
    s = lam * omega
    if np.isinf(k):
        floor, gains, read = 0.0, np.where(lam > 0, 1 / lam, 0.0), lam * s
    else:
        floor = float(linear_attention_risk(k, lam, omega, noise))
        gains = linear_attention_gains(k, lam, omega, noise)
        read = lam * ((1 + 1 / k) * s + (s.sum() + noise) / k)
    values, counts = product_spectrum(lam, read)
    at, energy = lam * read, s * gains * lam
    if lam.size > _EXACT:
        at, energy = _binned(at, energy)[:2]
    parts = (values, counts, at, energy, floor + noise)
    if ridge is not None:
        return plain(floor + _equivalent(n, real("ridge", ridge), *parts))

    def risk(log_ridge: Array) -> Array:
        return _equivalent(n, np.exp(log_ridge), *parts)

    # From a ridge that no mode notices to one above the whole trace.
    top = np.log(values.max() * np.maximum(n, 1.0)) + np.log1p((floor + noise) / s.sum()) + 5
    _, best = minimise_on_line(risk, top - 45, top, tolerance=1e-6)
    # Weights of zero are an infinite ridge.
    return plain(np.minimum(floor + best, s.sum()))


def product_spectrum(
    first: Float[np.ndarray, " modes"], second: Float[np.ndarray, " modes"]
) -> tuple[Float[np.ndarray, " bins"], Float[np.ndarray, " bins"]]:
    """Return values and counts of all products of two spectra, large ones in log-spaced bins."""
    if max(first.size, second.size) <= _EXACT:
        values = np.outer(first, second).ravel()
        return values, np.ones(values.size)
    from scipy.signal import fftconvolve

    one, two = (_binned(part, np.ones(part.size)) for part in (first, second))
    joined = np.maximum(fftconvolve(one[1], two[1]), 0.0)
    values = np.exp(_BIN * (one[2] + two[2] + np.arange(joined.size)))
    used = joined > 1e-9
    return values[used], joined[used]


def _binned(values: Array, weights: Array) -> tuple[Array, Array, int]:
    """Return log-spaced values, the weight in each, and the first bin.

    A value is shared out linearly between its two nearest bins.
    """
    place, weights = np.log(values[values > 0]) / _BIN, weights[values > 0]
    low = int(np.floor(place.min()))
    left = np.floor(place).astype(int) - low
    share, size = place - low - left, int(left.max()) + 2
    total = np.bincount(left, weights * (1 - share), size)
    total += np.bincount(left + 1, weights * share, size)
    return np.exp(_BIN * (low + np.arange(size))), total, low


def _equivalent(
    n: Array, ridge: Array, values: Array, counts: Array, at: Array, energy: Array, noise: float
) -> Array:
    r"""Return $(\mathrm{bias}+\mathrm{noise}\cdot df_2/n)/(1-df_2/n)$ of a ridge regression."""
    n, ridge = np.broadcast_arrays(n, ridge)
    v = self_consistent(n, values, ridge, counts)
    kappa = (v / n)[..., None]
    with np.errstate(divide="ignore", invalid="ignore"):
        kept = np.where(kappa > 0, kappa / (values + kappa), 0.0)
        lost = np.where(kappa > 0, kappa / (at + kappa), 0.0)
        spare = np.where(v > 0, ridge / v, np.maximum(0.0, 1 - counts.sum() / n))
        left = spare + (kept * (1 - kept)) @ counts / n
        used = ((1 - kept) ** 2) @ counts / n
        return ((energy * lost**2).sum(axis=-1) + noise * used) / left
