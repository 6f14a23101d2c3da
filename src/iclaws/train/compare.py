"""Baselines on the evaluation contexts of a group: once per task, not once per seed."""

import json
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Float

from .._identity import describe
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


def compare(points: Sequence[Point], shape: Shape) -> list[dict[str, Reference]]:
    """Return each point's baselines, evaluated on the contexts its model will be evaluated on."""
    keys = [json.dumps([describe(p.task), describe(p.model)], sort_keys=True) for p in points]
    unique = dict(zip(keys, points, strict=True))
    jobs: dict[tuple, list[tuple[str, AbstractModel]]] = defaultdict(list)
    for key, point in unique.items():
        for name, baseline in references(point).items():
            jobs[name, jax.tree.structure((baseline, point.task))].append((key, baseline))
    found: dict[str, dict[str, Reference]] = defaultdict(dict)
    for (name, _), members in jobs.items():
        chosen = [unique[key] for key, _ in members]
        answers = _evaluate([baseline for _, baseline in members], chosen, shape)
        for (key, _), answer in zip(members, answers, strict=True):
            found[key][name] = answer
    return [found[key] for key in keys]


def _evaluate(baselines: list[AbstractModel], points: list[Point], shape: Shape) -> list[Reference]:
    mesh = one_device()
    stacked = stack(baselines)
    tasks = stack([evaluation_task(point.task) for point in points])
    predicted, targets = predictions(
        lambda batch: draw_batch(tasks, batch, mesh=mesh, shape=shape),
        lambda drawn: predict_batch(stacked, drawn, mesh=mesh),
        points[0].recipe.eval_contexts,
    )
    at = at_query(predicted, np.asarray(tasks.num_context), shape)
    by_position = None
    if shape.num_points is not None:
        by_position = ((predicted - targets) ** 2).mean(axis=1, dtype=np.float64)
    return [
        Reference(at[run], None if by_position is None else by_position[run])
        for run in range(len(points))
    ]
