"""From a trained group to its records: risks, paired comparisons, measures, provenance."""

import dataclasses
from functools import partial
from typing import Any, NamedTuple

import jax
import numpy as np
from jaxtyping import Array, Float, PyTree

from .._identity import describe, fingerprint
from ..models import AbstractModel
from ..results import Comparison, Record
from ..results.provenance import provenance
from .compare import pretraining_reference
from .distances import Distances, pool_distances
from .ensemble import State
from .evaluate import CURVE_CONTEXTS, draw_batch, pool_of, predictions
from .loop import Trained, loss_curve
from .point import Point
from .program import Program
from .scoring import Scores, distance, score
from .summary import flatness, risk

# Columns that a run which diverged leaves empty.
RISKS = (
    "excess_risk",
    "excess_risk_se",
    "excess_risk_robust",
    "tail_share",
    "pretrain_excess_risk",
    "pretrain_excess_risk_se",
)


class Evaluated(NamedTuple):
    """Every member of a group on the evaluation contexts.

    Attributes:
        fresh: On functions never seen.
        pretraining: On new sequences of pretraining functions; None without pools.
        pretraining_bayes: The Bayes estimators on the same, where losses are not of noise-free
            labels; None likewise, or where the task names none.
        distances: Of each member to its baselines, by name; empty without pools.
    """

    fresh: Scores
    pretraining: Scores | None
    pretraining_bayes: Scores | None
    distances: list[dict[str, Distances]]


def records(
    program: Program,
    begun: State,
    trained: Trained,
    *,
    baselines: list[dict[str, Scores]],
    **origin: Any,
) -> list[Record]:
    """Return one record per member.

    Args:
        program: The group.
        begun: Its first state.
        trained: Its last state.
        baselines: What `compare` found, per member.
        origin: Added to the provenance.
    """
    evaluated = evaluate(program, trained)
    measures = _measures(program, begun, trained)
    losses = loss_curve(trained.state)
    diverged = np.asarray(trained.state.diverged_at)
    origin |= {
        "device": jax.devices()[0].device_kind,
        "num_devices": int(program.mesh.size),
        "ensemble_size": len(program.points),
        "train_seconds": trained.seconds,
        "compile_seconds": program.compile_seconds,
        "resumed_at": trained.resumed_at,
    }
    return [
        Record(
            id=fingerprint(point),
            point=describe(point),
            curve_steps=trained.curve_steps,
            curve_excess_risk=_curve(trained.curve[:, run], _optimal(point, baselines[run])),
            loss_curve=_listed(losses[run]),
            diverged_at=int(diverged[run]) if diverged[run] >= 0 else None,
            measures=measures[run],
            provenance=provenance(**origin),
            **_convergence(losses[run]),
            **_results(evaluated, baselines[run], (run, point), lost=bool(diverged[run] >= 0)),
        )
        for run, point in enumerate(program.points)
    ]


def evaluate(program: Program, trained: Trained) -> Evaluated:
    """Return the trained members' scores on their evaluation contexts."""
    points, models = program.stacked, trained.state.model
    task, shape = points.task, program.eval_shape
    count = program.points[0].recipe.eval_contexts
    how = {"num_context": np.asarray(task.num_context), "shape": shape}

    def predict(drawn: PyTree) -> PyTree:
        return program.predict(models, drawn)

    fresh = score(task.loss, predictions(program.draw, predict, count), **how)
    if points.recipe.num_tasks is None:
        return Evaluated(fresh, None, None, [{} for _ in program.points])
    pool = pool_of(points)

    def draw_seen(batch: Array) -> PyTree:
        return draw_batch(task, batch, pool, mesh=program.mesh, shape=shape)

    seen = score(task.loss, predictions(draw_seen, predict, count), **how)
    if task.loss != "squared":
        optimal = pretraining_reference(program.points, shape)
        return Evaluated(fresh, seen, optimal, [{} for _ in program.points])
    distances = pool_distances(program.points, (program.draw, draw_seen), predict)
    return Evaluated(fresh, seen, None, distances)


def _results(
    evaluated: Evaluated,
    baselines: dict[str, Scores],
    member: tuple[int, Point],
    *,
    lost: bool,
) -> dict[str, Any]:
    run, point = member
    fresh, optimal = evaluated.fresh.of(run), _optimal(point, baselines)
    lost = lost or not np.isfinite(fresh.loss).all()
    results: dict[str, Any] = dict.fromkeys(RISKS) | {"position_excess_risk": []}
    results["status"] = "diverged" if lost else "trained"
    compared = partial(_compared, fresh=None if lost else fresh, optimal=optimal, point=point)
    results["baselines"] = [
        dataclasses.replace(compared(name, scores), **_on_both(evaluated, name, member, lost=lost))
        for name, scores in baselines.items()
    ]
    if not lost:
        results |= _risks(fresh, optimal, point) | _pretraining(evaluated, run)
        if point.task.loss != "squared":
            results |= _answers(fresh, point)
            results["excess_over"] = point.task.bayes
    return results


def _risks(fresh: Scores, optimal: Scores | None, point: Point) -> dict[str, Any]:
    loss, by_position = fresh.loss, fresh.position_loss
    if optimal is not None:
        loss = loss - optimal.loss[: len(loss)]
        if by_position is not None and optimal.position_loss is not None:
            by_position = by_position - optimal.position_loss
    own = risk(loss)
    return {
        "excess_risk": own.mean,
        "excess_risk_se": own.se,
        "excess_risk_robust": own.robust,
        # Of what contexts cost: a difference has no shares.
        "tail_share": risk(fresh.loss).tail_share,
        "position_excess_risk": _positions(by_position, point),
    }


def _positions(values: np.ndarray | None, point: Point) -> list[float | None]:
    """Return the values up to the query: beyond it lies the padding of a shorter context."""
    return [] if values is None else _listed(values[: int(point.task.num_context) + 1])


def _answers(fresh: Scores, point: Point) -> dict[str, Any]:
    assert fresh.hit is not None
    cost, right = risk(fresh.loss), risk(fresh.hit)
    return {
        "cross_entropy": cost.mean,
        "cross_entropy_se": cost.se,
        "accuracy": right.mean,
        "accuracy_se": right.se,
        "position_accuracy": _positions(fresh.position_hit, point),
    }


def _pretraining(evaluated: Evaluated, run: int) -> dict[str, Any]:
    if evaluated.pretraining is None:
        return {}
    loss, hit = evaluated.pretraining.of(run).loss, evaluated.pretraining.of(run).hit
    if evaluated.pretraining_bayes is not None:
        loss = loss - evaluated.pretraining_bayes.of(run).loss
    seen = risk(loss)
    found = {"pretrain_excess_risk": seen.mean, "pretrain_excess_risk_se": seen.se}
    if hit is not None:
        found["pretrain_accuracy"] = risk(hit).mean
    return found


def _on_both(
    evaluated: Evaluated, name: str, member: tuple[int, Point], *, lost: bool
) -> dict[str, Any]:
    """Return the distances to a baseline by position and on pretraining functions, if known."""
    run, point = member
    found = evaluated.distances[run].get(name)
    if found is None or lost:
        return {}
    if point.uses_moments:
        return {
            "pretrain_excess_risk": float(found.pretrain_excess_risk.mean()),
            "pretrain_distance": float(found.pretrain_tasks.mean()),
        }
    query = int(point.task.num_context)
    kept = slice(query + 1)  # beyond it, positions are padding of a shorter context
    return {
        "position_distance": found.fresh_tasks[kept].tolist(),
        "pretrain_excess_risk": float(found.pretrain_excess_risk[query]),
        "pretrain_distance": float(found.pretrain_tasks[query]),
        "pretrain_position_excess_risk": found.pretrain_excess_risk[kept].tolist(),
        "pretrain_position_distance": found.pretrain_tasks[kept].tolist(),
    }


def _compared(
    name: str, scores: Scores, *, fresh: Scores | None, optimal: Scores | None, point: Point
) -> Comparison:
    scores = scores.first(point.recipe.eval_contexts)
    own = _risks(scores, optimal, point)
    gap = None if fresh is None else risk(fresh.loss - scores.loss)
    return Comparison(
        name=name,
        excess_risk=own["excess_risk"],
        excess_risk_se=own["excess_risk_se"],
        gap=gap and gap.mean,
        gap_se=gap and gap.se,
        distance=None if fresh is None else distance(point.task.loss, scores, fresh),
        position_excess_risk=own["position_excess_risk"],
        accuracy=None if scores.hit is None else risk(scores.hit).mean,
    )


def _optimal(point: Point, baselines: dict[str, Scores]) -> Scores | None:
    """Return what a point's risk is the excess over; None where labels are noise-free."""
    if point.task.loss == "squared" or point.task.bayes is None:
        return None
    return baselines[point.task.bayes]


def _curve(losses: Float[np.ndarray, " n"], optimal: Scores | None) -> list[float | None]:
    if optimal is None:
        return _listed(losses)
    return _listed(losses - optimal.loss[:CURVE_CONTEXTS].mean())


def _convergence(losses: np.ndarray) -> dict[str, Any]:
    flat = flatness(losses)
    return {
        "converged": flat and flat.converged,
        "remaining_drop": flat and flat.drop,
        "remaining_drop_se": flat and flat.drop_se,
    }


def _measures(program: Program, begun: State, trained: Trained) -> list[dict[str, list[float]]]:
    """Return what the weights tell after training and, as `initial_*`, before."""
    after = _measured(trained.state.model)
    before = _measured(begun.model)
    named = after | {f"initial_{name}": value for name, value in before.items()}
    return [
        {
            name: [float(x) for x in np.atleast_1d(value[run] * _unit(point, name))]
            for name, value in named.items()
        }
        for run, point in enumerate(program.points)
    ]


def _measured(models: AbstractModel) -> dict[str, np.ndarray]:
    measured = jax.jit(jax.vmap(lambda model: model.measures()))(models)
    return {name: np.asarray(value) for name, value in measured.items()}


def _unit(point: Point, name: str) -> float:
    """Return what turns a step into the convention of covariates with top eigenvalue 1."""
    spectra = point.task.spectra()
    return float(spectra.covariance[0]) if spectra and "step_size" in name else 1.0


def _listed(values: np.ndarray) -> list[float | None]:
    return [float(value) if np.isfinite(value) else None for value in values]
