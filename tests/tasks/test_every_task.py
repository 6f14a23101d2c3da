"""What every task must do; a new one is tested by being registered.

Its `example` must be small; by default it is made from `num_dims` and `num_context`.
"""

import inspect

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from iclaws._identity import describe, fingerprint
from iclaws.tasks import tasks
from iclaws.train.point import revive
from sampling_laws import QUICK

DIMS, BATCH = 3, 2048


@pytest.fixture(scope="module", params=tasks.names())
def task(request):
    return tasks.get(request.param).example().prepare(np.random.default_rng(0))


def points(task):
    return int(task.num_context) + 1


def sample(task, key, num_points=None):
    latent_key, sequence_key = jax.random.split(key)
    latent = task.sample_latent(latent_key)
    return task.sample_sequence(sequence_key, latent, num_points or points(task))


def parts(drawn):
    """Return the arrays of a sequence: weights are not always there."""
    return [part for part in drawn if part is not None]


@pytest.fixture(scope="module")
def draw(task):
    return jax.jit(lambda key: sample(task, key), compiler_options=QUICK)


@pytest.fixture(scope="module")
def batch(task):
    keys = jax.random.split(jax.random.key(3), BATCH)
    return keys, jax.jit(jax.vmap(lambda key: sample(task, key)), compiler_options=QUICK)(keys)


def test_shapes_and_types(task, draw):
    drawn, num_points = draw(jax.random.key(0)), points(task)
    assert drawn.xs.shape == ((num_points,) if task.reads == "tokens" else (num_points, DIMS))
    assert all(part.shape == (num_points,) for part in parts(drawn)[1:])
    whole, real = jnp.dtype("int32"), jnp.dtype("float32")
    assert drawn.xs.dtype == (whole if task.reads == "tokens" else real)
    assert drawn.ys.dtype == drawn.targets.dtype == (real if task.num_classes is None else whole)
    assert all(np.isfinite(part).all() for part in parts(drawn))


def test_answers_are_of_the_kind_that_the_loss_needs(task, batch):
    drawn = batch[1]
    assert (task.loss == "categorical") == (task.num_classes is not None)
    assert (drawn.weights is not None) == (task.loss == "categorical")
    if task.loss == "logistic":
        assert set(np.unique(drawn.ys)) | set(np.unique(drawn.targets)) == {-1.0, 1.0}
    if task.loss == "categorical":
        graded = np.asarray(drawn.weights) > 0.0
        assert np.all(np.asarray(drawn.weights) >= 0.0)
        assert graded.any(axis=1).all()
        assert task.num_graded is None or graded.sum(axis=1).max() == task.num_graded
        for labels in (np.asarray(drawn.ys), np.asarray(drawn.targets)):
            assert labels[graded].min() >= 0 and labels[graded].max() < task.num_classes
        if task.reads == "tokens":
            assert np.asarray(drawn.xs).min() >= 0
            assert np.asarray(drawn.xs).max() < task.num_classes


def test_the_key_decides_the_sequence(draw):
    first, again, other = (draw(jax.random.key(seed)) for seed in (0, 0, 1))
    assert jax.tree.all(jax.tree.map(jnp.array_equal, first, again))
    assert not jnp.array_equal(first.xs, other.xs)


def test_a_batch_is_its_sequences(draw, batch):
    keys, drawn = batch
    for index in (0, 7):
        alone = draw(keys[index])
        for together, single in zip(parts(drawn), parts(alone), strict=True):
            np.testing.assert_allclose(together[index], single, rtol=1e-5, atol=1e-6)


def test_sequences_of_a_batch_differ(batch):
    """Every one of continuous covariates; of signs and tokens, nearly all that are long enough."""
    xs = np.asarray(batch[1].xs).reshape(BATCH, -1)
    distinct = len(np.unique(xs, axis=0))
    assert distinct == BATCH or (np.all(xs == xs.round()) and distinct >= 0.9 * BATCH)


@pytest.mark.slow
def test_uncompiled_draws_are_the_same(task, draw):
    plain = sample(task, jax.random.key(0))
    for left, right in zip(parts(plain), parts(draw(jax.random.key(0))), strict=True):
        np.testing.assert_allclose(left, right, rtol=1e-5, atol=1e-6)


def test_a_longer_sequence_begins_with_the_shorter(task, draw):
    if getattr(task, "fixed_length", False):
        pytest.skip("laid out as a whole")
    more = jax.jit(lambda key: sample(task, key, points(task) + 3), compiler_options=QUICK)
    longer = more(jax.random.key(0))
    for long, short in zip(parts(longer)[:3], parts(draw(jax.random.key(0)))[:3], strict=True):
        np.testing.assert_allclose(long[: points(task)], short, rtol=1e-5, atol=1e-6)


def test_one_function_labels_all_its_sequences(task):
    """Sequences that share a latent agree wherever their covariates do: targets follow from x."""
    if task.spectra() is None:
        pytest.skip("not a linear task")
    latent = task.sample_latent(jax.random.key(0))
    drawn = [task.sample_sequence(jax.random.key(seed), latent, points(task)) for seed in (1, 2)]
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

    for length in (0, 2, task.num_context):
        drawn = moments(jnp.asarray(length, jnp.int32))
        rank = np.linalg.matrix_rank(np.asarray(drawn.moments.covariance), tol=1e-4)
        assert rank == min(length, DIMS)
        assert float(drawn.moments.num_context) == length
        assert drawn.moments.query.shape == (2, DIMS)
        assert drawn.labels.shape == drawn.targets.shape == (2,)


def test_the_docstring_says_scale_source_and_optimum(task):
    """The page of all tasks is made from these; answers that are classes have no scale."""
    text = inspect.getdoc(type(task))
    if task.loss != "categorical":
        for label in ("Scale: ", "Source: ", "Bayes-optimal: "):
            assert text.count(label) == 1, label


def test_settings_survive_a_round_trip(task):
    described = describe(task)
    revived = revive(described)
    assert describe(revived) == described
    assert fingerprint(revived) == fingerprint(task)
    sizes = ("num_tokens",) if task.reads == "tokens" else ("num_dims", "num_context")
    assert all(size in described for size in sizes)


def test_preparing_does_not_change_the_identity(task):
    assert fingerprint(type(task).example()) == fingerprint(task)


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
