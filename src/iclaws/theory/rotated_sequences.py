r"""Distinct pretraining sequences on rotated tasks: one scalar is all that a layer can learn."""

import numpy as np

from ._numbers import (
    Array,
    Numbers,
    Values,
    finite,
    one_spectrum,
    one_whole,
    paired,
    plain,
    positive,
)
from ._wishart import scaled_contexts


def rotated_sequence_risk(
    num_sequences: Numbers,
    num_context: Numbers,
    covariance_spectrum: Numbers,
    prior_spectrum: Numbers,
    noise_var: Numbers,
    *,
    num_draws: int = 2048,
    seed: int = 0,
) -> Values:
    r"""Return the excess risk on new tasks of one scalar gain fitted to $n$ sequences.

    With $f=x_q^\top h$ and the residual $r$ of the best gain $\gamma^*$, least squares costs
    $\frac1n\frac{\mathbb E f^2r^2}{\mathbb E f^2}$ above the best layer, leading order in $1/n$:
    a power law of exponent 1. The moments over queries and labels are exact, those over
    contexts a mean over draws.

    Args:
        num_sequences: $n \ge 1$.
        num_context: $k \ge 1$, or infinity.
        covariance_spectrum: $\lambda_i$, $D$ values.
        prior_spectrum: $\omega_i$.
        noise_var: $\sigma^2 \ge 0$.
        num_draws: Contexts.
        seed: Of the generator.

    Raises:
        InvalidValue: For an argument outside its range, or spectra of unequal length.
    """
    n, noise = positive("num_sequences", num_sequences), float(finite("noise_var", noise_var))
    k = np.inf if np.isinf(num_context) else one_whole("num_context", num_context, low=1)
    lam, omega = paired(covariance_spectrum, prior_spectrum)
    lam, omega = one_spectrum("covariance_spectrum", lam), one_spectrum("prior_spectrum", omega)
    read, cross, signal = _moments(k, lam, omega, noise, num_draws, np.random.default_rng(seed))
    gain = cross.mean() / read.mean()
    left = signal - 2 * gain * cross + gain**2 * read
    # Given the context, query products are Gaussian: E f^2 g^2 = A G + 2 (B - gain A)^2.
    fourth = read * (left + noise) + 2 * (cross - gain * read) ** 2
    floor = max(0.0, float((lam * omega).sum() - cross.mean() * gain))
    return plain(floor + np.asarray(fourth.mean() / read.mean() / n))


def _moments(
    k: float | int,
    lam: Array,
    omega: Array,
    noise: float,
    draws: int,
    generator: np.random.Generator,
) -> tuple[Array, Array, Array]:
    r"""Return $h^\top\Lambda h$, $h^\top\Lambda w$ and $w^\top\Lambda w$ of drawn contexts."""
    block = max(1, (1 << 21) // (lam.size * int(min(k, lam.size))))
    parts = []
    for start in range(0, draws, block):
        size = min(block, draws - start)
        w = generator.standard_normal((size, lam.size)) * np.sqrt(omega)
        if np.isinf(k):
            h = lam * w
        else:
            rows = scaled_contexts(k, lam, size, generator)
            label = np.einsum("nrd,nd->nr", rows, w)
            label = label + np.sqrt(noise / k) * generator.standard_normal(label.shape)
            h = np.einsum("nrd,nr->nd", rows, label)
        parts.append(np.stack([h * h @ lam, h * w @ lam, w * w @ lam]))
    read, cross, signal = np.concatenate(parts, axis=1)
    return read, cross, signal
