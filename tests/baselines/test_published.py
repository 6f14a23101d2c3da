"""Published and exact errors of baselines on the tasks they were stated for."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from iclaws.baselines.averaging import Averaging
from iclaws.baselines.dmmse import DMMSE
from iclaws.baselines.knn import KNearestNeighbours
from iclaws.baselines.lasso import Lasso
from iclaws.baselines.least_squares import LeastSquares
from iclaws.baselines.ridge import Ridge
from iclaws.tasks.linear_regression import LinearRegression
from sampling_laws import some_slow

BATCH = 512
GARG = LinearRegression(20, 40, signal_var=20)  # arXiv 2208.01066: unit x and w, error over D
RAVENTOS = LinearRegression(8, 15, signal_var=8, noise_var=0.25)  # arXiv 2306.15063
# Excess errors over D at positions 1 to 16, and means over them by M (computed from the
# definitions by others, standard errors up to .011, .035 at M = 1).
RIDGE = (
    1.000, 0.875, 0.761, 0.641, 0.534, 0.429, 0.329, 0.247,
    0.183, 0.134, 0.100, 0.077, 0.063, 0.051, 0.044, 0.037,
)  # fmt: skip
FRESH = {0: 2.00, 3: 1.26, 5: 0.982, 6: 0.882, 8: 0.723, 10: 0.605, 12: 0.520, 14: 0.448, 15: 0.433}
POOL = {0: 0.0, 3: 0.093, 5: 0.135, 6: 0.154, 8: 0.192, 10: 0.223, 12: 0.264, 14: 0.270, 15: 0.290}


def errors(task, baselines, batches, *, sparse=None):
    """Return each baseline's squared errors by position over D, and their standard errors."""

    def one(key):
        latent_key, mask_key, key = jax.random.split(key, 3)
        latent = task.sample_latent(latent_key)
        if sparse is not None:
            ranks = jnp.argsort(jax.random.permutation(mask_key, task.num_dims))
            latent = latent._replace(weights=jnp.where(ranks < sparse, latent.weights, 0.0))
        drawn = task.sample_sequence(key, latent, task.num_context + 1)
        return [(model(drawn.xs, drawn.ys) - drawn.targets) ** 2 for model in baselines]

    scale = task.num_dims if sparse is None else sparse
    run = jax.jit(jax.vmap(one))
    keys = jax.random.split(jax.random.key(4), (batches, BATCH))
    parts = [jax.tree.map(np.asarray, run(block)) for block in keys]
    both = [np.concatenate(part).astype(np.float64) / scale for part in zip(*parts, strict=True)]
    return [(part.mean(axis=0), part.std(axis=0) / np.sqrt(len(part))) for part in both]


def check_within(found, expected, tolerance=0.03):
    """Within the tolerance, or four standard errors where the draws leave more than that."""
    mean, error = found
    assert np.all(np.abs(mean - expected) < np.maximum(tolerance * expected, 4 * error)), mean


def test_least_squares_at_twenty_dimensions():
    """(D - k)/D while k < D, then nothing but rounding, most of it at k = D."""
    ((mean, error),) = errors(GARG, (LeastSquares(),), 6)
    expected = (20 - np.arange(20)) / 20
    check_within((mean[:20], error[:20]), expected)
    assert mean[20] < 5e-4
    assert mean[21:].max() < 1e-6


@pytest.mark.parametrize(("dims", "noise"), [(20, 1e-6), (20, 1e-8), (8, 1e-6)])
def test_ridge_with_little_noise_is_what_it_is_in_64_bits(dims, noise):
    """At noise where the Gram matrix of fewer examples than dimensions has no factor."""
    task = LinearRegression(dims, 2 * dims, signal_var=dims, noise_var=noise)

    def one(key):
        latent_key, key = jax.random.split(key)
        return task.sample_sequence(key, task.sample_latent(latent_key), 2 * dims)

    drawn = jax.vmap(one)(jax.random.split(jax.random.key(dims), 128))

    def in_precision(dtype):
        with jax.enable_x64(dtype == "float64"):
            model = Ridge(jnp.ones(dims, dtype), jnp.asarray(noise, dtype))
            inputs = (jnp.asarray(np.asarray(part), dtype) for part in (drawn.xs, drawn.ys))
            return np.asarray(jax.jit(jax.vmap(lambda x, y: model(x, y)))(*inputs))

    away = in_precision("float32") - in_precision("float64")
    assert np.all((away**2).mean(axis=0) / dims < 1e-7)


def test_averaging_and_nearest_neighbours_at_twenty_dimensions():
    """(D + 1)/k at every k, and the table of three nearest neighbours."""
    averaging, nearest = errors(GARG, (Averaging(), KNearestNeighbours()), 24)
    k = np.arange(1, 41)
    check_within((averaging[0][1:], averaging[1][1:]), 21 / k)
    assert np.all(averaging[1][5:] < 0.03 * 21 / k[4:])
    published = {5: 1.11, 10: 0.93, 20: 0.78, 30: 0.73, 40: 0.67}
    at = list(published)
    check_within((nearest[0][at], nearest[1][at]), np.array(list(published.values())))


@pytest.mark.slow
def test_lasso_on_three_of_twenty_weights():
    """0.62 and 0.08 at 5 and 10 examples (published to two digits, 1280 prompts)."""
    ((mean, error),) = errors(GARG, (Lasso(0.01),), 12, sparse=3)
    assert abs(mean[5] - 0.62) < 0.03 * 0.62 + 2 * error[5]
    assert abs(mean[10] - 0.08) < 0.01 + 2 * error[10]


def test_the_ridge_curve():
    ((mean, error),) = errors(RAVENTOS, (Ridge(jnp.ones(8), jnp.asarray(0.25)),), 48)
    # The table has three decimals and an error like ours.
    assert np.all(np.abs(mean - RIDGE) < 0.03 * np.array(RIDGE) + 3 * error + 5e-4)
    assert mean.mean() == pytest.approx(0.344, rel=0.01)


def dmmse_errors(log_size, *, fresh_tasks):
    """Return mean and standard error over pools of the error averaged over positions."""
    size, task = 2**log_size, RAVENTOS
    num_pools = {0: 4096, 3: 1024}.get(log_size, 256 if log_size < 9 else 24)
    contexts = {0: 16, 3: 32}.get(log_size, 64 if log_size < 9 else 256)

    def one_pool(key):
        pool_key, key = jax.random.split(key)
        weights = jax.random.normal(pool_key, (size, 8))

        def one(key):
            choice, latent_key, key = jax.random.split(key, 3)
            latent = task.sample_latent(latent_key)
            if not fresh_tasks:
                latent = latent._replace(weights=weights[jax.random.randint(choice, (), 0, size)])
            drawn = task.sample_sequence(key, latent, 16)
            predicted = DMMSE(weights, jnp.asarray(0.25))(drawn.xs, drawn.ys)
            return jnp.mean((predicted - drawn.targets) ** 2) / 8

        return jnp.mean(jax.vmap(one)(jax.random.split(key, contexts)))

    keys = jax.random.split(jax.random.key(log_size), num_pools)
    found = np.asarray(jax.jit(lambda keys: jax.lax.map(one_pool, keys))(keys))
    return found.mean(), found.std(ddof=1) / np.sqrt(num_pools)


def check(log_size):
    for fresh_tasks, table in ((True, FRESH), (False, POOL)):
        mean, error = dmmse_errors(log_size, fresh_tasks=fresh_tasks)
        theirs = 0.035 if log_size == 0 and fresh_tasks else 0.011
        assert error < 0.03
        assert abs(mean - table[log_size]) < 0.01 * mean + 2.5 * np.hypot(error, theirs)


@pytest.mark.parametrize("log_size", some_slow([0, 3, 6], [0, 6]))
def test_dmmse_on_new_tasks_and_on_its_own(log_size):
    check(log_size)


@pytest.mark.slow
@pytest.mark.parametrize("log_size", [5, 8, 10, 12, 14, 15])
def test_dmmse_of_large_pools(log_size):
    check(log_size)
