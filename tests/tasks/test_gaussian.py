"""Bartlett's factor has the Wishart law, whatever the number of samples."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from iclaws.tasks._gaussian import sample_chi, sample_factor

DRAWS, DIMS = 40000, 4
SCALE = np.array([1.5, 1.0, 0.5, 0.25], np.float32)
# Of one test in thousands; keys are fixed, so a failure is a defect and not bad luck.
SMALLEST_P = 1e-4


@jax.jit
def factors(num_samples):
    keys = jax.random.split(jax.random.key(1), DRAWS)
    return jax.vmap(lambda key: sample_factor(key, num_samples, jnp.asarray(SCALE)))(keys)


@pytest.fixture(scope="module", params=[1, 2, 3, 4, 5, 40])
def wishart(request):
    """Return the number of samples, and draws of S Z'Z S both ways."""
    size = request.param
    drawn = np.asarray(factors(jnp.asarray(size, jnp.int32)), np.float64)
    generator = np.random.default_rng(2)
    zs = generator.standard_normal((DRAWS, size, DIMS)) * SCALE
    return size, drawn @ drawn.swapaxes(1, 2), zs.swapaxes(1, 2) @ zs


def test_mean_and_covariance_of_entries(wishart):
    """E W = n S^2 and Cov(W_ij, W_kl) = n (V_ik V_jl + V_il V_jk)."""
    size, ours, _ = wishart
    variances = SCALE.astype(np.float64) ** 2
    error = np.sqrt(size * np.outer(variances, variances) * (1 + np.eye(DIMS)) / DRAWS)
    assert np.all(np.abs(ours.mean(axis=0) - size * np.diag(variances)) < 5.0 * error)
    flat = (ours - ours.mean(axis=0)).reshape(DRAWS, -1)
    spread = np.sqrt(size) * np.outer(SCALE, SCALE).ravel()
    found = flat.T @ flat / DRAWS / np.outer(spread, spread)
    identity = np.eye(DIMS)
    expected = np.einsum("ik,jl->ijkl", identity, identity)
    expected = expected + np.einsum("il,jk->ijkl", identity, identity)
    # The entries of W have a kurtosis of at most 3 + 12/n.
    tolerance = 5.0 * 2.0 * np.sqrt((2.0 + 12.0 / size) / DRAWS)
    np.testing.assert_allclose(found, expected.reshape(found.shape), atol=tolerance)


@pytest.mark.parametrize(
    "statistic",
    [
        lambda w: np.linalg.eigvalsh(w)[:, -1],
        lambda w: np.linalg.eigvalsh(w).sum(axis=1),
        lambda w: np.einsum("nij,i,j->n", w, np.ones(DIMS), np.ones(DIMS)),
        lambda w: np.einsum("nij,njk,nki->n", w, w, w),
        lambda w: w[:, 0, 1],
    ],
    ids=["largest eigenvalue", "trace", "quadratic form", "third moment", "off-diagonal"],
)
def test_the_law_is_that_of_explicit_samples(wishart, statistic):
    _, ours, explicit = wishart
    assert stats.ks_2samp(statistic(ours), statistic(explicit)).pvalue > SMALLEST_P


def test_the_rank_is_the_number_of_samples(wishart):
    size, ours, _ = wishart
    values = np.linalg.eigvalsh(ours)[:, ::-1]
    assert np.all(np.abs(values[:, size:]) < 1e-4 * values[:, :1])


def test_no_samples_give_zero():
    assert np.all(np.asarray(factors(jnp.asarray(0, jnp.int32))) == 0.0)


@pytest.mark.parametrize("degrees", [1, 2, 3, 7, 100])
def test_chi_has_its_law(degrees):
    draws = jax.jit(lambda key: sample_chi(key, jnp.full(20000, float(degrees))))(jax.random.key(5))
    assert stats.kstest(np.asarray(draws, np.float64), stats.chi(degrees).cdf).pvalue > SMALLEST_P


def test_no_degrees_of_freedom_give_zero():
    assert np.all(np.asarray(sample_chi(jax.random.key(0), jnp.zeros(3))) == 0.0)
