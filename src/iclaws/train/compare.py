"""Baselines on the evaluation contexts of a group: once per task, for all seeds and groups."""

import math
from collections import defaultdict
from collections.abc import Hashable, Sequence

import jax
import numpy as np
from jaxtyping import PyTree

from .._identity import fingerprint
from ..models import AbstractModel
from .devices import one_device
from .draws import Shape, evaluation_task, training_task
from .evaluate import CURVE_CONTEXTS, draw_batch, pool_of, predict_batch, predictions
from .grouping import stack
from .point import Point
from .references import bayes, references
from .scoring import Scores, score

MOST_KNOWN = 256  # references kept: a quarter of a megabyte each
# Numbers of one baseline beyond which it is evaluated alone: dMMSE on 2^13 tasks of 8 dimensions
# takes a quarter of a gigabyte for one run.
LARGEST_STACKED = 2**16
_known: dict[Hashable, Scores] = {}


def compare(points: Sequence[Point], shape: Shape) -> list[dict[str, Scores]]:
    """Return each point's baselines, evaluated on the contexts its model will be evaluated on.

    On at least as many as a point of the learning curve is averaged over.
    """
    wanted = [
        {
            name: (_key(name, baseline, point, shape=shape), baseline)
            for name, baseline in named.items()
        }
        for point, named in ((point, references(point)) for point in points)
    ]
    keys = {key for named in wanted for key, _ in named.values()}
    # Taken before what is new is remembered, which may forget the rest.
    found = {key: _known[key] for key in keys if key in _known}
    jobs: dict[Hashable, dict[Hashable, tuple[AbstractModel, Point]]] = defaultdict(dict)
    for point, named in zip(points, wanted, strict=True):
        for name, (key, baseline) in named.items():
            if key not in found:
                # Pools of tasks differ in size, and do not stack; large ones would not fit.
                sizes = tuple(np.shape(leaf) for leaf in jax.tree.leaves(baseline))
                alone = key if max(map(math.prod, sizes), default=0) > LARGEST_STACKED else None
                structure = name, jax.tree.structure(baseline), sizes, alone
                jobs[structure][key] = (baseline, point)
    if jobs:
        new = _evaluate(list(jobs.values()), shape)
        _remember(new)
        found |= new
    return [{name: found[key] for name, (key, _) in named.items()} for named in wanted]


def _key(name: str, baseline: AbstractModel, point: Point, *, shape: Shape) -> Hashable:
    leaves = tuple(np.asarray(leaf).tobytes() for leaf in jax.tree.leaves(baseline))
    return name, leaves, fingerprint(point.task), shape, point.recipe.eval_contexts


def _remember(found: dict[Hashable, Scores]) -> None:
    if len(_known) > MOST_KNOWN:
        _known.clear()
    _known.update(found)


def _evaluate(
    jobs: list[dict[Hashable, tuple[AbstractModel, Point]]], shape: Shape
) -> dict[Hashable, Scores]:
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

    def answer(drawn: PyTree) -> list[PyTree]:
        return [
            predict_batch(model, jax.tree.map(lambda leaf, i=i: leaf[i], drawn), mesh=mesh)
            for model, i in zip(models, which, strict=True)
        ]

    count = max(members[0][1].recipe.eval_contexts, CURVE_CONTEXTS)
    answers, targets = predictions(
        lambda batch: draw_batch(stacked, batch, mesh=mesh, shape=shape), answer, count
    )
    num_context = np.broadcast_to(np.asarray(stacked.num_context), len(tasks))
    found: dict[Hashable, Scores] = {}
    for job, values, own in zip(jobs, answers, which, strict=True):
        scores = score(
            stacked.loss, (values, targets[own]), num_context=num_context[own], shape=shape
        )
        found |= {key: scores.of(index) for index, key in enumerate(job)}
    return found


def pretraining_reference(points: Sequence[Point], shape: Shape) -> Scores | None:
    """Return the Bayes estimators of new functions on new sequences of pretraining functions.

    Args:
        points: Of one group, with finite pools of functions.
        shape: What is drawn of each context.

    Returns: None where the task names none.
    """
    optimal = [bayes(point) for point in points]
    known = [baseline for baseline in optimal if baseline is not None]
    if len(known) < len(points):
        return None
    mesh, models = one_device(), stack(known)
    tasks = stack([training_task(point.task, int(point.seed)) for point in points])
    pools = stack([pool_of(point) for point in points])
    found = predictions(
        lambda batch: draw_batch(tasks, batch, pools, mesh=mesh, shape=shape),
        lambda drawn: predict_batch(models, drawn, mesh=mesh),
        points[0].recipe.eval_contexts,
    )
    return score(tasks.loss, found, num_context=np.asarray(tasks.num_context), shape=shape)
