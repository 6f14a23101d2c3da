r"""The filter of the forward pass: how strongly each direction of the context is learnt.

A predictor that is linear in the labels and acts through $\hat\Sigma = X^\top X/k$ alone answers
$f(x_q) = \sum_j r(\lambda_j)\,(u_j\cdot x_q)\,\hat w_j$, with $(\lambda_j, u_j)$ the eigenpairs
of $\hat\Sigma$ and $\hat w$ least squares. Its filter $r$ tells the algorithm:
$1-(1-\eta\lambda)^L$ is $L$ steps of gradient descent, $\lambda/(\lambda + z)$ is ridge
(arXiv 2212.07677, 2306.00297).
"""

from functools import partial
from typing import Any, Literal, NamedTuple

import jax
import numpy as np
from jaxtyping import Array, Float

from ..errors import InvalidValue
from ..models import AbstractModel
from ._bootstrap import bootstrap_weights
from ._contexts import Contexts, answer, as_arrays, over_runs

Queries = Literal["task", "eigenvectors"]
BATCH = 32  # contexts differentiated at once
# Directions with less than this share of the top eigenvalue are not in the context at all.
SMALLEST_SHARE = 1e-9


class Filter(NamedTuple):
    r"""The response of a model to the labels of some contexts.

    With $J_i = \partial f(x_q)/\partial y_i$, a filter gives $u_j\cdot X^\top J =
    r(\lambda_j)\,(u_j\cdot x_q)$ exactly. Leading axes `*runs` are those of the models.

    Attributes:
        eigenvalues: $\lambda_j$ of each context, ascending, `(C, D)`.
        vectors: $u_j$ as columns, `(C, D, D)`.
        queries: $u_j\cdot x_q$, `(C, Q, D)`.
        carried: $u_j\cdot X^\top J$, `(*runs, C, Q, D)`.
        outside: Share of $\|J\|^2$ that no linear function of the covariates explains: 0 for
            every predictor that reads labels through $X^\top y$, `(*runs, C)`.
        unexplained: $|f - J\cdot y|$ at each query, 0 for a predictor linear in the labels,
            `(*runs, C, Q)`.
        predicted: $f$, `(*runs, C, Q)`.
    """

    eigenvalues: Float[np.ndarray, "C D"]
    vectors: Float[np.ndarray, "C D D"]
    queries: Float[np.ndarray, "C Q D"]
    carried: Float[np.ndarray, "*runs C Q D"]
    outside: Float[np.ndarray, "*runs C"]
    unexplained: Float[np.ndarray, "*runs C Q"]
    predicted: Float[np.ndarray, "*runs C Q"]

    @property
    def weight(self) -> Float[np.ndarray, "C D"]:
        r"""Return $\sum_q (u_j\cdot x_q)^2$, 0 for directions that the context lacks."""
        present = self.eigenvalues > SMALLEST_SHARE * self.eigenvalues[:, -1:]
        return np.where(present, (self.queries**2).sum(axis=1), 0.0)

    @property
    def response(self) -> Float[np.ndarray, "*runs C D"]:
        r"""Return $r(\lambda_j)$: least squares over the queries of each context."""
        total = (self.queries**2).sum(axis=1)
        return (self.carried * self.queries).sum(axis=-2) / np.where(total > 0, total, 1.0)

    @property
    def leakage(self) -> Float[np.ndarray, "*runs C"]:
        r"""Return the share of $\|X^\top J\|^2$ that one number per direction does not explain.

        Near 0 only where eigendirections are not mixed; needs several queries to see it.
        """
        rest = self.carried - self.response[..., None, :] * self.queries
        total = (self.carried**2).sum(axis=(-2, -1))
        return (rest**2).sum(axis=(-2, -1)) / np.where(total > 0, total, 1.0)

    def of(self, *run: int) -> "Filter":
        """Return the filter of one of several models."""
        several = (self.carried, self.outside, self.unexplained, self.predicted)
        return Filter(
            self.eigenvalues, self.vectors, self.queries, *(part[run] for part in several)
        )


class FilterCurve(NamedTuple):
    """A filter averaged over bins of the eigenvalue.

    Attributes:
        eigenvalue: Mean eigenvalue in each bin, `(bins,)`.
        response: Mean of $r$, weighted by the queries' share.
        low, high: 95 % interval over contexts.
    """

    eigenvalue: Float[np.ndarray, " bins"]
    response: Float[np.ndarray, " bins"]
    low: Float[np.ndarray, " bins"]
    high: Float[np.ndarray, " bins"]


def measure_filter(
    model: AbstractModel, contexts: Contexts, *, queries: Queries = "task", runs: int = 0
) -> Filter:
    """Return the filter of a model of any architecture, or of several in one call.

    Args:
        model: One model, or several along leading axes of its leaves.
        contexts: Where it is measured.
        queries: `task`: at the contexts' own queries, where a nonlinear model was trained to
            answer. `eigenvectors`: along each eigenvector, as long as a covariate is on average.
        runs: Leading axes of the model's leaves: 1 for an ensemble or for checkpoints.
    """
    covariance = contexts.xs.swapaxes(1, 2) @ contexts.xs / contexts.xs.shape[1]
    eigenvalues, vectors = np.linalg.eigh(covariance)
    if queries == "eigenvectors":
        length = np.sqrt(eigenvalues.sum(axis=1))
        along = length[:, None, None] * vectors.swapaxes(1, 2)
        contexts = contexts._replace(queries=along, targets=np.full(along.shape[:2], np.nan))
    elif queries != "task":
        raise InvalidValue(f"`queries` is 'task' or 'eigenvectors'. Got {queries!r}.")
    predicted, jacobian = label_jacobian(model, contexts, runs=runs)
    carried = np.einsum("...cqk,ckd,cdj->...cqj", jacobian, contexts.xs, vectors, optimize=True)
    return Filter(
        np.maximum(eigenvalues, 0.0),
        vectors,
        contexts.queries @ vectors,
        carried,
        _outside(jacobian, contexts.xs),
        np.abs(predicted - np.einsum("...cqk,ck->...cq", jacobian, contexts.ys)),
        predicted,
    )


def label_jacobian(
    model: AbstractModel, contexts: Contexts, *, runs: int = 0
) -> tuple[Float[np.ndarray, "*runs C Q"], Float[np.ndarray, "*runs C Q k"]]:
    r"""Return predictions, and their derivatives by each context label, exactly (reverse mode)."""
    values, jacobian = _label_jacobian(model, as_arrays(model, contexts), runs=runs)
    return np.asarray(values, np.float64), np.asarray(jacobian, np.float64)


def filter_curve(
    found: Filter, *, num_bins: int = 12, num_draws: int = 400, seed: int = 0
) -> FilterCurve:
    """Return the filter over eigenvalue bins of equal weight, with bootstrap over contexts."""
    weight, response = found.weight, found.response
    edges = _quantiles(found.eigenvalues, weight, num_bins)
    which = np.clip(np.searchsorted(edges, found.eigenvalues, side="right") - 1, 0, num_bins - 1)
    member = which[..., None] == np.arange(num_bins)
    totals = (member * weight[..., None]).sum(axis=1)  # (C, bins)
    sums = (member * (weight * response)[..., None]).sum(axis=1)
    where = (member * (weight * found.eigenvalues)[..., None]).sum(axis=1)
    kept = totals.sum(axis=0) > 0
    draws = bootstrap_weights(len(totals), num_draws, seed)
    drawn = (draws @ sums)[:, kept] / np.maximum((draws @ totals)[:, kept], 1e-300)
    low, high = np.quantile(drawn, (0.025, 0.975), axis=0)
    total = totals.sum(axis=0)[kept]
    return FilterCurve(where.sum(axis=0)[kept] / total, sums.sum(axis=0)[kept] / total, low, high)


def _outside(jacobian: np.ndarray, xs: np.ndarray) -> np.ndarray:
    basis = np.linalg.qr(xs)[0]  # (C, k, min(k, D))
    inside = np.einsum("...cqk,ckd->...cqd", jacobian, basis)
    total = (jacobian**2).sum(axis=(-2, -1))
    share = (inside**2).sum(axis=(-2, -1)) / np.where(total > 0, total, 1.0)
    return np.where(total > 0, np.maximum(1.0 - share, 0.0), 0.0)


def _quantiles(values: np.ndarray, weight: np.ndarray, num_bins: int) -> np.ndarray:
    order = np.argsort(values, axis=None)
    mass = np.cumsum(weight.ravel()[order])
    at = np.searchsorted(mass, np.linspace(0.0, mass[-1], num_bins + 1)[1:-1])
    return np.concatenate([[-np.inf], values.ravel()[order][at], [np.inf]])


@partial(jax.jit, static_argnames="runs")
def _label_jacobian(models: AbstractModel, contexts: Any, *, runs: int) -> tuple[Array, Array]:
    def one(model: AbstractModel, context: Any) -> tuple[Array, Array]:
        def at(query: Array) -> tuple[Array, Array]:
            answered = jax.value_and_grad(lambda ys: answer(model, (context.xs, ys), query))
            return answered(context.ys)

        return jax.vmap(at)(context.queries)

    def of_model(model: AbstractModel) -> tuple[Array, Array]:
        size = min(BATCH, contexts.xs.shape[0])
        return jax.lax.map(partial(one, model), contexts, batch_size=size)

    return over_runs(of_model, models, runs)
