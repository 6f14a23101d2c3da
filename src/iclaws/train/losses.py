"""What an answer costs, for every kind of answer; in nats where it is a probability."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int

from .._types import GradedSequence, Loss, Scalar, Sequence
from ..models import AbstractLogitModel


class Graded(NamedTuple):
    """The graded answers of one sequence, or of many (then the axes are `(R, C, G)`).

    Attributes:
        loss: Cross-entropy of each, in nats, `(G,)`.
        hit: 1 where the likeliest class is the right one, else 0, `(G,)`.
        weight: Of each, `(G,)`.
        position: Where each stands, `(G,)`.
    """

    loss: Any
    hit: Any
    weight: Any
    position: Any


def pointwise(loss: Loss, answers: Array, labels: Array) -> Array:
    """Return what each real answer costs: squared error, or log(1 + exp(-y f)) for a logit f."""
    if loss == "squared":
        return (answers - labels) ** 2
    return jax.nn.softplus(-labels * answers)


def grade(sequence: Sequence, num_graded: int | None) -> GradedSequence:
    """Return a sequence of class labels with its graded positions picked out.

    Args:
        sequence: With weights.
        num_graded: The largest number of positions of positive weight; None for all.
    """
    assert sequence.weights is not None, "a categorical task gives weights"
    num_points = sequence.weights.shape[0]
    if num_graded is None or num_graded >= num_points:
        positions = jnp.arange(num_points)
    else:
        # Stable: the graded ones come first, in order, then others of weight 0 as padding.
        positions = jnp.argsort(jnp.where(sequence.weights > 0.0, 0, 1), stable=True)
        positions = jnp.sort(positions[:num_graded])
    return GradedSequence(
        sequence.xs,
        sequence.ys,
        positions,
        sequence.ys[positions],
        sequence.targets[positions],
        sequence.weights[positions],
    )


def graded_answers(
    model: AbstractLogitModel, drawn: GradedSequence, labels: Int[Array, " G"]
) -> Graded:
    """Return the cross-entropy and correctness of a model's graded answers to a sequence."""
    logits = model.logits(drawn.xs, drawn.ys, drawn.positions)
    right = jnp.take_along_axis(logits, labels[:, None], axis=-1)[:, 0]
    loss = jax.nn.logsumexp(logits, axis=-1) - right
    hit = (jnp.argmax(logits, axis=-1) == labels).astype(loss.dtype)
    return Graded(loss, hit, drawn.weights.astype(loss.dtype), drawn.positions)


def graded_loss(model: AbstractLogitModel, drawn: GradedSequence) -> Scalar:
    """Return the weighted mean cross-entropy of a model's graded answers to a sequence."""
    graded = graded_answers(model, drawn, drawn.labels)
    return jnp.sum(graded.weight * graded.loss) / jnp.sum(graded.weight)
