"""A store filled by hand: every number of the report is then known."""

import numpy as np

from iclaws._identity import describe, fingerprint
from iclaws.laws.power_law import PowerLaw
from iclaws.models.linear_attention import LinearAttention
from iclaws.results import Comparison, PlannedPoint, Record, Store
from iclaws.studies import AbstractStudy, Figure, Grid
from iclaws.tasks.linear_regression import LinearRegression
from iclaws.train.recipe import Recipe

DEPTHS, SEEDS, NOISE = (1, 2, 4, 8, 16), (0, 1, 2, 3), (0.0, 0.1)
COEFFICIENT, EXPONENT = 0.4, 0.7
PROVENANCE = {
    "iclaws": "0.1.0",
    "jax": "0.10.2",
    "commit": "abcdef123456",
    "device": "cpu",
    "started_at": "2026-01-02T00:00:00.000+00:00",
    "finished_at": "2026-01-02T00:01:00.000+00:00",
    "train_seconds": 30.0,
    "compile_seconds": 3.0,
    "resumed_at": 0,
}


class Made(AbstractStudy):
    """Power laws in depth with a known spread over seeds."""

    name = "made"
    title = "Known power laws"
    question = "Does the report show what was put in?"
    scale = "depth"
    curves = ("noise_var",)

    def grids(self):
        axes = {"depth": DEPTHS, "noise_var": NOISE, "seed": SEEDS}
        return [Grid(LinearRegression(), LinearAttention(), Recipe(), axes)]

    def figures(self):
        return (
            Figure(
                title="Risk over depth",
                x="depth",
                colour="noise_var",
                law=PowerLaw("depth", with_floor=False),
                baselines=("zero",),
                slope=-0.5,
                caption="Two straight lines.",
            ),
            Figure(
                title="Learning curves", x="curve_steps", y="curve_excess_risk", colour="depth",
                facet="noise_var",
            ),
        )  # fmt: skip


def expected_risk(point):
    """Return the risk without the spread over seeds."""
    return COEFFICIENT * (1.0 + 10.0 * point.task.noise_var) * point.model.depth**-EXPONENT


def record(point, **changes):
    """Return the record of a converged run."""
    tilt = int(point.seed) - 1.5  # seeds differ in level and in exponent
    risk = expected_risk(point) * np.exp(0.05 * tilt) * point.model.depth ** (0.02 * tilt)
    fields = {
        "id": fingerprint(point),
        "point": describe(point),
        "status": "trained",
        "excess_risk": risk,
        "excess_risk_se": 0.01 * risk,
        "excess_risk_robust": risk,
        "tail_share": 0.1,
        "pretrain_excess_risk": None,
        "pretrain_excess_risk_se": None,
        "position_excess_risk": [],
        "curve_steps": [1, 10, 100],
        "curve_excess_risk": [4.0 * risk, 2.0 * risk, risk],
        "loss_curve": [1.0, 0.5],
        "converged": True,
        "remaining_drop": 0.001,
        "remaining_drop_se": 0.001,
        "diverged_at": None,
        "baselines": [Comparison("zero", 1.0, 0.01, risk - 1.0, 0.01, 1.0, [])],
        "measures": {"step_size": [0.6]},
        "provenance": PROVENANCE,
    }
    return Record(**(fields | changes))


def planned(point, study, **changes):
    """Return the plan of a point, its prediction 2 % above the truth."""
    fields = {
        "study": study.name,
        "preset": study.preset,
        "id": fingerprint(point),
        "planned_at": "2026-01-01T00:00:00.000+00:00",
        "predicted_excess_risk": 1.02 * expected_risk(point),
        "predicted_excess_risk_se": None,
        "predicted_step_size": 0.61,
        "prediction": f"gradient descent, {point.model.depth} tied steps, at its optimum",
        "lower_bound": 0.5 * expected_risk(point),
        "lower_bound_se": None,
        "bound": "Bayes",
    }
    return PlannedPoint(**(fields | changes))


def fill(folder, changes=None, study=None, **of_plans):
    """Return a store of the study, with some records changed: `{(depth, noise, seed): {...}}`."""
    store, study, changes = Store(folder), study or Made(), changes or {}
    points = study.points()
    store.plan([planned(point, study, **of_plans) for point in points])
    of = {(p.model.depth, float(p.task.noise_var), int(p.seed)): p for p in points}
    store.add([record(point, **changes.get(place, {})) for place, point in of.items()])
    return store
