"""Discrete priors by Monte Carlo: Bayes for a pool of tasks, sparse tasks, parities."""

from itertools import combinations, product
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from ..errors import InvalidValue
from ._numbers import Numbers, one_whole, positive, whole

_BLOCK = 1 << 21
_LARGEST = 200_000


class DiscreteRisk(NamedTuple):
    """Monte-Carlo risks of one predictor by context length.

    Attributes:
        risk: Mean excess risk at each requested length.
        standard_error: Of the means, over independent pools (or contexts).
    """

    risk: Float[np.ndarray, " lengths"]
    standard_error: Float[np.ndarray, " lengths"]


def dmmse_risk(
    num_context: Numbers,
    num_tasks: Numbers,
    num_dims: Numbers,
    signal_var: Numbers,
    noise_var: Numbers,
    *,
    fresh_tasks: bool = False,
    num_draws: tuple[int, int] = (32, 64),
    seed: int = 0,
) -> DiscreteRisk:
    r"""Return the excess risk of dMMSE, the Bayes predictor of a pool of $M$ tasks.

    $\hat w=\sum_mw_m\,\mathrm{softmax}_m(-|y-Xw_m|^2/2\sigma^2)$ (arXiv 2306.15063), isotropic
    covariates and tasks.

    Args:
        num_context: Lengths $k$, whole.
        num_tasks: $M \ge 1$.
        num_dims: $D$.
        signal_var: $\tau$.
        noise_var: $\sigma^2 > 0$.
        fresh_tasks: Judge on new tasks instead of tasks of the pool.
        num_draws: Pools, and contexts for each.
        seed: Of the generator.

    Raises:
        InvalidValue: For counts that are not whole or variances that are not positive.
    """
    lengths = np.atleast_1d(whole("num_context", num_context))
    tasks, dims = one_whole("num_tasks", num_tasks, low=1), one_whole("num_dims", num_dims, low=1)
    scale = np.sqrt(float(positive("signal_var", signal_var)) / dims)
    noise, generator = float(positive("noise_var", noise_var)), np.random.default_rng(seed)
    means = []
    for _ in range(num_draws[0]):
        pool = scale * generator.standard_normal((tasks, dims))
        chosen = pool[generator.integers(tasks, size=num_draws[1])]
        if fresh_tasks:
            chosen = scale * generator.standard_normal((num_draws[1], dims))
        means.append(_pool_risks(pool, chosen, lengths, noise, generator))
    return _summary(np.array(means))


def sparse_bayes_risk(
    num_context: Numbers,
    num_dims: Numbers,
    num_active: Numbers,
    signal_var: Numbers,
    noise_var: Numbers,
    *,
    num_draws: int = 512,
    seed: int = 0,
) -> DiscreteRisk:
    r"""Return the Bayes risk for $s$ weights of size $\pm\sqrt{\tau/s}$, by enumeration.

    Args:
        num_context: Lengths $k$, whole.
        num_dims: $D$.
        num_active: $s$; $\binom Ds2^s$ tasks are enumerated, at most 200 000.
        signal_var: $\tau$.
        noise_var: $\sigma^2 > 0$.
        num_draws: Contexts.
        seed: Of the generator.

    Raises:
        InvalidValue: For too many tasks to enumerate, or arguments out of range.
    """
    lengths = np.atleast_1d(whole("num_context", num_context))
    dims, active = (
        one_whole("num_dims", num_dims, low=1),
        one_whole("num_active", num_active, low=1),
    )
    pool = _sparse_tasks(dims, active) * np.sqrt(float(positive("signal_var", signal_var)) / active)
    noise, generator = float(positive("noise_var", noise_var)), np.random.default_rng(seed)
    groups = max(2, num_draws // 32)
    means = [
        _pool_risks(pool, pool[generator.integers(len(pool), size=32)], lengths, noise, generator)
        for _ in range(groups)
    ]
    return _summary(np.array(means))


def parity_bayes_error(
    num_context: Numbers,
    num_dims: Numbers,
    num_active: Numbers,
    *,
    num_draws: int = 2048,
    seed: int = 0,
) -> DiscreteRisk:
    """Return the error rate of the Bayes predictor of a hidden parity, noise-free labels.

    Uniform bits; the majority of the parities still consistent answers, ties by a fair coin.

    Args:
        num_context: Lengths, whole.
        num_dims: Bits of an input.
        num_active: Bits of the parity.
        num_draws: Contexts.
        seed: Of the generator.

    Raises:
        InvalidValue: For too many parities to enumerate, or counts that are not whole.
    """
    lengths = np.atleast_1d(whole("num_context", num_context))
    dims, active = (
        one_whole("num_dims", num_dims, low=1),
        one_whole("num_active", num_active, low=1),
    )
    supports = _supports(dims, active, 1)
    masks = np.zeros((len(supports), dims), dtype=np.int64)
    masks[np.arange(len(supports))[:, None], supports] = 1
    generator, longest = np.random.default_rng(seed), int(lengths.max(initial=0))
    bits = generator.integers(2, size=(num_draws, longest + 1, dims))
    truth = generator.integers(len(masks), size=num_draws)
    errors = np.empty((num_draws, lengths.size))
    for draw in range(num_draws):
        labels = bits[draw] @ masks.T % 2  # points x parities
        agree = np.cumprod(labels[:-1] == labels[:-1, truth[draw], None], axis=0)
        alive = np.vstack([np.ones((1, len(masks)), dtype=np.int64), agree])[lengths]
        right = alive @ (labels[-1] == labels[-1, truth[draw]])
        share = right / alive.sum(axis=1)
        errors[draw] = np.where(share == 0.5, 0.5, share < 0.5)
    return _summary(errors)


def _pool_risks(
    pool: np.ndarray,
    chosen: np.ndarray,
    lengths: np.ndarray,
    noise: float,
    generator: np.random.Generator,
) -> Float[np.ndarray, " lengths"]:
    """Return the mean risk over contexts of the chosen tasks at each length."""
    total = np.zeros(lengths.size)
    block = max(1, _BLOCK // len(pool))
    for start in range(0, len(chosen), block):
        tasks = chosen[start : start + block]
        logits = np.zeros((len(tasks), len(pool)))
        longest = int(lengths.max(initial=0))
        for position in range(longest + 1):
            if position in lengths:
                weights = np.exp(logits - logits.max(axis=1, keepdims=True))
                guess = weights @ pool / weights.sum(axis=1, keepdims=True)
                total[lengths == position] += ((guess - tasks) ** 2).sum()
            if position < longest:
                x = generator.standard_normal(tasks.shape)
                y = (x * tasks).sum(axis=1)
                y = y + np.sqrt(noise) * generator.standard_normal(len(tasks))
                logits -= (y[:, None] - x @ pool.T) ** 2 / (2 * noise)
    return total / len(chosen)


def _sparse_tasks(dims: int, active: int) -> Float[np.ndarray, "tasks dims"]:
    """Return every task with `active` weights of plus or minus one."""
    supports = _supports(dims, active, 2**active)
    signs = np.array(list(product((-1.0, 1.0), repeat=active)))
    tasks = np.zeros((len(supports), len(signs), dims))
    for place in range(active):
        tasks[np.arange(len(supports)), :, supports[:, place]] = signs[:, place]
    return tasks.reshape(-1, dims)


def _supports(dims: int, active: int, multiple: int) -> np.ndarray:
    """Return every support, or say that there are too many to enumerate."""
    from math import comb

    count = comb(dims, active) * multiple if active <= dims else 0
    if not 0 < count <= _LARGEST:
        raise InvalidValue(
            f"There are {count} such tasks; between 1 and {_LARGEST} can be enumerated. "
            "Choose fewer dimensions or active entries."
        )
    return np.array(list(combinations(range(dims), active)))


def _summary(groups: Float[np.ndarray, "groups lengths"]) -> DiscreteRisk:
    """Return mean and standard error over independent groups."""
    error = groups.std(axis=0, ddof=1) / np.sqrt(len(groups)) if len(groups) > 1 else np.inf
    return DiscreteRisk(groups.mean(axis=0), np.broadcast_to(error, groups.shape[1:]))
