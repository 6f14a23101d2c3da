"""Where data come from: streams of a run, finite sets of functions and sequences."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from iclaws.errors import InvalidValue
from iclaws.tasks.linear_regression import LinearRegression
from iclaws.train import Recipe
from iclaws.train.draws import (
    EVALUATION_SEED,
    Draw,
    Shape,
    evaluation_draw,
    evaluation_task,
    pooled,
    run_keys,
    sample,
    training_draw,
    training_task,
)
from iclaws.train.evaluate import Pool, draw_batch

from .conftest import small_point

TASK = LinearRegression(2, 3)
STEPS, BATCH = 50, 8


@jax.jit
def drawn(recipe, seed):
    """Return the keys of the first 400 sequences of a run, as raw numbers."""

    def one(step, index):
        draw = training_draw(recipe, run_keys(seed), (step, index))
        return Draw(*map(jax.random.key_data, draw))

    indices = jnp.arange(BATCH)
    return jax.vmap(lambda step: jax.vmap(lambda i: one(step, i))(indices))(jnp.arange(STEPS))


def distinct(keys):
    return {tuple(key) for key in np.asarray(keys).reshape(STEPS * BATCH, -1)}


def traced(**sizes):
    """Return a recipe as an ensemble holds it: its sizes are arrays."""
    return Recipe(**{name: jnp.asarray(size, jnp.int32) for name, size in sizes.items()})


def test_fresh_data_never_repeat():
    keys = drawn(Recipe(), 0)
    assert len(distinct(keys.latent)) == len(distinct(keys.sequence)) == STEPS * BATCH


def test_a_finite_pool_holds_so_many_functions():
    """All of them are met, each with ever new sequences, and by chance equally often."""
    keys = drawn(traced(num_tasks=5), 0)
    assert len(distinct(keys.latent)) == 5
    assert len(distinct(keys.sequence)) == STEPS * BATCH
    latents = np.asarray(keys.latent).reshape(STEPS * BATCH, -1)
    counts = np.unique(latents, axis=0, return_counts=True)[1]
    assert ((counts - 80) ** 2 / 80).sum() < 23.5  # chi-square, 4 degrees, 0.01 %


def test_a_finite_set_holds_so_many_sequences():
    keys = drawn(traced(num_sequences=7), 0)
    pairs = distinct(np.concatenate([keys.latent, keys.sequence], axis=-1))
    assert len(pairs) == len(distinct(keys.sequence)) == 7


def test_both_limits_hold_together():
    keys = drawn(traced(num_tasks=3, num_sequences=20), 0)
    assert len(distinct(keys.sequence)) == 20
    assert len(distinct(keys.latent)) == 3


def test_a_set_is_identical_every_time_and_differs_between_seeds():
    first, again, other = (drawn(traced(num_sequences=7), seed) for seed in (0, 0, 1))
    assert distinct(first.sequence) == distinct(again.sequence)
    assert not distinct(first.sequence) & distinct(other.sequence)


def test_a_smaller_set_is_part_of_a_larger_one():
    """Sequence number i of a run is the same whatever the size of the set."""
    small, large = (drawn(traced(num_sequences=size), 0) for size in (3, 7))
    assert distinct(small.sequence) < distinct(large.sequence)


def test_no_set_is_held_in_memory():
    """One program serves every size: a set of 7 costs what one of 2 000 000 000 does."""
    program = drawn.lower(traced(num_sequences=7), 0).compile()
    keys = program(traced(num_sequences=2_000_000_000), 0)
    assert len(distinct(keys.sequence)) == STEPS * BATCH
    memory = program.memory_analysis()
    assert memory is None or memory.temp_size_in_bytes < 100_000


def test_the_streams_of_a_run_are_apart():
    keys = [np.asarray(jax.random.key_data(key)) for seed in (0, 1) for key in run_keys(seed)]
    assert len({tuple(key) for key in keys}) == 8


def test_evaluation_is_the_same_for_all_and_apart_from_training():
    evaluation = {
        tuple(np.asarray(jax.random.key_data(key)))
        for index in range(20)
        for key in evaluation_draw(jnp.asarray(0), jnp.asarray(index))
    }
    assert len(evaluation) == 40
    training = drawn(Recipe(), 0)
    assert not evaluation & (distinct(training.latent) | distinct(training.sequence))


def test_the_seed_of_evaluation_is_no_runs():
    with pytest.raises(InvalidValue, match="seeds the evaluation contexts"):
        small_point(EVALUATION_SEED)


def test_pretraining_functions_are_those_of_training():
    """The pool that evaluation reads holds exactly the functions that training drew."""
    from iclaws.train.devices import one_device

    num_tasks = jnp.asarray([4, 4], jnp.int32)
    seeds = jnp.asarray([0, 1], jnp.int32)
    tasks = jax.tree.map(lambda leaf: jnp.full((2,), leaf), TASK)
    shape = Shape(TASK.num_context + 1)
    batch = draw_batch(
        tasks, jnp.asarray(0), Pool(num_tasks, seeds), mesh=one_device(), shape=shape
    )
    for run in (0, 1):
        keys = drawn(traced(num_tasks=4), run)
        latents = np.unique(np.asarray(keys.latent).reshape(-1, 2), axis=0)
        pool = np.stack(
            [TASK.sample_latent(jax.random.wrap_key_data(jnp.asarray(k))).weights for k in latents]
        )
        # The function of every evaluation sequence, solved from its noise-free targets.
        xs, targets = np.asarray(batch.xs[run][:64]), np.asarray(batch.targets[run][:64])
        solved = np.stack(
            [np.linalg.lstsq(x, t, rcond=None)[0] for x, t in zip(xs, targets, strict=True)]
        )
        distance = np.abs(solved[:, None] - pool[None]).max(axis=-1)
        assert np.all(distance.min(axis=1) < 1e-3)
        assert set(distance.argmin(axis=1)) == {0, 1, 2, 3}


def test_without_a_pool_the_key_itself_is_used():
    key = jax.random.key(3)
    assert pooled(None, jax.random.key(0), key) is key


def test_rotations_of_evaluation_are_not_those_of_training():
    task = LinearRegression(3, 4, "rrs", capacity=1.0, source=1.0, num_rotations=2)
    first, again, other = (training_task(task, seed).rotations for seed in (0, 0, 1))
    fixed = evaluation_task(task).rotations
    np.testing.assert_array_equal(first, again)
    assert not np.allclose(first, other) and not np.allclose(first, fixed)
    np.testing.assert_array_equal(fixed, evaluation_task(task).rotations)


@pytest.mark.parametrize(("shape", "kind"), [(Shape(4), "Sequence"), (Shape(None, 2), "Moment")])
def test_a_draw_is_a_sequence_or_its_moments(shape, kind):
    drawn_ = sample(TASK, Draw(jax.random.key(0), jax.random.key(1)), shape)
    assert type(drawn_).__name__.startswith(kind)
