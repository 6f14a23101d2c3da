r"""Depth at fixed covariance: the recursion from one-layer attention to Bayes."""

from typing import NamedTuple

import numpy as np

from ._numbers import Array, Numbers, Values, finite, one_whole, plain, positive, spectrum, whole
from .risks import isotropic_bayes_risk


def depth_recursion(
    depth: Numbers, num_context: Numbers, signal_spectrum: Numbers, noise_var: Numbers
) -> Array:
    r"""Return $e_0..e_L$ of $e_{\ell+1}=\sum_is_i\frac{\sigma^2+e_\ell}{ks_i+\sigma^2+e_\ell}$.

    The best label-linear stack of each depth with free (diagonal) preconditioners: a lower bound
    at fixed covariance, equal to the best residual polynomial at isotropic covariance. The first
    step is one-layer linear attention at large $D$, the fixed point is Bayes. At sizes where
    few modes are active trained models lie 10-35 % above it.

    Args:
        depth: $L \ge 0$, one whole number.
        num_context: $k \ge 0$.
        signal_spectrum: $s_i$, modes on the last axis.
        noise_var: $\sigma^2 \ge 0$.

    Returns:
        Excess risks, depths $0..L$ on the last axis, the broadcast of the arguments before it.

    Raises:
        InvalidValue: For a depth that is not a whole number, or a negative argument.
    """
    layers = one_whole("depth", depth)
    k, noise = finite("num_context", num_context), finite("noise_var", noise_var)
    s = spectrum("signal_spectrum", signal_spectrum)
    shape = np.broadcast_shapes(k.shape, noise.shape, s.shape[:-1])
    risks = np.empty((*shape, layers + 1))
    risks[..., 0] = s.sum(axis=-1)
    weight = np.broadcast_to(k[..., None] * s, (*shape, s.shape[-1]))
    for layer in range(layers):
        v = (noise + risks[..., layer])[..., None]
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.where(s > 0, v / (weight + v), 0.0)
        risks[..., layer + 1] = (s * share).sum(axis=-1)
    return risks


class PolynomialBound(NamedTuple):
    r"""The best residual polynomial of a degree at isotropic covariance.

    Attributes:
        risk: Excess risk, a lower bound for every stack of that depth with frozen covariates.
        total_step: $-p'(0)=g(0)$, the sum of the steps where its roots are real.
    """

    risk: Values
    total_step: Values


def polynomial_bound(
    depth: Numbers, num_context: Numbers, num_dims: Numbers, signal_var: Numbers, noise_var: Numbers
) -> PolynomialBound:
    r"""Return the depth recursion at isotropic covariance in closed form, with the total step.

    The optimum is $p=\frac{z+\lambda\,U_L(x)/U_L(x_z)}{\lambda+z}$, $U_L$ Chebyshev of the second
    kind in $x=\frac{\lambda-1-g}{2\sqrt g}$, $g=D/k$, $z=\sigma^2D/(\tau k)$: $1-(\lambda+z)g$
    must be orthogonal to lower degrees under the semicircle. With
    $\cosh t=\frac{1+g+z}{2\sqrt g}$ the risk is
    $e_{Bayes}+\frac\tau{\sqrt g}e^{-(2L+1)t}\frac{1-e^{-2t}}{1-e^{-2(L+1)t}}$: exponential in
    depth at rate $e^{-2t}$, which without noise is $\min(k/D,D/k)$ and $\tau/(L+1)$ at $k=D$.

    Args:
        depth: $L \ge 0$.
        num_context: $k \ge 0$.
        num_dims: $D > 0$.
        signal_var: $\tau \ge 0$.
        noise_var: $\sigma^2 \ge 0$.

    Raises:
        InvalidValue: For a depth that is not a whole number, or a negative argument.
    """
    layers, k = whole("depth", depth), finite("num_context", num_context)
    dims, tau = positive("num_dims", num_dims), finite("signal_var", signal_var)
    noise = finite("noise_var", noise_var)
    layers, k, dims, tau, noise = np.broadcast_arrays(layers, k, dims, tau, noise)
    works = (k > 0) & (tau > 0)
    ratio = np.where(works, dims / np.where(works, k, 1.0), 1.0)
    z = noise * ratio / np.where(works, tau, 1.0)
    half = np.sqrt(ratio)
    angle, still = (
        _arcosh_beyond_one((1 - half) ** 2 / (2 * half) + y / (2 * half)) for y in (z, 0)
    )
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        gap = np.where(
            angle > 0,
            np.expm1(-2 * angle) / np.expm1(-2 * (layers + 1) * angle),
            1 / (layers + 1.0),
        )
        gap = tau / half * np.exp(-(2 * layers + 1) * angle) * gap
        steps = -np.expm1(_log_second_kind(layers, still) - _log_second_kind(layers, angle)) / z
    quiet = _noiseless_total_step(layers, still, half)
    # Below this the two logarithms agree to rounding and the derivative is exact.
    steps = np.where(z > 1e-9 * (1 + ratio), steps, quiet)
    bayes = np.asarray(isotropic_bayes_risk(k, dims, tau, noise))
    risk = np.where(works, bayes + gap, tau)
    return PolynomialBound(plain(risk), plain(np.where(works & (layers > 0), steps, 0.0)))


def _arcosh_beyond_one(beyond: Array) -> Array:
    r"""Return $\mathrm{arcosh}(1+\delta)$ without losing a small $\delta$."""
    return np.log1p(beyond + np.sqrt(beyond * (beyond + 2)))


def _log_second_kind(layers: Array, angle: Array) -> Array:
    r"""Return $\ln\frac{\sinh((L+1)t)}{\sinh t}$, $\ln(L+1)$ at $t=0$."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.expm1(-2 * (layers + 1) * angle) / np.expm1(-2 * angle)
    return layers * angle + np.log(np.where(angle > 0, ratio, layers + 1.0))


def _noiseless_total_step(layers: Array, angle: Array, half: Array) -> Array:
    r"""Return $\frac{(L+1)\coth((L+1)t)-\coth t}{2\sqrt g\sinh t}$, by its limit at $t=0$."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        rise = (layers + 1) / np.tanh((layers + 1) * angle) - 1 / np.tanh(angle)
        away = rise / (2 * half * np.sinh(angle))
    return np.where((layers + 1) * angle > 1e-3, away, layers * (layers + 2) / (6 * half))
