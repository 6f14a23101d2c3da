"""What every task must do; a new one is tested by being registered.

It must construct from `num_dims` and `num_context`, and default the rest.
"""

import inspect
import re

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from iclaws._identity import describe, fingerprint
from iclaws.tasks import tasks
from iclaws.train.point import revive

from .statistics import QUICK

DIMS, CONTEXT, POINTS, BATCH = 3, 5, 6, 2048


@pytest.fixture(scope="module", params=tasks.names())
def task(request):
    made = tasks.get(request.param)(num_dims=DIMS, num_context=CONTEXT)
    return made.prepare(np.random.default_rng(0))


def sample(task, key, num_points=POINTS):
    latent_key, sequence_key = jax.random.split(key)
    return task.sample_sequence(sequence_key, task.sample_latent(latent_key), num_points)


@pytest.fixture(scope="module")
def draw(task):
    return jax.jit(lambda key: sample(task, key), compiler_options=QUICK)


@pytest.fixture(scope="module")
def batch(task):
    keys = jax.random.split(jax.random.key(3), BATCH)
    return keys, jax.jit(jax.vmap(lambda key: sample(task, key)), compiler_options=QUICK)(keys)


def test_shapes_and_types(draw):
    drawn = draw(jax.random.key(0))
    assert drawn.xs.shape == (POINTS, DIMS)
    assert drawn.ys.shape == drawn.targets.shape == (POINTS,)
    assert {leaf.dtype for leaf in drawn} == {jnp.dtype("float32")}
    assert all(np.isfinite(leaf).all() for leaf in drawn)


def test_the_key_decides_the_sequence(draw):
    first, again, other = (draw(jax.random.key(seed)) for seed in (0, 0, 1))
    assert jax.tree.all(jax.tree.map(jnp.array_equal, first, again))
    assert not jnp.array_equal(first.xs, other.xs)


def test_a_batch_is_its_sequences(draw, batch):
    keys, drawn = batch
    for index in (0, 7):
        alone = draw(keys[index])
        for together, single in zip(drawn, alone, strict=True):
            np.testing.assert_allclose(together[index], single, rtol=1e-5, atol=1e-6)


def test_sequences_of_a_batch_differ(batch):
    xs = np.asarray(batch[1].xs).reshape(BATCH, -1)
    distinct = len(np.unique(xs, axis=0))
    # Sequences of 18 random signs repeat now and then: 8 of 2048 on average.
    assert distinct == BATCH or (set(np.unique(xs)) == {-1.0, 1.0} and distinct > 0.97 * BATCH)


def test_uncompiled_draws_are_the_same(task, draw):
    plain = sample(task, jax.random.key(0))
    for left, right in zip(plain, draw(jax.random.key(0)), strict=True):
        np.testing.assert_allclose(left, right, rtol=1e-5, atol=1e-6)


def test_a_longer_sequence_begins_with_the_shorter(task, draw):
    more = jax.jit(lambda key: sample(task, key, POINTS + 3), compiler_options=QUICK)
    longer = more(jax.random.key(0))
    for long, short in zip(longer, draw(jax.random.key(0)), strict=True):
        np.testing.assert_allclose(long[:POINTS], short, rtol=1e-5, atol=1e-6)


def test_one_function_labels_all_its_sequences(task):
    """Sequences that share a latent agree wherever their covariates do: targets follow from x."""
    if task.spectra() is None:
        pytest.skip("not a linear task")
    latent = task.sample_latent(jax.random.key(0))
    drawn = [task.sample_sequence(jax.random.key(seed), latent, POINTS) for seed in (1, 2)]
    xs = jnp.concatenate([part.xs for part in drawn])
    targets = jnp.concatenate([part.targets for part in drawn])
    weights, _, rank, _ = np.linalg.lstsq(np.asarray(xs), np.asarray(targets), rcond=None)
    assert rank == DIMS
    np.testing.assert_allclose(xs @ weights, targets, atol=1e-4)


def test_the_context_length_may_be_traced(task):
    """An ensemble varies it inside one program."""
    if not task.gives_moments:
        pytest.skip("draws sequences only")

    @jax.jit
    def moments(num_context):
        varied = eqx.tree_at(lambda task: task.num_context, task, num_context)
        latent = varied.sample_latent(jax.random.key(0))
        return varied.sample_moments(jax.random.key(1), latent, 2)

    for length in (0, 2, CONTEXT):
        drawn = moments(jnp.asarray(length, jnp.int32))
        rank = np.linalg.matrix_rank(np.asarray(drawn.moments.covariance), tol=1e-4)
        assert rank == min(length, DIMS)
        assert float(drawn.moments.num_context) == length
        assert drawn.moments.query.shape == (2, DIMS)
        assert drawn.labels.shape == drawn.targets.shape == (2,)


def test_the_docstring_says_scale_source_and_optimum(task):
    """The page of all tasks is made from these."""
    text = inspect.getdoc(type(task))
    for label in ("Scale: ", "Source: ", "Bayes-optimal: "):
        assert text.count(label) == 1, label
    assert re.search(r"arXiv \d{4}\.\d{5}", text)


def test_settings_survive_a_round_trip(task):
    described = describe(task)
    revived = revive(described)
    assert describe(revived) == described
    assert fingerprint(revived) == fingerprint(task)
    assert "num_dims" in described and "num_context" in described


def test_preparing_does_not_change_the_identity(task):
    bare = type(task)(num_dims=DIMS, num_context=CONTEXT)
    assert fingerprint(bare) == fingerprint(task)


def test_the_spectra_are_those_of_the_draws(task, batch):
    """Signal variance and noise of a linear task, from its own sequences."""
    spectra = task.spectra()
    if spectra is None:
        pytest.skip("not a linear task")
    drawn = batch[1]
    assert np.all(np.diff(spectra.covariance) <= 0.0)
    signal = np.asarray(drawn.targets, np.float64)[:, 0] ** 2
    error = signal.std() / BATCH**0.5
    assert abs(signal.mean() - spectra.covariance @ spectra.prior) < 4.0 * error
    noise = np.asarray(drawn.ys - drawn.targets, np.float64)
    assert abs((noise**2).mean() - spectra.noise_var) <= 0.1 * spectra.noise_var
    trace = (np.asarray(drawn.xs, np.float64)[:, 0] ** 2).sum(axis=1)
    assert abs(trace.mean() - spectra.covariance.sum()) < 4.0 * trace.std() / BATCH**0.5
