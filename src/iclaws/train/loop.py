"""Training a compiled group in stretches short enough to watch, and to lose."""

import time
from dataclasses import dataclass
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from .checkpoints import load_checkpoint, save_checkpoint
from .ensemble import NUM_BINS, State
from .evaluate import CURVE_CONTEXTS, predictions
from .program import Program
from .progress import Progress, Watcher
from .scoring import score
from .snapshots import Keeper

STRETCH_SECONDS = 2.0
CURVE_POINTS = 16
# The first stretch is short: it measures the speed.
FIRST_STRETCH = 8
# Saving may take at most this share of the time.
SAVING_SHARE = 0.05


@dataclass(frozen=True)
class Trained:
    """A group after its last step.

    Attributes:
        state: The members, padding included.
        curve_steps: Log-spaced steps.
        curve: Mean loss at the query after each, `(n, R)`: of noise-free labels, the excess risk.
        seconds: Time spent in training steps by this process.
        resumed_at: The step a checkpoint was taken up from; 0 for a run from the start.
    """

    state: State
    curve_steps: list[int]
    curve: Float[np.ndarray, "n R"]
    seconds: float
    resumed_at: int


def curve_steps(num_steps: int) -> list[int]:
    """Return the steps of the learning curve: log-spaced, the last one included."""
    spaced = np.geomspace(1, num_steps, min(CURVE_POINTS, num_steps))
    return sorted({int(step) for step in np.round(spaced)})


def train(
    program: Program,
    begun: State,
    *,
    watch: Watcher,
    checkpoint: Path | None = None,
    keeper: Keeper | None = None,
    place: tuple[int, int] = (0, 1),
) -> Trained:
    """Train a group to its last step, from its checkpoint if there is one.

    Args:
        program: The compiled group.
        begun: Its first state.
        watch: Called after every stretch.
        checkpoint: Where its state is kept between stretches; None keeps none.
        keeper: Keeps the weights at the curve's steps; None keeps none.
        place: Number of the group and of all groups, for `watch`.
    """
    marks = curve_steps(program.recipe_steps)
    state, step, curve = _resume(begun, checkpoint)
    if keeper and not keeper.holds([0, *(mark for mark in marks if mark <= step)]):
        state, step, curve = _resume(begun, None)  # begun without keeping: all over again
    resumed_at, num_steps = step, program.recipe_steps
    speed, seconds, saved_at, saving = 0.0, 0.0, time.perf_counter(), 0.0
    if keeper and step == 0:
        keeper.keep(0, state.model)
    while step < num_steps:
        _tell(program, watch, place, now=(step, speed, state))
        stretch = max(int(speed * STRETCH_SECONDS), FIRST_STRETCH)
        until = min(next(mark for mark in marks if mark > step), step + stretch)
        began = time.perf_counter()
        state = program.advance(state, program.stacked, _ints(step, until))
        jax.block_until_ready(state)
        elapsed = time.perf_counter() - began
        speed, seconds, step = (until - step) / elapsed, seconds + elapsed, until
        if step in marks:
            curve.append(_query_risk(program, state))
            # Before the checkpoint: what a later process takes up has all earlier ones.
            if keeper:
                keeper.keep(step, state.model)
        if checkpoint and time.perf_counter() - saved_at > saving / SAVING_SHARE:
            began = time.perf_counter()
            save_checkpoint(checkpoint, state, step=step, curve=np.asarray(curve))
            saved_at = time.perf_counter()
            saving = saved_at - began
    _tell(program, watch, place, now=(step, speed, state))
    return Trained(state, marks, np.asarray(curve), seconds, resumed_at)


def latest_loss(state: State) -> Float[np.ndarray, " R"]:
    """Return each member's training loss over the latest stretch of its curve."""
    curve = loss_curve(state)
    latest = [row[np.isfinite(row)][-1:] for row in curve]
    return np.array([row[0] if len(row) else np.nan for row in latest])


def loss_curve(state: State) -> Float[np.ndarray, "R bins"]:
    """Return the mean training loss in each stretch of the run; NaN where there was none."""
    count = np.asarray(state.loss_count)
    total = np.asarray(state.loss_sum)
    assert count.shape[1] == NUM_BINS
    return np.where(count > 0, total / np.maximum(count, 1.0), np.nan)


def _resume(begun: State, checkpoint: Path | None) -> tuple[State, int, list]:
    # A copy: the first state serves again for what the weights were at the start.
    state = jax.tree.map(jnp.copy, begun)
    saved = load_checkpoint(checkpoint, state) if checkpoint else None
    if saved is None:
        return state, 0, []
    leaves, structure = jax.tree.flatten(state)
    placed = [
        jax.device_put(new, old.sharding) for new, old in zip(saved.leaves, leaves, strict=True)
    ]
    return jax.tree.unflatten(structure, placed), saved.step, list(saved.curve)


def _query_risk(program: Program, state: State) -> Float[np.ndarray, " R"]:
    found = predictions(
        program.draw, lambda drawn: program.predict(state.model, drawn), CURVE_CONTEXTS
    )
    task = program.stacked.task
    scores = score(
        task.loss, found, num_context=np.asarray(task.num_context), shape=program.eval_shape
    )
    return scores.loss.mean(axis=1)


def _tell(program: Program, watch: Watcher, place: tuple[int, int], *, now: tuple) -> None:
    step, speed, state = now
    losses = latest_loss(state)[: len(program.points)]
    finite = losses[np.isfinite(losses)]
    watch(
        Progress(
            group=place[0],
            num_groups=place[1],
            label=program.describe(),
            num_runs=len(program.points),
            step=step,
            num_steps=program.recipe_steps,
            steps_per_second=speed,
            loss=float(np.median(finite)) if len(finite) else None,
            compile_seconds=program.compile_seconds,
        )
    )


def _ints(first: int, last: int) -> tuple[jax.Array, jax.Array]:
    return jnp.asarray(first, jnp.int32), jnp.asarray(last, jnp.int32)
