"""Baselines on the evaluation contexts of a group: once per task, for all seeds and groups."""

from collections import defaultdict
from collections.abc import Hashable, Sequence
from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Array, Float, PyTree

from .._identity import fingerprint
from ..models import AbstractModel
from .devices import one_device
from .draws import Shape, evaluation_task
from .evaluate import at_query, draw_batch, predict_batch, predictions
from .grouping import stack
from .point import Point
from .references import references


class Reference(NamedTuple):
    """One baseline on the evaluation contexts of one task.

    Attributes:
        predicted: Its predictions at the queries, `(C, Q)`.
        position_risk: Its mean squared error at each position, `(P,)`; None from moments.
    """

    predicted: Float[np.ndarray, "C Q"]
    position_risk: Float[np.ndarray, " P"] | None


MOST_KNOWN = 256  # references kept: a quarter of a megabyte each
_known: dict[Hashable, Reference] = {}


def compare(points: Sequence[Point], shape: Shape) -> list[dict[str, Reference]]:
    """Return each point's baselines, evaluated on the contexts its model will be evaluated on."""
    wanted = [
        {
            name: (_key(name, baseline, point, shape=shape), baseline)
            for name, baseline in named.items()
        }
        for point, named in ((point, references(point)) for point in points)
    ]
    jobs: dict[Hashable, dict[Hashable, tuple[AbstractModel, Point]]] = defaultdict(dict)
    for point, named in zip(points, wanted, strict=True):
        for name, (key, baseline) in named.items():
            if key not in _known:
                structure = name, jax.tree.structure(baseline)
                jobs[structure][key] = (baseline, point)
    if jobs:
        _remember(_evaluate(list(jobs.values()), shape))
    return [{name: _known[key] for name, (key, _) in named.items()} for named in wanted]


def _key(name: str, baseline: AbstractModel, point: Point, *, shape: Shape) -> Hashable:
    leaves = tuple(np.asarray(leaf).tobytes() for leaf in jax.tree.leaves(baseline))
    return name, leaves, fingerprint(point.task), shape, point.recipe.eval_contexts


def _remember(found: dict[Hashable, Reference]) -> None:
    if len(_known) > MOST_KNOWN:
        _known.clear()
    _known.update(found)


def _evaluate(
    jobs: list[dict[Hashable, tuple[AbstractModel, Point]]], shape: Shape
) -> dict[Hashable, Reference]:
    """Return all wanted references: every batch is drawn once, and answered by every job."""
    mesh = one_device()
    members = [member for job in jobs for member in job.values()]
    tasks = {fingerprint(point.task): point.task for _, point in members}
    stacked = stack([evaluation_task(task) for task in tasks.values()])
    which = [
        np.array([list(tasks).index(fingerprint(point.task)) for _, point in job.values()])
        for job in jobs
    ]
    models = [stack([baseline for baseline, _ in job.values()]) for job in jobs]

    def answer(drawn: PyTree) -> list[Array]:
        return [
            predict_batch(model, jax.tree.map(lambda leaf, i=i: leaf[i], drawn), mesh=mesh)
            for model, i in zip(models, which, strict=True)
        ]

    predicted, targets = predictions(
        lambda batch: draw_batch(stacked, batch, mesh=mesh, shape=shape),
        answer,
        members[0][1].recipe.eval_contexts,
    )
    num_context = np.asarray(stacked.num_context)
    found: dict[Hashable, Reference] = {}
    for job, values, own in zip(jobs, predicted, which, strict=True):
        at = at_query(values, num_context[own], shape)
        squared = None if shape.num_points is None else (values - targets[own]) ** 2
        for index, key in enumerate(job):
            by_position = None if squared is None else squared[index].mean(axis=0, dtype=np.float64)
            found[key] = Reference(at[index], by_position)
    return found
