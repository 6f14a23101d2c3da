r"""How far an asymptotic formula may be from the truth at finite size: estimates, meant to be high.

Measured against Monte Carlo over isotropic and power-law spectra at $D=3..100$: the deviations
below were never exceeded, and are two to three times the actual ones. Exact at every size and
therefore not listed: least squares, one-layer linear attention, everything sampled.
"""

import numpy as np

from ._fixed_point import self_consistent
from ._numbers import Array, Numbers, Values, finite, plain, positive, spectrum, whole


def bayes_accuracy(num_context: Numbers, signal_spectrum: Numbers, noise_var: Numbers) -> Values:
    r"""Return $\frac1k(1-df_2/k)^{-2}$, a relative error of `bayes_risk` at finite size.

    $df_2=\sum[ks_i/(ks_i+v)]^2$: large at $k=D$ with little noise and when few modes matter.
    The formula is low by at most that share. 0 at $k=0$.

    Args:
        num_context: $k \ge 0$.
        signal_spectrum: $s_i$, modes on the last axis.
        noise_var: $\sigma^2 \ge 0$.

    Raises:
        InvalidValue: For a negative or non-finite argument.
    """
    k, s = finite("num_context", num_context), spectrum("signal_spectrum", signal_spectrum)
    return plain(_trace_fluctuation(k, s, finite("noise_var", noise_var)))


def ridge_accuracy(num_context: Numbers, covariance_spectrum: Numbers, ridge: Numbers) -> Values:
    r"""Return the same estimate for `ridge_risk`, from $\kappa$ of the covariance.

    Args:
        num_context: $k \ge 0$.
        covariance_spectrum: $\lambda_i$, modes on the last axis.
        ridge: $\lambda \ge 0$.

    Raises:
        InvalidValue: For a negative or non-finite argument.
    """
    k, lam = (
        finite("num_context", num_context),
        spectrum("covariance_spectrum", covariance_spectrum),
    )
    return plain(_trace_fluctuation(k, lam, finite("ridge", ridge)))


def descent_accuracy(depth: Numbers, num_dims: Numbers, *, tied: bool = True) -> Values:
    r"""Return $e^{L^{1.4}/D}-1$ (tied) or $e^{L^2/D}-1$ (best polynomial), isotropic covariance.

    A relative error of `gradient_descent_risk` and of `depth_recursion` at finite $D$: deep
    stacks at long contexts amplify the few contexts with an extreme eigenvalue. The formulas
    are low. Where this exceeds what is wanted, use `sampled_gradient_descent_risk`.

    Args:
        depth: $L \ge 0$.
        num_dims: $D > 0$.
        tied: One step for all layers.

    Raises:
        InvalidValue: For a depth that is not a whole number.
    """
    layers, dims = whole("depth", depth), positive("num_dims", num_dims)
    with np.errstate(over="ignore"):
        return plain(np.expm1(layers ** (1.4 if tied else 2.0) / dims))


def depth_bound_share(depth: Numbers, num_context: Numbers, num_dims: Numbers) -> Values:
    r"""Return the share of `polynomial_bound` that stays a lower bound at finite size.

    Coefficients that follow each context's own spectrum (`known_spectrum_bound`) undercut the
    best fixed polynomial of the proportional limit: by less than the factor $e^{-L^2/D}$ while
    $L<\min(k,D)$, and without limit from there on, where a polynomial passes through every
    eigenvalue. Measured at $D=2..30$, $k/D=.3..100$.

    Args:
        depth: $L \ge 0$.
        num_context: $k \ge 0$.
        num_dims: $D > 0$.

    Raises:
        InvalidValue: For a depth that is not a whole number, or a negative argument.
    """
    layers, dims = whole("depth", depth), positive("num_dims", num_dims)
    k = finite("num_context", num_context)
    inside = (layers == 0) | (layers < np.minimum(k, dims))
    return plain(np.where(inside, np.exp(-(layers**2) / dims), 0.0))


def _trace_fluctuation(k: Array, a: Array, offset: Array) -> Array:
    """Return the squared relative fluctuation that shifts the mean of a self-consistent trace."""
    v = self_consistent(k, a, offset)[..., None]
    weight = k[..., None] * a
    with np.errstate(divide="ignore", invalid="ignore"):
        kept = np.where(weight > 0, v / (weight + v), 1.0)
        room = 1 - ((1 - kept) ** 2).sum(axis=-1) / k
        return np.where(k > 0, np.where(room > 0, 1 / (k * room**2), np.inf), 0.0)
