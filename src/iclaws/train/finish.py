"""From a trained group to its records: risks, paired comparisons, measures, provenance."""

from typing import Any, NamedTuple

import jax
import numpy as np
from jaxtyping import Float

from .._identity import describe, fingerprint
from ..models import AbstractModel
from ..results import Comparison, Record
from ..results.provenance import provenance
from .compare import Reference
from .ensemble import State
from .evaluate import Pool, at_query, draw_batch, predictions
from .loop import Trained, loss_curve
from .point import Point
from .program import Program
from .summary import flatness, risk

Values = Float[np.ndarray, "R C Q"]


class Evaluated(NamedTuple):
    """Every member of a group on the evaluation contexts.

    Attributes:
        predicted: Predictions at the queries.
        targets: Noise-free answers there.
        position_risk: Mean squared error at each position, `(R, P)`; None from moments.
        pretraining: Squared errors on pretraining functions; None without pools.
    """

    predicted: Values
    targets: Values
    position_risk: Float[np.ndarray, "R P"] | None
    pretraining: Values | None


def records(
    program: Program,
    begun: State,
    trained: Trained,
    *,
    baselines: list[dict[str, Reference]],
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
            curve_excess_risk=_listed(trained.curve[:, run]),
            loss_curve=_listed(losses[run]),
            diverged_at=int(diverged[run]) if diverged[run] >= 0 else None,
            measures=measures[run],
            provenance=provenance(**origin),
            **_convergence(losses[run]),
            **_results(evaluated, baselines[run], run, lost=bool(diverged[run] >= 0)),
        )
        for run, point in enumerate(program.points)
    ]


def evaluate(program: Program, trained: Trained) -> Evaluated:
    """Return the trained members' predictions on their evaluation contexts."""
    points, models = program.stacked, trained.state.model
    count = program.points[0].recipe.eval_contexts
    num_context = np.asarray(points.task.num_context)
    predicted, targets = predictions(
        program.draw,
        lambda drawn: program.predict(models, drawn),
        count,
    )
    position_risk = pretraining = None
    if program.eval_shape.num_points is not None:
        position_risk = ((predicted - targets) ** 2).mean(axis=1, dtype=np.float64)
    if points.recipe.num_tasks is not None:
        redraws = points.recipe.num_redraws
        again = np.full(np.shape(points.seed), redraws, np.int32) if redraws else None
        pool = Pool(points.recipe.num_tasks, points.seed, again)
        how = {"mesh": program.mesh, "shape": program.eval_shape}
        seen, answers = predictions(
            lambda batch: draw_batch(points.task, batch, pool, **how),
            lambda drawn: program.predict(models, drawn),
            count,
        )
        pretraining = at_query((seen - answers) ** 2, num_context, program.eval_shape)
    queried, answers = (
        at_query(values, num_context, program.eval_shape) for values in (predicted, targets)
    )
    return Evaluated(queried, answers, position_risk, pretraining)


def _results(
    evaluated: Evaluated, baselines: dict[str, Reference], run: int, *, lost: bool
) -> dict[str, Any]:
    squared = _squared(evaluated.predicted[run], evaluated.targets[run])
    own = None if lost or not np.isfinite(squared).all() else risk(squared)
    seen = None
    if own is not None and evaluated.pretraining is not None:
        seen = risk(evaluated.pretraining[run].mean(axis=1, dtype=np.float64))
    positions = evaluated.position_risk
    return {
        "status": "diverged" if own is None else "trained",
        "excess_risk": own and own.mean,
        "excess_risk_se": own and own.se,
        "excess_risk_robust": own and own.robust,
        "tail_share": own and own.tail_share,
        "pretrain_excess_risk": seen and seen.mean,
        "pretrain_excess_risk_se": seen and seen.se,
        "position_excess_risk": [] if positions is None or own is None else _listed(positions[run]),
        "baselines": [
            _compared(name, reference, evaluated, run=run, lost=own is None)
            for name, reference in baselines.items()
        ],
    }


def _compared(
    name: str, reference: Reference, evaluated: Evaluated, *, run: int, lost: bool
) -> Comparison:
    model, target = evaluated.predicted[run], evaluated.targets[run]
    squared = _squared(reference.predicted, target)
    own = risk(squared)
    gap = None if lost else risk(_squared(model, target) - squared)
    return Comparison(
        name=name,
        excess_risk=own.mean,
        excess_risk_se=own.se,
        gap=gap and gap.mean,
        gap_se=gap and gap.se,
        distance=None if lost else float(_squared(model, reference.predicted).mean()),
        position_excess_risk=[]
        if reference.position_risk is None
        else _listed(reference.position_risk),
    )


def _squared(
    first: Float[np.ndarray, "C Q"], second: Float[np.ndarray, "C Q"]
) -> Float[np.ndarray, " C"]:
    """Return the mean squared difference in each context, over its queries."""
    return ((first - second) ** 2).mean(axis=1, dtype=np.float64)


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
