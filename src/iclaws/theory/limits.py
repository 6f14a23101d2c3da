"""What no predictor of a kind can beat in context: lower bounds with the kind they hold for."""

import enum
from typing import NamedTuple

import numpy as np

from ._numbers import Numbers, Values, finite, plain, positive, spectrum, whole
from .information import mutual_information
from .risks import bayes_risk
from .width import best_read_in_risk


class Kind(enum.StrEnum):
    """The predictors a bound holds for."""

    ANY = "any predictor"
    READ_IN = "any architecture with a linear read-in of this rank"
    LABEL_LINEAR = "label-linear attention with frozen covariates"
    COVARIATE_CHANNEL = "label-linear attention that also updates covariates"
    LAYER_ERM = "one layer of linear attention fitted by least squares"


class Bound(NamedTuple):
    """One lower bound on the excess risk.

    Attributes:
        name: What limits.
        risk: No lower excess risk is possible.
        holds_for: For which predictors.
    """

    name: str
    risk: float
    holds_for: Kind


def width_context_limit(
    num_context: Numbers, read_in_rank: Numbers, signal_spectrum: Numbers, noise_var: Numbers
) -> Values:
    r"""Return $F_r+e_{Bayes}(k;s_{1..r},\sigma^2+F_r)$: the unread part acts as label noise.

    For any architecture whose covariates pass a linear read-in of rank $r$, at isotropic
    ($F_r=\tau(1-r/D)$) or one fixed covariance (the best $r$ modes). Not the sum of a width
    floor and the full Bayes risk, which is wrong by up to 60 %.

    Args:
        num_context: $k \ge 0$.
        read_in_rank: $r \ge 0$, whole.
        signal_spectrum: $s_i$, $D$ values in any order.
        noise_var: $\sigma^2 \ge 0$.

    Raises:
        InvalidValue: For a rank that is not a whole number, or a negative argument.
    """
    k, noise = finite("num_context", num_context), finite("noise_var", noise_var)
    rank, s = whole("read_in_rank", read_in_rank), spectrum("signal_spectrum", signal_spectrum)
    shape = np.broadcast_shapes(k.shape, noise.shape, rank.shape, s.shape[:-1])
    k, noise, rank = (np.broadcast_to(array, shape) for array in (k, noise, rank))
    descending = np.broadcast_to(np.sort(s, axis=-1)[..., ::-1], (*shape, s.shape[-1]))
    risk = np.array(np.broadcast_to(best_read_in_risk(rank, s), shape))
    for one in np.unique(rank[rank > 0]):  # few ranks, many configurations each
        at = rank == one
        read = descending[at][:, : int(one)]
        read = read[0] if s.ndim == 1 else read
        risk[at] += bayes_risk(k[at], read, noise[at] + risk[at])
    return plain(risk)


def rate_distortion_limit(
    num_context: Numbers, num_dims: Numbers, signal_var: Numbers, noise_var: Numbers
) -> Values:
    r"""Return $\tau e^{-2I(k)/D}$, for any predictor at isotropic covariance; below Bayes.

    Raises:
        InvalidValue: For a negative or non-finite argument.
    """
    dims, tau = positive("num_dims", num_dims), finite("signal_var", signal_var)
    information = np.asarray(mutual_information(num_context, num_dims, signal_var, noise_var))
    return plain(tau * np.exp(-2 * information / dims))


def task_limit(num_tasks: Numbers, num_dims: Numbers, signal_var: Numbers) -> Values:
    r"""Return $\tau(1-M/D)_+$: tasks that pretraining never spanned, one-layer least squares.

    Raises:
        InvalidValue: For an argument outside its range.
    """
    tasks, dims = finite("num_tasks", num_tasks), positive("num_dims", num_dims)
    return plain(finite("signal_var", signal_var) * np.maximum(0.0, 1 - tasks / dims))


def sparse_minimax_rate(
    num_context: Numbers, num_dims: Numbers, num_active: Numbers, noise_var: Numbers
) -> Values:
    r"""Return $\sigma^2\frac{s\ln(eD/s)}k$: the minimax rate for $s$-sparse tasks.

    arXiv 0910.2042, 1104.5246: any predictor, worst case over tasks, up to a
    constant that is not universal: a rate, not a bound.

    Raises:
        InvalidValue: For an argument outside its range.
    """
    k, dims = positive("num_context", num_context), whole("num_dims", num_dims, low=1)
    active, noise = whole("num_active", num_active, low=1), finite("noise_var", noise_var)
    return plain(noise * active * np.log(np.e * dims / active) / k)


def sparse_recovery_context(num_dims: Numbers, num_active: Numbers) -> tuple[Values, Values]:
    r"""Return the noise-free contexts of exact recovery: $2s$ (any predictor), $2s\ln(D/s)$ (L1).

    Raises:
        InvalidValue: For counts that are not whole.
    """
    dims, active = whole("num_dims", num_dims, low=1), whole("num_active", num_active, low=1)
    return plain(2.0 * active), plain(2 * active * np.log(np.maximum(dims / active, np.e)))
