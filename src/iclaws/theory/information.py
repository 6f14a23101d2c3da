"""What a context tells about the task, in nats, and the contexts that identify a discrete task."""

from typing import NamedTuple

import numpy as np

from ._numbers import Array, Numbers, Values, finite, one_whole, plain, positive, whole
from ._wishart import scaled_contexts
from .risks import isotropic_bayes_risk


class SampledInformation(NamedTuple):
    """Mutual information as a mean over drawn contexts.

    Attributes:
        information: Nats.
        standard_error: Of that mean.
    """

    information: float
    standard_error: float


def mutual_information(
    num_context: Numbers, num_dims: Numbers, signal_var: Numbers, noise_var: Numbers
) -> Values:
    r"""Return $I(k)=\frac12\mathbb E\ln\det(I+\frac\tau{D\sigma^2}X^\top X)$ in nats, isotropic.

    Proportional limit in closed form: with $q=e_{Bayes}/\tau$,
    $I=\frac12[-D\ln q+k\ln(1+q\tau/\sigma^2)-D(1-q)]$. Within 2 % at $D=8$.

    Args:
        num_context: $k \ge 0$.
        num_dims: $D > 0$.
        signal_var: $\tau \ge 0$.
        noise_var: $\sigma^2 \ge 0$; without noise the information is infinite.

    Raises:
        InvalidValue: For a negative or non-finite argument.
    """
    k, dims = finite("num_context", num_context), positive("num_dims", num_dims)
    tau, noise = finite("signal_var", signal_var), finite("noise_var", noise_var)
    k, dims, tau, noise = np.broadcast_arrays(k, dims, tau, noise)
    active = (k > 0) & (tau > 0)
    safe_tau = np.where(tau > 0, tau, 1.0)
    share = np.asarray(isotropic_bayes_risk(k, dims, tau, noise)) / safe_tau
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        lost = np.where(share > 0, -dims * np.log(share), np.inf)
        total = lost + k * np.log1p(share * tau / noise) - dims * (1 - share)
        return plain(np.where(active, np.where(noise > 0, 0.5 * total, np.inf), 0.0))


def sampled_mutual_information(
    num_context: Numbers,
    num_dims: Numbers,
    signal_var: Numbers,
    noise_var: Numbers,
    *,
    num_draws: Numbers = 2048,
    seed: int = 0,
) -> SampledInformation:
    r"""Return $I(k)=\frac12\mathbb E\ln\det(I+\frac\tau{D\sigma^2}X^\top X)$ at finite size.

    Where `mutual_information`, the proportional limit, is 1-2 % high ($D\le20$).

    Args:
        num_context: $k \ge 0$, whole.
        num_dims: $D \ge 1$, whole.
        signal_var: $\tau \ge 0$.
        noise_var: $\sigma^2 > 0$.
        num_draws: Contexts.
        seed: Of the generator.

    Raises:
        InvalidValue: For counts that are not whole, or noise that is not positive.
    """
    k, dims = one_whole("num_context", num_context), one_whole("num_dims", num_dims, low=1)
    tau, noise = float(finite("signal_var", signal_var)), float(positive("noise_var", noise_var))
    draws = one_whole("num_draws", num_draws, low=2)
    if k == 0:
        return SampledInformation(0.0, 0.0)
    generator = np.random.default_rng(seed)
    rows = scaled_contexts(k, np.full(dims, k * tau / (dims * noise)), draws, generator)
    singular = np.linalg.svd(rows, compute_uv=False)
    values = 0.5 * np.log1p(singular**2).sum(axis=-1)
    return SampledInformation(float(values.mean()), float(values.std(ddof=1) / np.sqrt(draws)))


def identification_context(num_tasks: Numbers, signal_var: Numbers, noise_var: Numbers) -> Values:
    r"""Return $k_c(M)=\frac{2\ln M}{\ln(1+\tau/\sigma^2)}$, where one of $M$ tasks is identified.

    Each label carries at most $\frac12\ln(1+\tau/\sigma^2)$ nats; exact for $k_c\ll D$, and 0
    for one task or without noise (one real label then tells tasks apart).

    Args:
        num_tasks: $M \ge 1$, whole or a real count (for $\binom Ds2^s$ supports).
        signal_var: $\tau > 0$.
        noise_var: $\sigma^2 \ge 0$.

    Raises:
        InvalidValue: For less than one task or a negative variance.
    """
    return identification_context_of(
        np.log(np.maximum(finite("num_tasks", num_tasks, low=1), 1.0)), signal_var, noise_var
    )


def identification_context_of(
    log_num_tasks: Numbers, signal_var: Numbers, noise_var: Numbers
) -> Values:
    r"""Return $k_c$ for $\ln M$ given, where $M$ itself would overflow.

    Raises:
        InvalidValue: For a negative argument.
    """
    logs, tau = finite("log_num_tasks", log_num_tasks), positive("signal_var", signal_var)
    noise = finite("noise_var", noise_var)
    with np.errstate(divide="ignore"):
        return plain(2 * logs / np.log1p(tau / noise))


def task_diversity_bits(
    num_context: Numbers, num_dims: Numbers, signal_var: Numbers, noise_var: Numbers
) -> Values:
    r"""Return $\log_2M_c$ with $\ln M_c=I(k)$: above it dMMSE predicts as ridge does.

    With fewer tasks a context of this length identifies one of them and the Bayes predictor
    for the pool departs from ridge. Thresholds measured after training lie below.

    Raises:
        InvalidValue: For a negative or non-finite argument.
    """
    found = mutual_information(num_context, num_dims, signal_var, noise_var)
    return plain(np.asarray(found) / np.log(2))


def sparse_identification_context(
    num_dims: Numbers, num_active: Numbers, signal_var: Numbers, noise_var: Numbers
) -> Values:
    r"""Return $\frac{2\ln[\binom Ds2^s]}{\ln(1+\tau/\sigma^2)}$ for $s$ weights of $\pm1$ size.

    Args:
        num_dims: $D$, whole.
        num_active: $s \le D$, whole.
        signal_var: $\tau$ of the whole task.
        noise_var: $\sigma^2$.

    Raises:
        InvalidValue: For counts that are not whole, or a negative variance.
    """
    dims, active = whole("num_dims", num_dims, low=1), whole("num_active", num_active)
    return identification_context_of(
        log_binomial(dims, active) + active * np.log(2), signal_var, noise_var
    )


def boolean_identification_context(log2_num_functions: Numbers) -> Values:
    r"""Return $\lceil\log_2|\mathcal F|\rceil$: noise-free boolean labels carry one bit each.

    Args:
        log2_num_functions: $\log_2|\mathcal F| \ge 0$ (`parity_bits`, `tree_bits`).

    Raises:
        InvalidValue: For a negative number of bits.
    """
    return plain(np.ceil(finite("log2_num_functions", log2_num_functions)))


def parity_bits(num_dims: Numbers, num_active: Numbers) -> Values:
    r"""Return $\log_2\binom Ds$, the parities of $s$ out of $D$ bits.

    Raises:
        InvalidValue: For counts that are not whole.
    """
    dims, active = whole("num_dims", num_dims, low=1), whole("num_active", num_active)
    return plain(log_binomial(dims, active) / np.log(2))


def tree_bits(num_dims: Numbers, tree_depth: Numbers, leaf_bits: Numbers = 1.0) -> Values:
    r"""Return $(2^h-1)\log_2D$ plus `leaf_bits` for each of the $2^h$ leaves.

    Raises:
        InvalidValue: For counts that are not whole, or negative leaf bits.
    """
    dims, height = whole("num_dims", num_dims, low=1), whole("tree_depth", tree_depth)
    leaves = 2.0**height
    return plain((leaves - 1) * np.log2(dims) + leaves * finite("leaf_bits", leaf_bits))


def log_binomial(total: Array, chosen: Array) -> Array:
    """Return the logarithm of a binomial coefficient, minus infinity where there is none."""
    from scipy.special import gammaln

    with np.errstate(invalid="ignore"):
        value = gammaln(total + 1.0) - gammaln(chosen + 1.0) - gammaln(total - chosen + 1.0)
    return np.where(np.asarray(chosen) <= total, np.maximum(value, 0.0), 0.0)
