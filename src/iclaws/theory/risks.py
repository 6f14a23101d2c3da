r"""The two exact references of a linear task: the Bayes risk and the ridge family.

Both are deterministic equivalents: exact when many modes are active, see `accuracy`.
"""

import numpy as np

from ._fixed_point import self_consistent
from ._numbers import Array, Numbers, Values, finite, paired, plain, positive, spectrum

SMALLEST_RIDGE = 1e-290


def bayes_risk(num_context: Numbers, signal_spectrum: Numbers, noise_var: Numbers) -> Values:
    r"""Return the least excess risk of any predictor: $e=\sum_i s_i v/(k s_i+v)$, $v=\sigma^2+e$.

    Holds for Gaussian covariates and weights whose covariances commute (Sollich's
    self-consistency). A spectrum of $D$ equal values gives the closed form of
    `isotropic_bayes_risk`. Relative error below 2 % at $D=20$, 10 % at $k=D$ with little noise,
    5 % when only a few modes matter: `accuracy` says so, `sampled_bayes_risk` is exact there.

    Args:
        num_context: Labelled examples $k \ge 0$.
        signal_spectrum: $s_i=\lambda_i\omega_i$, modes on the last axis; leading axes broadcast.
        noise_var: Label noise $\sigma^2 \ge 0$.

    Raises:
        InvalidValue: For a negative or non-finite argument.
    """
    k, noise = finite("num_context", num_context), finite("noise_var", noise_var)
    s = spectrum("signal_spectrum", signal_spectrum)
    if np.all(s == s[..., :1]):
        return isotropic_bayes_risk(k, s.shape[-1], s[..., 0] * s.shape[-1], noise)
    v = self_consistent(k, s, noise)
    return plain(_learnt_sum(k, s, v))


def isotropic_bayes_risk(
    num_context: Numbers, num_dims: Numbers, signal_var: Numbers, noise_var: Numbers
) -> Values:
    r"""Return the Bayes risk at isotropic covariance and prior, in closed form.

    The positive root of $e^2+e[\sigma^2+\tau(k/D-1)]-\tau\sigma^2=0$, written so that
    neither sign of the bracket loses digits.

    Args:
        num_context: $k \ge 0$.
        num_dims: $D > 0$; need not be whole.
        signal_var: $\tau=\mathrm{Var}(w^\top x) \ge 0$.
        noise_var: $\sigma^2 \ge 0$.

    Raises:
        InvalidValue: For a negative or non-finite argument.
    """
    k, dims = finite("num_context", num_context), positive("num_dims", num_dims)
    tau, noise = finite("signal_var", signal_var), finite("noise_var", noise_var)
    b = tau * (1 - k / dims) - noise
    product = 4 * tau * noise
    root = np.hypot(b, np.sqrt(product))
    with np.errstate(divide="ignore", invalid="ignore"):
        below = np.where(product > 0, 0.5 * product / (root - b), 0.0)
    return plain(np.where(b > 0, 0.5 * (b + root), below))


def ridge_risk(
    num_context: Numbers,
    covariance_spectrum: Numbers,
    signal_spectrum: Numbers,
    noise_var: Numbers,
    ridge: Numbers,
) -> Values:
    r"""Return the excess risk of ridge regression on $X^\top X+\lambda$, any spectrum.

    $\kappa\,(1-\frac1k\sum\frac{\lambda_i}{\lambda_i+\kappa})=\lambda/k$,
    $e=[\kappa^2\sum s_i/(\lambda_i+\kappa)^2+\sigma^2]/
    [1-\frac1k\sum\lambda_i^2/(\lambda_i+\kappa)^2]-\sigma^2$.
    `ridge = 0` is minimum-norm least squares: infinite at $k=D$ with label noise.
    A deterministic equivalent: see `accuracy` below about 50 modes or examples.

    Args:
        num_context: $k \ge 0$.
        covariance_spectrum: $\lambda_i$, modes on the last axis.
        signal_spectrum: $s_i=\lambda_i\omega_i$ over the same modes.
        noise_var: $\sigma^2 \ge 0$.
        ridge: $\lambda \ge 0$, multiplying the identity beside $X^\top X$.

    Raises:
        InvalidValue: For a negative or non-finite argument, or spectra of unequal length.
    """
    k, noise = finite("num_context", num_context), finite("noise_var", noise_var)
    lam, s = paired(covariance_spectrum, signal_spectrum)
    ridge = finite("ridge", ridge)
    # Subnormal numbers have no relative precision left for the ratio below: they are zero.
    ridge = np.where(np.abs(ridge) < SMALLEST_RIDGE, 0.0, ridge)
    v = self_consistent(k, lam, ridge)
    kept = _kept(k, lam, v)  # kappa / (lambda + kappa)
    bias = (s * kept**2).sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        used = np.where(k > 0, ((1 - kept) ** 2).sum(axis=-1) / k, 0.0)
        # 1 - used without cancellation, because 1 - df1/k = ridge/v.
        spare = np.where(v > 0, ridge / v, 1 - np.count_nonzero(lam, axis=-1) / k)
        left = np.where(k > 0, spare + (kept * (1 - kept)).sum(axis=-1) / k, 1.0)
        error = bias + noise * used
        return plain(np.where(left > 0, error / left, np.where(error > 0, np.inf, 0.0)))


def optimal_ridge_risk(
    num_context: Numbers,
    covariance_spectrum: Numbers,
    signal_spectrum: Numbers,
    noise_var: Numbers,
) -> Values:
    r"""Return the risk of the best scalar ridge for these sizes, by minimisation over $\ln\lambda$.

    The predictor of a learner that cannot know the eigenbasis of the prior (rotated tasks):
    at least the Bayes risk, equal to it when covariance and prior are isotropic.

    Raises:
        InvalidValue: As `ridge_risk`.
    """
    from ._minimise import minimise_on_line

    k, noise = finite("num_context", num_context), finite("noise_var", noise_var)
    lam, s = paired(covariance_spectrum, signal_spectrum)
    shape = np.broadcast_shapes(k.shape, noise.shape, lam.shape[:-1], s.shape[:-1])
    top = np.broadcast_to(lam.max(axis=-1), shape)
    scale = np.log(np.where(top > 0, top, 1.0) * np.maximum(1.0, np.broadcast_to(k, shape)))

    def risk(log_ridge: Array) -> Array:
        return np.asarray(ridge_risk(k, lam, s, noise, np.exp(log_ridge)))

    _, best = minimise_on_line(risk, scale - 40.0, scale + 40.0)
    at_zero = np.broadcast_to(np.asarray(ridge_risk(k, lam, s, noise, 0.0)), shape)
    return plain(np.minimum(best, at_zero))


def _learnt_sum(k: Array, s: Array, v: Array) -> Array:
    r"""Return $\sum_i s_i v/(k s_i+v)$, zero where both $v$ and the noise vanish."""
    return (s * np.where(s > 0, _kept(k, s, v), 0.0)).sum(axis=-1)


def _kept(k: Array, a: Array, v: Array) -> Array:
    """Return $v/(ka+v)$ per mode: the share left unlearnt, 1 for a mode that carries nothing."""
    v, weight = v[..., None], k[..., None] * a
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(weight > 0, v / (weight + v), 1.0)
