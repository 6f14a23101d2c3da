"""From answers on evaluation contexts to what each context cost, for every kind of answer."""

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from .._types import Loss
from .draws import Shape
from .losses import Graded


class Scores(NamedTuple):
    """Several members on the evaluation contexts.

    Attributes:
        loss: What each context cost at its query, or at its graded positions, `(R, C)`.
        hit: Share of right answers there; None for squared error.
        position_loss: Mean loss at each position, `(R, P)`, NaN where none is graded; None
            where moments were drawn.
        position_hit: Share of right answers at each; None for squared error or from moments.
        answers: Real answers at the queries, `(R, C, Q)`; None where they are logits of classes.
    """

    loss: Float[np.ndarray, "R C"]
    hit: Float[np.ndarray, "R C"] | None
    position_loss: Float[np.ndarray, "R P"] | None
    position_hit: Float[np.ndarray, "R P"] | None
    answers: Float[np.ndarray, "R C Q"] | None

    def of(self, run: int) -> "Scores":
        """Return the scores of one member, without the leading axis."""
        parts: list[Any] = [None if part is None else part[run] for part in self]
        return Scores(*parts)

    def first(self, num_contexts: int) -> "Scores":
        """Return one member's scores on the first contexts only; its positions stay."""
        loss, hit, by_position, hits, answers = self
        hit = None if hit is None else hit[:num_contexts]
        answers = None if answers is None else answers[:num_contexts]
        return Scores(loss[:num_contexts], hit, by_position, hits, answers)


def score(
    loss: Loss,
    answers_and_targets: tuple[Any, Any],
    *,
    num_context: Int[np.ndarray, "*R"],
    shape: Shape,
) -> Scores:
    """Return what every context cost.

    Args:
        loss: The task's.
        answers_and_targets: As `evaluate.predictions` returns them.
        num_context: Of each member, or of all: the position of the query.
        shape: What was drawn.
    """
    answers, targets = answers_and_targets
    if isinstance(answers, Graded):
        return _score_graded(answers, shape)
    num_context = np.broadcast_to(num_context, answers.shape[:1])
    queried, wanted = (at_query(values, num_context, shape) for values in (answers, targets))
    by_position = shape.num_points is not None
    costs = _costs(loss, answers, targets) if by_position else None
    own = _costs(loss, queried, wanted).mean(axis=2, dtype=np.float64)
    position_loss = None if costs is None else costs.mean(axis=1, dtype=np.float64)
    hit = position_hit = None
    if loss == "logistic":
        hit = _right(queried, wanted).mean(axis=2, dtype=np.float64)
        position_hit = (
            _right(answers, targets).mean(axis=1, dtype=np.float64) if by_position else None
        )
    return Scores(own, hit, position_loss, position_hit, queried)


def at_query(
    values: Float[np.ndarray, "R C P"], num_context: Int[np.ndarray, " R"], shape: Shape
) -> Float[np.ndarray, "R C Q"]:
    """Return the values at the queries: of a sequence, its position `num_context`."""
    if shape.num_points is None:
        return values
    return np.take_along_axis(values, num_context[:, None, None], axis=2)


def distance(loss: Loss, first: Scores, second: Scores) -> float | None:
    """Return how far the answers `second` lie from `first` at the query, on average.

    Mean squared difference of real answers; mean Kullback-Leibler divergence in nats, of the
    law that `first` states from the one that `second` does, for logits of two classes; None
    for logits of more.
    """
    if first.answers is None or second.answers is None:
        return None
    if loss == "squared":
        return float(((first.answers - second.answers) ** 2).mean(dtype=np.float64))
    p = 1.0 / (1.0 + np.exp(-first.answers.astype(np.float64)))
    costs = [
        p * np.logaddexp(0.0, -logits) + (1.0 - p) * np.logaddexp(0.0, logits)
        for logits in (second.answers.astype(np.float64), first.answers.astype(np.float64))
    ]
    return float((costs[0] - costs[1]).mean())


def _costs(loss: Loss, answers: np.ndarray, targets: np.ndarray) -> np.ndarray:
    if loss == "squared":
        return (answers - targets) ** 2
    return np.logaddexp(0.0, -targets * answers)


def _right(answers: np.ndarray, targets: np.ndarray) -> np.ndarray:
    # A logit of exactly 0 decides nothing: half a hit, as by a coin.
    return np.where(answers == 0.0, 0.5, (answers * targets > 0.0).astype(np.float64))


def _score_graded(graded: Graded, shape: Shape) -> Scores:
    weight = graded.weight.astype(np.float64)
    total = weight.sum(axis=2)
    assert shape.num_points is not None
    return Scores(
        (weight * graded.loss).sum(axis=2) / total,
        (weight * graded.hit).sum(axis=2) / total,
        _by_position(graded, graded.loss, shape.num_points),
        _by_position(graded, graded.hit, shape.num_points),
        None,
    )


def _by_position(graded: Graded, values: np.ndarray, num_points: int) -> np.ndarray:
    """Return the weighted mean at each position over all contexts; NaN where nothing counts."""

    def sums(weights: np.ndarray) -> np.ndarray:
        return np.stack(
            [
                np.bincount(at.ravel(), own.ravel(), minlength=num_points)
                for at, own in zip(graded.position, weights, strict=True)
            ]
        )

    weight = graded.weight.astype(np.float64)
    totals = sums(weight)
    return np.where(totals > 0.0, sums(weight * values) / np.maximum(totals, 1e-30), np.nan)
