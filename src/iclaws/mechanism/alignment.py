"""How the query moves a prediction, compared between two models (arXiv 2212.07677)."""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..models import AbstractModel
from ._contexts import Contexts, answer, as_arrays, predict


class Alignment(NamedTuple):
    """How alike two models are, each a mean over contexts and queries.

    Attributes:
        cosine: Of the derivatives of the predictions by the query.
        sensitivity_difference: Norm of the derivatives' difference, over the norm of the second's.
        spd: Squared prediction difference over the mean square of the second's predictions.
    """

    cosine: float
    sensitivity_difference: float
    spd: float


def sensitivity(model: AbstractModel, contexts: Contexts) -> Float[np.ndarray, "C Q D"]:
    r"""Return $\partial f / \partial x_q$ at every query: the weights of a linear predictor."""
    return np.asarray(_sensitivity(model, as_arrays(model, contexts)), np.float64)


def align(model: AbstractModel, other: AbstractModel, contexts: Contexts) -> Alignment:
    """Return how alike a model and an algorithm answer, and move with the query."""
    ours, theirs = sensitivity(model, contexts), sensitivity(other, contexts)
    norms = np.linalg.norm(ours, axis=-1) * np.linalg.norm(theirs, axis=-1)
    cosines = (ours * theirs).sum(axis=-1) / np.where(norms > 0, norms, 1.0)
    difference = np.linalg.norm(ours - theirs, axis=-1).mean()
    predicted, expected = predict(model, contexts), predict(other, contexts)
    return Alignment(
        float(cosines.mean()),
        float(difference / np.linalg.norm(theirs, axis=-1).mean()),
        float(((predicted - expected) ** 2).mean() / (expected**2).mean()),
    )


@jax.jit
def _sensitivity(model: AbstractModel, contexts: Contexts) -> Array:
    def one(xs: Array, ys: Array, queries: Array) -> Array:
        return jax.vmap(jax.grad(partial(answer, model, (xs, ys))))(queries)

    return jax.vmap(one)(
        *(jnp.asarray(part) for part in (contexts.xs, contexts.ys, contexts.queries))
    )
