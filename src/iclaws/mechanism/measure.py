"""Measuring what a store holds: every probe on every trained model, each once."""

import time
from collections import defaultdict
from collections.abc import Hashable, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from .._identity import fingerprint
from ..models import AbstractModel
from ..results import Store
from ..results.probe import Measurement
from ..train.checkpoints import load_weights
from ..train.point import Point
from ..train.progress import Progress, Watcher, unwatched
from ..train.snapshots import load_snapshots, snapshot_path
from ._base import AbstractProbe, Values, probes

MOST_STEPS = 7  # of one training that are measured, evenly over those kept


class _Job(NamedTuple):
    point: Point
    step: int
    final: bool
    model: AbstractModel


def measure_points(
    points: Sequence[Point],
    store: Store,
    names: Sequence[str],
    *,
    along: bool = False,
    watch: Watcher = unwatched,
) -> int:
    """Measure what the store has of some points and not yet measured; return how many models.

    Points without weights (not trained, or diverged) are passed over, as are points that a
    probe does not apply to.

    Args:
        points: Whose models.
        store: Where the weights are, and the measurements go.
        names: Registered probes.
        along: Measure the weights along training as well, where they were kept.
        watch: Called before each group of runs that are measured together; a step is a run.

    Raises:
        UnknownName: no probe has such a name.
    """
    count = 0
    chosen = [probes.get(name)() for name in names]
    trained = {record.id for record in store.records() if record.status == "trained"}
    usable = [p for p in dict.fromkeys(points) if fingerprint(p) in trained]
    for place, probe in enumerate(chosen):
        known = {(m.id, m.step) for m in store.measurements() if _same(m, probe)}
        groups: dict[Hashable, list[Point]] = defaultdict(list)
        for point in usable:
            if probe.applies(point):
                # Alike in task and shape of the weights: measured in one call.
                groups[fingerprint(point.task), fingerprint(point.model)].append(point)
        label = f"measuring {probe.name}"
        began, done, total = time.monotonic(), 0, sum(map(len, groups.values()))
        for group in groups.values():
            watch(_progress(label, (place, len(chosen)), (done, total), began=began))
            jobs = [job for point in group for job in _jobs(point, store, along=along)]
            jobs = [job for job in jobs if (fingerprint(job.point), job.step) not in known]
            if jobs:
                store.add_measurements(_measure(probe, jobs))
                count += len(jobs)
            done += len(group)
        if total:
            watch(_progress(label, (place, len(chosen)), (done, total), began=began))
    return count


def _progress(
    label: str, place: tuple[int, int], done: tuple[int, int], *, began: float
) -> Progress:
    speed = done[0] / max(time.monotonic() - began, 1e-9)
    return Progress(*place, label, done[1], *done, speed, None, compile_seconds=0.0)


def _same(measurement: Measurement, probe: AbstractProbe) -> bool:
    return measurement.probe == probe.name and measurement.version == probe.version


def _jobs(point: Point, store: Store, *, along: bool) -> list[_Job]:
    last = point.recipe.num_steps
    if along and snapshot_path(store, point).exists():
        kept = load_snapshots(store, point)
        chosen = np.unique(np.linspace(0, len(kept.steps) - 1, MOST_STEPS).round().astype(int))
        return [_Job(point, kept.steps[i], kept.steps[i] == last, kept.at(int(i))) for i in chosen]
    return [_Job(point, last, True, load_weights(store, point))]


def _measure(probe: AbstractProbe, jobs: Sequence[_Job]) -> list[Measurement]:
    stacked = jax.tree.map(lambda *leaves: jnp.stack(leaves), *(job.model for job in jobs))
    values = probe.measure(stacked, [job.point for job in jobs])
    return [
        Measurement(
            fingerprint(job.point), probe.name, probe.version, job.step, job.final, _plain(v)
        )
        for job, v in zip(jobs, values, strict=True)
    ]


def _plain(values: Values) -> dict[str, float | str | None]:
    """Return the values with None for what is not a finite number."""
    return {
        name: value if isinstance(value, str) else _finite(value) for name, value in values.items()
    }


def _finite(value: float) -> float | None:
    value = float(value)
    return value if abs(value) < float("inf") else None
