"""Paired distances of models to baselines, on new functions and on those of pretraining.

For runs with a finite pool of functions: which of the two laws' Bayes estimators a model has
become is told by its distance to each, on both laws (arXiv 2306.15063).
"""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PyTree

from ..models import AbstractModel
from .devices import one_device
from .evaluate import BATCH_CONTEXTS, predict_batch
from .grouping import stack
from .point import Point
from .references import references


class Distances(NamedTuple):
    """One model and one baseline; of every position, or of every query where moments are drawn.

    Attributes:
        fresh_tasks: Mean squared difference of their answers on functions never seen, `(P,)`.
        pretrain_tasks: The same on new sequences of pretraining functions, `(P,)`.
        pretrain_excess_risk: The baseline's own risk on those, `(P,)`.
    """

    fresh_tasks: Float[np.ndarray, " P"]
    pretrain_tasks: Float[np.ndarray, " P"]
    pretrain_excess_risk: Float[np.ndarray, " P"]


def pool_distances(
    points: tuple[Point, ...],
    draws: tuple[Callable[[Array], PyTree], Callable[[Array], PyTree]],
    predict: Callable[[PyTree], Array],
) -> list[dict[str, Distances]]:
    """Return the distances of each member to the Bayes estimators of both laws.

    Args:
        points: The members, without padding.
        draws: What draws a batch of contexts of all members: of functions never seen, and of
            pretraining functions.
        predict: The members' answers on a batch, `(R, B, P)`.
    """
    named = [_estimators(point) for point in points]
    fresh, seen = (_average(points, named, draw=draw, predict=predict) for draw in draws)
    return [
        {name: Distances(fresh[run, name][0], *seen[run, name]) for name in baselines}
        for run, baselines in enumerate(named)
    ]


def _estimators(point: Point) -> dict[str, AbstractModel]:
    # Every position counts: an estimator that is optimal at the query alone tells nothing here.
    optimal = point.task.bayes if point.task.bayes_everywhere else None
    kept = (optimal, "dmmse")
    return {name: model for name, model in references(point).items() if name in kept}


def _average(
    points: tuple[Point, ...],
    named: list[dict[str, AbstractModel]],
    *,
    draw: Callable[[Array], PyTree],
    predict: Callable[[PyTree], Array],
) -> dict[tuple[int, str], tuple[np.ndarray, np.ndarray]]:
    """Return mean squared distances to every baseline, and its mean squared errors."""
    mesh, wanted = one_device(), points[0].recipe.eval_contexts
    sums: dict[tuple[int, str], np.ndarray] = {}
    for batch in range(-(-wanted // BATCH_CONTEXTS)):
        kept = min(wanted - batch * BATCH_CONTEXTS, BATCH_CONTEXTS)
        drawn = draw(jnp.asarray(batch, jnp.int32))
        answers = np.asarray(predict(drawn), np.float64)[:, :kept]
        drawn = jax.tree.map(np.asarray, drawn)
        for run, baselines in enumerate(named):
            # Pools differ in size, so that baselines of one name do not stack.
            own = jax.tree.map(lambda leaf, run=run: leaf[run : run + 1], drawn)
            targets = own.targets[0, :kept]
            for name, baseline in baselines.items():
                other = np.asarray(predict_batch(stack([baseline]), own, mesh=mesh))[0, :kept]
                other = other.astype(np.float64)
                both = np.stack([(answers[run] - other) ** 2, (other - targets) ** 2])
                sums[run, name] = sums.get((run, name), 0.0) + both.sum(axis=1)
    return {key: tuple(total / wanted) for key, total in sums.items()}
