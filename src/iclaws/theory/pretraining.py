r"""Finite pretraining of one-layer linear attention (arXiv 2405.11751), also with structured tasks.

Proportional limit: context $\alpha d$, tasks $\kappa d$, sequences $\tau d^2$, covariates
$N(0,I/d)$, tasks $N(0,C)$, label noise $\rho$, ridge $\frac nd\lambda|\Gamma|^2$. The problem is
ridge regression with feature covariance $I\otimes(R+x^*)$, $R$ the sample covariance of the
tasks. Everything follows from one scalar $\theta$ with $c=1-A(\theta)/\kappa$,
$A=\frac1d\mathrm{tr}\,C(C+\theta)^{-1}$ and $\nu=c\,\theta$; written in it, every term below is
positive and nothing cancels.
"""

from typing import NamedTuple

import numpy as np

from ..errors import InvalidValue
from ._fixed_point import self_consistent
from ._numbers import Array, Numbers, Values, finite, plain, positive, real, spectrum
from ._roots import falling_root

_ISOTROPIC = np.ones(1)


class PretrainingErrors(NamedTuple):
    """Total errors (label noise included) after finite pretraining.

    Attributes:
        fresh_tasks: On new tasks: in-context learning.
        pretrain_tasks: On new sequences of the pretraining tasks.
    """

    fresh_tasks: Values
    pretrain_tasks: Values


class _Problem(NamedTuple):
    r"""The scalars of the limit: $x^*$, $x_t$, $1/\kappa$, $\tau$, $\rho$, $\lambda$."""

    x: Array
    x_test: Array
    per_task: Array
    tau: Array
    rho: Array
    ridge: Array


def finite_pretraining_errors(
    context_ratio: Numbers,
    task_ratio: Numbers,
    data_ratio: Numbers,
    noise_var: Numbers,
    ridge: Numbers = 0.0,
    test_context_ratio: Numbers | None = None,
) -> PretrainingErrors:
    r"""Return both errors for every ridge $\ge0$ and both sides of the interpolation threshold.

    At finite $d$ deviations are $O(1/d)$, largest at $\tau\approx1$; there are $d(d+1)$
    parameters, so that `finite_size_data_ratio` brings most of them below 5 %. Without ridge
    both errors are infinite at $\tau=1$.

    Args:
        context_ratio: $\alpha > 0$.
        task_ratio: $\kappa > 0$; infinity for fresh tasks for ever.
        data_ratio: $\tau > 0$; infinity for unlimited data.
        noise_var: $\rho \ge 0$ (signal variance 1).
        ridge: $\lambda \ge 0$.
        test_context_ratio: Context at test time; None for the same.

    Raises:
        InvalidValue: For an argument outside its range.
    """
    ratios = (context_ratio, task_ratio, data_ratio, noise_var, ridge, test_context_ratio)
    return structured_pretraining_errors(_ISOTROPIC, _ISOTROPIC, *ratios)


def structured_pretraining_errors(
    train_spectrum: Numbers,
    test_spectrum: Numbers,
    context_ratio: Numbers,
    task_ratio: Numbers,
    data_ratio: Numbers,
    noise_var: Numbers,
    ridge: Numbers = 0.0,
    test_context_ratio: Numbers | None = None,
) -> PretrainingErrors:
    r"""Return both errors for tasks $N(0,C_{tr})$ in pretraining and $N(0,C_{te})$ at test.

    Args:
        train_spectrum: Eigenvalues of $C_{tr}$, on the last axis.
        test_spectrum: Diagonal of $C_{te}$ in the eigenbasis of $C_{tr}$ (all that enters).
        context_ratio: $\alpha > 0$.
        task_ratio: $\kappa > 0$ or infinity.
        data_ratio: $\tau > 0$ or infinity.
        noise_var: $\rho \ge 0$.
        ridge: $\lambda \ge 0$.
        test_context_ratio: Context at test time; None for the same.

    Raises:
        InvalidValue: For an argument outside its range, or spectra of unequal length.
    """
    train, test = (
        spectrum("train_spectrum", train_spectrum),
        spectrum("test_spectrum", test_spectrum),
    )
    if train.shape[-1] != test.shape[-1]:
        raise InvalidValue(
            "The two spectra must have one length. "
            f"Got {train.shape[-1]} and {test.shape[-1]} values."
        )
    alpha, rho = positive("context_ratio", context_ratio), finite("noise_var", noise_var)
    kappa, tau = _ratio("task_ratio", task_ratio), _ratio("data_ratio", data_ratio)
    lam = finite("ridge", ridge)
    alpha_test = (
        alpha if test_context_ratio is None else positive("test_context_ratio", test_context_ratio)
    )
    x = (rho + train.mean(axis=-1)) / alpha
    x_test = (rho + test.mean(axis=-1)) / alpha_test
    problem = _Problem(*np.broadcast_arrays(x, x_test, 1 / kappa, tau, rho, lam))
    return _errors(train, test, problem)


def finite_size_data_ratio(num_sequences: Numbers, num_dims: Numbers) -> Values:
    r"""Return $\tau=n/[d(d+1)]$: the number of parameters of the layer, not its square.

    Raises:
        InvalidValue: For an argument that is not positive.
    """
    n, dims = positive("num_sequences", num_sequences), positive("num_dims", num_dims)
    return plain(n / (dims * (dims + 1)))


def _ratio(name: str, value: Numbers) -> Array:
    """Return a ratio above zero; infinity is one."""
    array = real(name, value)
    if np.any(array == 0):
        raise InvalidValue(f"`{name}` must be positive (infinity for no limit). Got 0.")
    return array


def _solve(spectrum_: Array, problem: _Problem) -> tuple[Array, Array]:
    r"""Return $\theta$ and $\xi$ with $1-\xi m=\tau-\tau\lambda/\xi$, $\nu=x^*+\xi=c\,\theta$."""
    x, _, per_task, tau, _, lam = problem
    limited = np.isfinite(tau)
    easy = (lam == 0) & (tau >= 1)  # no ridge, as much data as parameters: xi = 0
    tau = np.where(limited, tau, 2.0)
    # xi(1 - xi m) <= x + tr C/d bounds the root; below, xi >= lambda and m <= 1/nu.
    top = lam + (x + spectrum_.mean(axis=-1)) / tau
    bottom = np.maximum(lam, np.where(tau < 1, x * (1 - tau) / tau, 0.0))
    bottom = np.clip(bottom, 1e-300, top)

    def gap(log_xi: Array) -> Array:
        xi = np.exp(log_xi)
        theta = _theta(spectrum_, x + xi, per_task)
        kept = theta / (x + xi) * xi * _mean(1 / (spectrum_ + theta[..., None]))  # xi m
        return 1 - kept - tau + tau * lam / xi

    xi = np.exp(falling_root(gap, np.log(bottom), np.log(top)))
    xi = np.where(easy, 0.0, np.where(limited, xi, lam))
    return _theta(spectrum_, x + xi, per_task), xi


def _theta(spectrum_: Array, nu: Array, per_task: Array) -> Array:
    r"""Return $\theta=\nu+\frac1{\kappa d}\sum\frac{C_i\theta}{C_i+\theta}$."""
    dims = spectrum_.shape[-1]
    if np.all(spectrum_ == spectrum_[..., :1]):  # isotropic tasks: a quadratic
        value = spectrum_[..., 0]
        half = 0.5 * (value - nu - value * per_task)
        root = np.hypot(half, np.sqrt(value * nu))
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(half > 0, value * nu / (root + half), root - half)
    limited = per_task > 0
    count = np.where(limited, dims / np.where(limited, per_task, 1.0), 1.0)
    found = self_consistent(count, spectrum_, count * nu) / count
    return np.where(limited, found, nu)


def _errors(train: Array, test: Array, problem: _Problem) -> PretrainingErrors:
    """Return both errors, as sums of positive terms."""
    theta, xi = _solve(train, problem)
    x, x_test, per_task, tau, rho, lam = problem
    at = theta[..., None]
    nu = x + xi
    c = nu / theta
    learnt = _mean(train / (train + at))  # A = 1 - nu m
    curve = _mean(train / (train + at) ** 2)  # B = -A'
    speed = 1 / (c + theta * curve * per_task)  # d theta / d nu
    bend = (curve * per_task * speed)[..., None]  # dc / d nu
    square = (1 + bend * train) / (train + at) ** 2  # c^2 F_2
    rest = speed[..., None] * train / (train + at) ** 2  # F - nu F_2
    spread = rest + (x / c**2)[..., None] * square  # F - xi F_2
    with np.errstate(divide="ignore", invalid="ignore"):
        pull = np.where(xi > 0, lam / xi, np.where(np.isfinite(tau), 1 - 1 / tau, 1.0))
        share = pull + xi * _mean(spread) / tau
        seen = (rho + x * learnt + xi * nu * speed * curve) / share
    filtered = (train**2 + (at**2) * bend * train) / (train + at) ** 2  # 1 - 2 nu F + nu^2 F_2
    fresh = rho + _mean(test * at**2 * square) + x_test * _mean(filtered)
    fresh = fresh + seen / tau * _mean((test + x_test[..., None]) * spread)
    return PretrainingErrors(plain(fresh), plain(seen))


def _mean(values: Array) -> Array:
    """Return the normalised trace."""
    return values.mean(axis=-1)
