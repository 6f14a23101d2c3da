"""Running a study: predict first, then train what is missing."""

from concurrent.futures import Executor

from .._identity import describe, fingerprint
from ..mechanism import measure_points
from ..results import PlannedPoint, Store
from ..results.provenance import now
from ..train.expectations import expect
from ..train.grouping import group_points
from ..train.point import Point, revive
from ..train.progress import Watcher, unwatched
from ..train.runner import missing_points, run_points
from .study import AbstractStudy


def plan(study: AbstractStudy, store: Store) -> list[Point]:
    """Store what theory predicts for every point of a study; return the points.

    Predictions stored earlier stay as they were: a record is judged by what was said before
    it was trained.
    """
    points = study.points()
    known = {(p.study, p.preset, p.id) for p in store.plans()}
    new = [p for p in points if (study.name, study.preset, fingerprint(p)) not in known]
    store.plan([_planned(study, point) for point in new])
    return points


def run(
    study: AbstractStudy,
    store: Store,
    *,
    watch: Watcher = unwatched,
    executor: Executor | None = None,
    checkpoints: bool = True,
) -> int:
    """Train what the store misses of a study; return how many runs were trained.

    Then measure the models with the study's probes, each model once.

    Args:
        study: What is wanted.
        store: Where plans, records and weights go.
        watch: Called every few seconds with the progress (not from other processes), and between
            measurements.
        executor: Trains each group as one job (a process pool, submitit, Ray); the store
            must be a folder that all of them see. None trains here, group after group.
        checkpoints: Keep each group's state between stretches.

    Raises:
        StoreConflict, StoreDamaged, StoreTooNew, StoreUnwritable: see `iclaws.errors`.
    """
    points = plan(study, store)
    if executor is None:
        how = {"checkpoints": checkpoints, "snapshots": study.snapshots}
        count = run_points(points, store, watch=watch, **how)
    else:
        groups = group_points(missing_points(points, store, snapshots=study.snapshots))
        jobs = [
            executor.submit(
                _run_job,
                str(store.folder),
                [describe(p) for p in group],
                checkpoints=checkpoints,
                snapshots=study.snapshots,
            )
            for group in groups
        ]
        count = sum(job.result() for job in jobs)
    if study.probes:
        measure_points(points, store, study.probes, along=study.snapshots, watch=watch)
    return count


def _run_job(folder: str, descriptions: list[dict], *, checkpoints: bool, snapshots: bool) -> int:
    points = [revive(description) for description in descriptions]
    return run_points(points, Store(folder), checkpoints=checkpoints, snapshots=snapshots)


def _planned(study: AbstractStudy, point: Point) -> PlannedPoint:
    expectation = expect(point)
    steps = expectation.steps
    return PlannedPoint(
        study=study.name,
        preset=study.preset,
        id=fingerprint(point),
        planned_at=now(),
        predicted_excess_risk=expectation.excess_risk,
        predicted_excess_risk_se=expectation.excess_risk_se,
        predicted_step_size=None if steps is None else float(steps.mean()) * _unit(point),
        prediction=expectation.prediction,
        lower_bound=expectation.lower_bound,
        lower_bound_se=expectation.lower_bound_se,
        bound=expectation.bound,
    )


def _unit(point: Point) -> float:
    """Return what turns a step into the convention of covariates with top eigenvalue 1."""
    spectra = point.task.spectra()
    return 1.0 if spectra is None else float(spectra.covariance[0])
