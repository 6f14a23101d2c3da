"""Records made by hand: the store needs no training to be tested."""

import dataclasses

import pytest

from iclaws._identity import describe, fingerprint
from iclaws.results import Comparison, PlannedPoint, Record, Store


@dataclasses.dataclass(frozen=True)
class Part:
    """Stands for a task, a model or a recipe."""

    size: int = 3
    rate: float = 0.5


@dataclasses.dataclass(frozen=True)
class Point:
    """Has the shape of a point of training."""

    task: Part = Part()
    model: Part = Part()
    recipe: Part = Part()
    seed: int = 0


def make_point(seed=0, **task):
    return Point(task=Part(**task), seed=seed)


def make_record(point=None, **changes):
    """Return a complete record of a point."""
    point = Point() if point is None else point
    values = {
        "id": fingerprint(point),
        "point": describe(point),
        "status": "trained",
        "excess_risk": 0.25,
        "excess_risk_se": 0.01,
        "excess_risk_robust": 0.24,
        "tail_share": 0.08,
        "pretrain_excess_risk": None,
        "pretrain_excess_risk_se": None,
        "position_excess_risk": [1.0, 0.5, None],
        "curve_steps": [1, 10],
        "curve_excess_risk": [1.0, 0.3],
        "loss_curve": [1.0, None, 0.2],
        "converged": True,
        "remaining_drop": 0.01,
        "remaining_drop_se": 0.02,
        "diverged_at": None,
        "baselines": [
            Comparison("zero", 1.0, 0.02, -0.75, 0.01, 0.8, [1.0, 1.0, None]),
            Comparison("least-squares", 0.2, 0.01, 0.05, 0.01, 0.1, []),
        ],
        "measures": {"step_size": [0.5], "step_sizes": [0.4, 0.6]},
        "provenance": {"iclaws": "0.1.0", "cores": 2, "commit": None},
    }
    return Record(**(values | changes))


def make_plan(point=None, study="one", preset="quick", **changes):
    point = Point() if point is None else point
    values = {
        "planned_at": "2026-01-01T00:00:00.000+00:00",
        "predicted_excess_risk": 0.2,
        "predicted_excess_risk_se": None,
        "predicted_step_size": 0.5,
        "prediction": "a formula",
        "lower_bound": 0.1,
        "lower_bound_se": None,
        "bound": "Bayes",
    }
    return PlannedPoint(study=study, preset=preset, id=fingerprint(point), **(values | changes))


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store")
