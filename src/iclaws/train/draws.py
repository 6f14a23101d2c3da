"""Training and evaluation data, drawn inside the compiled program from keys alone."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int, PyTree

from .._types import Count, GradedSequence, Key, MomentSequence, Sequence
from ..tasks import AbstractTask
from .losses import grade
from .recipe import Recipe

EVALUATION_SEED = 0x1C1A  # shared by every point, so that models of one task are paired


class RunKeys(NamedTuple):
    """The independent streams of one run.

    Attributes:
        init: The initial weights.
        pool: The finite pool of functions.
        sequences: The finite set of sequences.
        steps: Fresh data.
    """

    init: Key
    pool: Key
    sequences: Key
    steps: Key


class Draw(NamedTuple):
    """The keys of one sequence."""

    latent: Key
    sequence: Key


def run_keys(seed: Count) -> RunKeys:
    """Return the streams of the run with this seed."""
    return RunKeys(*jax.random.split(jax.random.key(seed), 4))


def training_draw(recipe: Recipe, keys: RunKeys, step_index: tuple[Array, Array]) -> Draw:
    """Return the keys of sequence `index` of step `step`, from the finite sets if there are any."""
    step, index = step_index
    key = jax.random.fold_in(jax.random.fold_in(keys.steps, step), index)
    if recipe.num_sequences is not None:
        key = jax.random.fold_in(keys.sequences, _pick(key, recipe.num_sequences))
    latent, sequence = jax.random.split(key)
    if recipe.num_redraws == 0:
        return Draw(pooled(recipe.num_tasks, keys.pool, latent), sequence)
    assert recipe.num_tasks is not None
    slot = pooled(recipe.num_tasks, keys.pool, latent)
    times_key, _ = jax.random.split(slot)
    times = jax.random.uniform(times_key, (recipe.num_redraws,))
    # In whole steps, of which the last is the latest: there every function is at its last.
    at = jnp.minimum((times * recipe.num_steps).astype(jnp.int32), recipe.num_steps - 1)
    redrawn = (at <= step).sum()
    return Draw(version(slot, redrawn), sequence)


def evaluation_draw(batch: Int[Array, ""], index: Int[Array, ""]) -> Draw:
    """Return the keys of context `index` of evaluation batch `batch`: the same for every point."""
    key = jax.random.fold_in(jax.random.key(EVALUATION_SEED), batch)
    return Draw(*jax.random.split(jax.random.fold_in(key, index)))


def training_task(task: AbstractTask, seed: int) -> AbstractTask:
    """Return the task prepared for the run with this seed."""
    return task.prepare(np.random.default_rng([seed, 0]))


def evaluation_task(task: AbstractTask) -> AbstractTask:
    """Return the task prepared apart from every run's own preparation."""
    return task.prepare(np.random.default_rng([EVALUATION_SEED, 1]))


def pooled(num_tasks: Count | None, pool: Key, latent: Key) -> Key:
    """Return a key of the finite pool of functions, chosen by `latent`, or `latent` itself."""
    return latent if num_tasks is None else jax.random.fold_in(pool, _pick(latent, num_tasks))


def version(slot: Key, number: Count) -> Key:
    """Return the key of the function in a slot of a pool that has been redrawn so many times."""
    _, functions = jax.random.split(slot)
    return jax.random.fold_in(functions, number)


class Shape(NamedTuple):
    """What is drawn of each sequence.

    Attributes:
        num_points: Points; None draws moments of the context instead.
        num_queries: Queries of drawn moments.
    """

    num_points: int | None
    num_queries: int = 1


def sample(
    task: AbstractTask, draw: Draw, shape: Shape, *, num_active: Count | None = None
) -> Sequence | GradedSequence | MomentSequence:
    """Draw one sequence, or the moments of its context with queries.

    Given `num_active`, covariates beyond so many dimensions are zero.
    """
    latent: PyTree = task.sample_latent(draw.latent)
    if shape.num_points is None:
        return task.sample_moments(draw.sequence, latent, shape.num_queries)
    if num_active is not None:
        restricted: Any = task  # `Point` has refused tasks that cannot be restricted
        return restricted.sample_sequence(
            draw.sequence, latent, shape.num_points, num_active=num_active
        )
    drawn = task.sample_sequence(draw.sequence, latent, shape.num_points)
    return grade(drawn, task.num_graded) if task.loss == "categorical" else drawn


def _pick(key: Key, size: Count) -> Int[Array, ""]:
    return jax.random.randint(key, (), 0, size)
