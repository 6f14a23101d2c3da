r"""One layer of linear attention with fixed covariance: exact at every $k$ and $D$.

The prediction is $\frac1k\sum_j y_j\,x_j^\top\Gamma x_q$ with $\Gamma=\mathrm{diag}(\gamma)$ in the
eigenbasis of the covariance (arXiv 2306.09927, 2306.00297; label noise and prior included).
"""

import numpy as np

from ._numbers import Array, Numbers, Values, finite, paired, plain, real


def linear_attention_risk(
    num_context: Numbers,
    covariance_spectrum: Numbers,
    prior_spectrum: Numbers,
    noise_var: Numbers,
) -> Values:
    r"""Return the excess risk at the population optimum, $\sum_i\frac{s_i(s_i+T)}{(k+1)s_i+T}$.

    $T=\sum s_i+\sigma^2$: the layer sees the whole signal as noise. Exact, not asymptotic.

    Args:
        num_context: $k \ge 0$.
        covariance_spectrum: $\lambda_i$, modes on the last axis.
        prior_spectrum: $\omega_i$ over the same modes.
        noise_var: $\sigma^2 \ge 0$.

    Raises:
        InvalidValue: For a negative or non-finite argument, or spectra of unequal length.
    """
    k, noise = finite("num_context", num_context), finite("noise_var", noise_var)
    lam, omega = paired(covariance_spectrum, prior_spectrum)
    s, total = _signal_and_total(lam, omega, noise)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(s > 0, (s + total) / ((k[..., None] + 1) * s + total), 0.0)
    return plain((s * share).sum(axis=-1))


def linear_attention_gains(
    num_context: Numbers,
    covariance_spectrum: Numbers,
    prior_spectrum: Numbers,
    noise_var: Numbers,
    *,
    all_positions: bool = False,
) -> Array:
    r"""Return the optimal $\gamma_i=\omega_i/[(1+h)s_i+hT]$, $h=1/k$.

    Args:
        num_context: $k$ (with `all_positions`: the longest context $K$, a whole number).
        covariance_spectrum: $\lambda_i$, modes on the last axis.
        prior_spectrum: $\omega_i$ over the same modes.
        noise_var: $\sigma^2 \ge 0$.
        all_positions: The layer was trained on the mean loss of positions $1..K$ with $1/k$
            normalisation at each; then $h=\frac1K\sum_{k\le K}\frac1k$.

    Raises:
        InvalidValue: For a negative or non-finite argument, or spectra of unequal length.
    """
    k, noise = finite("num_context", num_context), finite("noise_var", noise_var)
    lam, omega = paired(covariance_spectrum, prior_spectrum)
    s, total = _signal_and_total(lam, omega, noise)
    if all_positions:
        k = _harmonic_length(k)
    k = k[..., None]
    with np.errstate(invalid="ignore", divide="ignore"):
        # Multiplied through by k, so that an empty context gives no gain instead of 1/0.
        return np.where(omega > 0, k * omega / ((k + 1) * s + total), 0.0)


def linear_attention_risk_with(
    gains: Numbers,
    num_context: Numbers,
    covariance_spectrum: Numbers,
    prior_spectrum: Numbers,
    noise_var: Numbers,
) -> Values:
    r"""Return the risk of given gains at any context length, exact.

    $e(\gamma)=\sum_is_i(1-\gamma_i\lambda_i)^2+\frac1k\sum_i\gamma_i^2\lambda_i^2(s_i+T)$: for
    layers trained at one length and evaluated at another.

    Args:
        gains: $\gamma_i$, modes on the last axis (or one number for $\Gamma=\gamma I$).
        num_context: $k > 0$ at evaluation.
        covariance_spectrum: $\lambda_i$.
        prior_spectrum: $\omega_i$.
        noise_var: $\sigma^2 \ge 0$ at evaluation.

    Raises:
        InvalidValue: For a negative or non-finite argument, or spectra of unequal length.
    """
    k, noise = finite("num_context", num_context), finite("noise_var", noise_var)
    lam, omega = paired(covariance_spectrum, prior_spectrum)
    s, total = _signal_and_total(lam, omega, noise)
    filtered = real("gains", gains, low=-np.inf) * lam
    bias = (s * (1 - filtered) ** 2).sum(axis=-1)
    variance = (filtered**2 * (s + total)).sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        # No example, no prediction: the risk of answering zero.
        return plain(np.where(k > 0, bias + variance / k, s.sum(axis=-1)))


def linear_attention_step(
    num_context: Numbers, num_dims: Numbers, signal_var: Numbers, noise_var: Numbers
) -> Values:
    r"""Return the optimal isotropic step $[1+\frac{D+1}k+\frac{\sigma^2D}{\tau k}]^{-1}$, exact.

    Raises:
        InvalidValue: For a negative or non-finite argument.
    """
    k, dims = finite("num_context", num_context), real("num_dims", num_dims, low=1)
    tau, noise = finite("signal_var", signal_var), finite("noise_var", noise_var)
    with np.errstate(divide="ignore", invalid="ignore"):
        return plain(np.where(tau > 0, k / (k + dims + 1 + noise * dims / tau), 0.0))


def _signal_and_total(lam: Array, omega: Array, noise: Array) -> tuple[Array, Array]:
    r"""Return $s_i=\lambda_i\omega_i$ and $T=\sum s_i+\sigma^2$ with a mode axis."""
    s = lam * omega
    return s, (s.sum(axis=-1) + noise)[..., None]


def _harmonic_length(longest: Array) -> Array:
    r"""Return the length $1/h$ whose $1/k$ is the mean of $1/k$ over $k\le K$."""
    from scipy.special import digamma

    mean = (digamma(longest + 1) + np.euler_gamma) / np.where(longest > 0, longest, 1.0)
    return np.where(longest > 0, 1 / np.where(longest > 0, mean, 1.0), 0.0)
