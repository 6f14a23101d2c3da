r"""The reduced model of one-layer linear attention, fitted exactly (arXiv 2405.11751).

One prompt enters through $H = x_q \otimes \phi$ with $\phi = [\frac dk\sum_i y_i x_i,\
\frac1k\sum_i y_i^2] \in \mathbb R^{d+1}$, and the prediction is $\langle\Gamma, H\rangle$. Ridge
regression on $n$ prompts gives $\Gamma^*$; its errors are exact expectations, not averages over
test prompts. Covariates are $N(0, I/d)$.
"""

from collections.abc import Iterator
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Float

from ..errors import InvalidValue
from ._numbers import Numbers, finite, one_whole
from .pretraining import PretrainingErrors

TaskNorm = Literal["fixed", "gaussian"]
_BLOCK = 1 << 23  # numbers of features held at once


class _TaskLaw(NamedTuple):
    r"""What a law of tasks $w$ enters the error through; $a = |w|^2/d + \rho$.

    Attributes:
        second: $E\,ww^\top$, `(d, d)`.
        mean_label: $E\,a w$, `(d,)`.
        label_var: $E\,a$.
        label_fourth: $E\,a^2$.
    """

    second: Float[np.ndarray, "d d"]
    mean_label: Float[np.ndarray, " d"]
    label_var: float
    label_fourth: float


def reduced_linear_attention(
    num_dims: Numbers,
    num_context: Numbers,
    num_tasks: Numbers | None,
    num_sequences: Numbers,
    noise_var: Numbers,
    ridge: Numbers = 1e-6,
    *,
    task_norm: TaskNorm = "fixed",
    seed: int = 0,
) -> PretrainingErrors:
    r"""Return the total errors of $\Gamma^*$ fitted to one draw of pretraining data.

    $\Gamma^* = \arg\min \sum_n (y_n - \langle\Gamma, H_n\rangle)^2 + \frac nd\lambda|\Gamma|^2$.
    The sums over a context are drawn from their exact joint law at a cost that does not grow
    with the context, and features are made in blocks, so that $d = 64$ takes seconds and little
    memory. In the limit the errors tend to `finite_pretraining_errors`.

    Args:
        num_dims: $d$.
        num_context: $k$, labelled examples of a prompt.
        num_tasks: Distinct tasks, drawn once and used in equal shares; None for a fresh task in
            every prompt.
        num_sequences: $n$, prompts.
        noise_var: $\rho$, of the labels.
        ridge: $\lambda$; 0 for the solution of minimum norm.
        task_norm: `fixed`: Gaussian tasks scaled to $|w| = \sqrt d$ exactly, the convention of
            the published simulation of $\Gamma^*$. `gaussian`: $w \sim N(0, I)$, that of the
            published dMMSE and transformer runs. The limits agree.
        seed: Of the generator.

    Raises:
        InvalidValue: For counts that are not whole and positive, or negative variances.
    """
    dims, context = (
        one_whole("num_dims", num_dims, low=1),
        one_whole("num_context", num_context, low=1),
    )
    count = one_whole("num_sequences", num_sequences, low=1)
    pool_size = None if num_tasks is None else one_whole("num_tasks", num_tasks, low=1)
    noise, penalty = float(finite("noise_var", noise_var)), float(finite("ridge", ridge))
    if task_norm not in ("fixed", "gaussian"):
        raise InvalidValue(f"`task_norm` must be 'fixed' or 'gaussian'. Got {task_norm!r}.")
    generator = np.random.default_rng(seed)
    pool = None if pool_size is None else _tasks(generator, pool_size, dims, task_norm=task_norm)

    def blocks() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        size = max(1, _BLOCK // (dims * (dims + 1)))
        for start in range(0, count, size):
            index = np.arange(start, min(start + size, count))
            tasks = (
                _tasks(generator, len(index), dims, task_norm=task_norm)
                if pool is None
                else pool[index % len(pool)]
            )
            yield _features(generator, tasks, context, noise)

    gamma = _fit(blocks(), dims * (dims + 1), count, penalty * count / dims)
    gamma = gamma.reshape(dims, dims + 1)
    fresh = _error(gamma, _fresh_law(dims, noise, task_norm), context, noise)
    seen = fresh if pool is None else _error(gamma, _pool_law(pool, noise), context, noise)
    return PretrainingErrors(fresh, seen)


def _tasks(
    generator: np.random.Generator, count: int, dims: int, *, task_norm: TaskNorm
) -> Float[np.ndarray, "n d"]:
    tasks = generator.standard_normal((count, dims))
    if task_norm == "fixed":
        tasks *= np.sqrt(dims) / np.linalg.norm(tasks, axis=1, keepdims=True)
    return tasks


def _features(
    generator: np.random.Generator, tasks: Float[np.ndarray, "n d"], context: int, noise: float
) -> tuple[Float[np.ndarray, "n p"], Float[np.ndarray, " n"]]:
    r"""Return the features of one prompt per task, and the labels of their queries.

    Given the labels, covariates are independent normals $x_i|y_i \sim N(c\,y_i, C)$ with
    $c = w/(da)$ and $C = I/d - ww^\top/(d^2a)$: so $S = \sum y_i^2 = a\chi^2_k$ and
    $\sum y_i x_i = cS + \sqrt S\,C^{1/2}z$.
    """
    count, dims = tasks.shape
    norm = (tasks**2).sum(axis=1) / dims
    label_var = norm + noise
    total = label_var * generator.chisquare(context, size=count)
    z = generator.standard_normal((count, dims)) / np.sqrt(dims)
    # C^(1/2) shrinks the task's own direction: an eigenvalue noise / (d a) instead of 1/d.
    length = np.maximum(np.sqrt((tasks**2).sum(axis=1)), np.finfo(float).tiny)
    unit = tasks / length[:, None]
    shrink = np.sqrt(noise / np.maximum(label_var, np.finfo(float).tiny)) - 1.0
    z += (shrink * (unit * z).sum(axis=1))[:, None] * unit
    slope = np.divide(total, label_var, out=np.zeros_like(total), where=label_var > 0)
    sums = tasks * (slope / dims)[:, None] + np.sqrt(total)[:, None] * z
    phi = np.concatenate([sums * (dims / context), total[:, None] / context], axis=1)
    queries = generator.standard_normal((count, dims)) / np.sqrt(dims)
    labels = (queries * tasks).sum(axis=1) + np.sqrt(noise) * generator.standard_normal(count)
    return (queries[:, :, None] * phi[:, None, :]).reshape(count, -1), labels


def _fit(
    blocks: Iterator[tuple[np.ndarray, np.ndarray]], size: int, count: int, penalty: float
) -> Float[np.ndarray, " p"]:
    """Return the ridge solution, in whichever of the two forms is smaller."""
    if count < size:
        parts = list(blocks)
        features = np.concatenate([part[0] for part in parts])
        labels = np.concatenate([part[1] for part in parts])
        return features.T @ _solve(features @ features.T, labels, penalty)
    gram, cross = np.zeros((size, size)), np.zeros(size)
    for features, labels in blocks:
        gram += features.T @ features
        cross += features.T @ labels
    return _solve(gram, cross, penalty)


def _solve(gram: np.ndarray, right: np.ndarray, penalty: float) -> np.ndarray:
    from scipy import linalg

    if penalty > 0:
        gram = gram + penalty * np.eye(len(gram))
        return linalg.solve(gram, right, assume_a="pos")
    values, vectors = linalg.eigh(gram)
    kept = values > len(values) * np.finfo(float).eps * max(values[-1], 0.0)
    inverse = np.divide(1.0, values, out=np.zeros_like(values), where=kept)
    return vectors @ (inverse * (vectors.T @ right))


def _fresh_law(dims: int, noise: float, task_norm: TaskNorm) -> _TaskLaw:
    label_var = 1.0 + noise
    spread = 0.0 if task_norm == "fixed" else 2.0 / dims  # variance of |w|^2 / d
    return _TaskLaw(np.eye(dims), np.zeros(dims), label_var, label_var**2 + spread)


def _pool_law(pool: Float[np.ndarray, "n d"], noise: float) -> _TaskLaw:
    label_var = (pool**2).mean(axis=1) + noise
    return _TaskLaw(
        pool.T @ pool / len(pool),
        (label_var[:, None] * pool).mean(axis=0),
        float(label_var.mean()),
        float((label_var**2).mean()),
    )


def _error(gamma: Float[np.ndarray, "d d+1"], law: _TaskLaw, context: int, noise: float) -> float:
    r"""Return $\rho + \frac1d E|w - \Gamma\phi|^2$, the exact total error on a law of tasks."""
    dims = len(gamma)
    once, twice = 1.0 + 1.0 / context, 1.0 + 2.0 / context
    second = np.zeros((dims + 1, dims + 1))  # E phi phi^T
    second[:dims, :dims] = once * law.second + law.label_var * (dims / context) * np.eye(dims)
    second[:dims, dims] = second[dims, :dims] = twice * law.mean_label
    second[dims, dims] = twice * law.label_fourth
    cross = np.concatenate([law.second, law.mean_label[:, None]], axis=1)  # E w phi^T
    excess = np.trace(law.second) - 2.0 * np.sum(gamma * cross) + np.sum((gamma @ second) * gamma)
    return float(noise + excess / dims)
