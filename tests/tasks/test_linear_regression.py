"""Linear regression: spectra, conventions, and moments that have the law of sequences."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from iclaws._identity import describe, fingerprint
from iclaws.errors import InvalidValue
from iclaws.models._base import prefix_moments
from iclaws.tasks.linear_regression import LinearRegression

DIMS, CONTEXT, DRAWS = 3, 4, 20000
TASKS = {
    "iso": LinearRegression(DIMS, CONTEXT, noise_var=0.3),
    "noise-free": LinearRegression(DIMS, CONTEXT, signal_var=2.0),
    "fs": LinearRegression(DIMS, CONTEXT, "fs", capacity=1.5, source=0.7, noise_var=0.2),
    "rrs": LinearRegression(DIMS, CONTEXT, "rrs", capacity=1.5, source=0.7, num_rotations=3),
    "per-dim": LinearRegression(DIMS, CONTEXT, noise_var=0.1, input_scale="per-dim"),
}


def draw_moments(task, key):
    latent_key, key = jax.random.split(key)
    drawn = task.sample_moments(key, task.sample_latent(latent_key), 1)
    return drawn.moments._replace(query=drawn.moments.query[0]), drawn.labels[0], drawn.targets[0]


def draw_sequence(task, key):
    latent_key, key = jax.random.split(key)
    drawn = task.sample_sequence(key, task.sample_latent(latent_key), CONTEXT + 1)
    last = jax.tree.map(lambda leaf: leaf[-1], prefix_moments(drawn.xs, drawn.ys))
    return last, drawn.ys[-1], drawn.targets[-1]


def statistics(task, draw, seed):
    """Return polynomials of the moments, query and answers, one row per context."""

    def one(key):
        (covariance, cross, query, count), label, target = draw(task, key)
        assert count.shape == ()
        d = DIMS
        return jnp.concatenate(
            [
                covariance.reshape(-1),
                (cross[:, None] * cross[None, :]).reshape(-1),
                (query[:, None] * query[None, :]).reshape(-1),
                cross * target,  # what a predictor learns from
                (cross[:, None] * query[None, :]).reshape(-1) * label,
                (covariance @ covariance).reshape(-1),
                (covariance @ covariance @ covariance)[jnp.arange(d), jnp.arange(d)],
                jnp.stack([label**2, target**2, label * target, (cross @ query) ** 2]),
            ]
        )

    keys = jax.random.split(jax.random.key(seed), DRAWS)
    return np.asarray(jax.jit(jax.vmap(one))(keys), np.float64)


# Isotropic with the other input scale, diagonal and rotated: every branch once.
@pytest.mark.parametrize("name", ["per-dim", "fs", "rrs"])
def test_moments_have_the_law_of_the_sequences_moments(name):
    task = TASKS[name].prepare(np.random.default_rng(1))
    ours, explicit = statistics(task, draw_moments, 1), statistics(task, draw_sequence, 2)
    error = np.sqrt((ours.var(axis=0) + explicit.var(axis=0)) / DRAWS)
    score = (ours - explicit).mean(axis=0) / np.maximum(error, 1e-12)
    # 62 statistics: the largest of so many standard normals passes 5 once in 30,000 cases.
    assert np.abs(score).max() < 5.0, np.abs(score).argmax()


@pytest.mark.parametrize("name", TASKS)
def test_spectra_follow_the_definition(name):
    task = TASKS[name]
    index = np.arange(1, DIMS + 1.0)
    if task.setting == "iso":
        covariance, signal = np.ones(DIMS), np.full(DIMS, task.signal_var / DIMS)
    else:
        covariance, signal = index**-1.5, index ** -(1.5 * 0.7 + 1.0)
        signal = signal * task.signal_var / signal.sum()
    unit = DIMS if task.input_scale == "per-dim" else 1
    spectra = task.spectra()
    np.testing.assert_allclose(spectra.covariance, covariance / unit, rtol=1e-12)
    np.testing.assert_allclose(spectra.covariance * spectra.prior, signal, rtol=1e-12)
    assert spectra.noise_var == task.noise_var
    assert spectra.rotated == (task.setting == "rrs")


def test_the_signal_energy_decays_as_the_source_says():
    """sum_{j>i} s_j ~ i^(-capacity * source): the meaning of the two exponents."""
    task = LinearRegression(100_000, 1, "fs", capacity=1.5, source=0.8)
    spectra = task.spectra()
    tail = np.cumsum((spectra.covariance * spectra.prior)[::-1])[::-1]
    slope = np.log(tail[1000] / tail[100]) / np.log(10.0)
    assert slope == pytest.approx(-1.2, abs=0.01)
    assert np.log(spectra.covariance[999]) / np.log(1000.0) == pytest.approx(-1.5)


def one_sequence(task, num_points=4000):
    latent = task.sample_latent(jax.random.key(0))
    return latent, task.sample_sequence(jax.random.key(1), latent, num_points)


def test_the_convention_of_unit_weights_on_unit_coordinates():
    """Garg et al. and Raventos et al.: x and w standard normal, so Var(w.x) = D."""
    task = LinearRegression(20, 10, signal_var=20.0)
    weights = jax.vmap(task.sample_latent)(jax.random.split(jax.random.key(0), 500)).weights
    assert float(weights.std()) == pytest.approx(1.0, abs=0.03)
    assert float(one_sequence(task)[1].xs.std()) == pytest.approx(1.0, abs=0.02)


def test_the_convention_of_lu():
    """Lu et al.: x ~ N(0, I/D) and |w|^2 = D on average, so Var(w.x) = 1."""
    task = LinearRegression(20, 10, input_scale="per-dim")
    latents = jax.vmap(task.sample_latent)(jax.random.split(jax.random.key(0), 500))
    assert float((latents.weights**2).sum(axis=1).mean()) == pytest.approx(20.0, rel=0.05)
    assert float(one_sequence(task)[1].xs.var()) == pytest.approx(1 / 20, rel=0.05)


def test_the_convention_is_part_of_the_identity():
    unit, scaled = LinearRegression(), LinearRegression(input_scale="per-dim")
    assert describe(unit)["input_scale"] == "unit"
    assert describe(scaled)["input_scale"] == "per-dim"
    assert fingerprint(unit) != fingerprint(scaled)


def test_a_fixed_basis_is_the_axes():
    task = TASKS["fs"]
    xs = np.asarray(one_sequence(task, 40000)[1].xs, np.float64)
    found = xs.T @ xs / len(xs)
    np.testing.assert_allclose(found, np.diag(task.spectra().covariance), atol=0.03)


def test_the_pool_of_rotations_is_orthogonal_and_haar():
    """Haar: all entries have the law of a coordinate of a random unit vector."""
    task = LinearRegression(4, 1, "rrs", capacity=1.0, source=1.0, num_rotations=20000)
    pool = np.asarray(task.prepare(np.random.default_rng(0)).rotations, np.float64)
    np.testing.assert_allclose(
        pool @ pool.swapaxes(1, 2), np.broadcast_to(np.eye(4), pool.shape), atol=1e-5
    )
    error = 4.0 / np.sqrt(len(pool))
    np.testing.assert_allclose(pool.mean(axis=0), 0.0, atol=error)
    np.testing.assert_allclose((pool**2).mean(axis=0), 1 / 4, atol=error)
    # E q^4 = 3 / (D (D + 2)); without the signs of R the diagonal would be off.
    np.testing.assert_allclose((pool**4).mean(axis=0), 3 / 24, atol=error)
    np.testing.assert_allclose(np.trace(pool, axis1=1, axis2=2).mean(), 0.0, atol=error)


def test_every_context_has_its_own_basis_of_the_same_spectrum():
    task = TASKS["rrs"].prepare(np.random.default_rng(0))
    latents = jax.vmap(task.sample_latent)(jax.random.split(jax.random.key(0), 50))
    mixing = np.asarray(latents.mixing, np.float64)
    covariances = mixing @ mixing.swapaxes(1, 2)
    values = np.linalg.eigvalsh(covariances)[:, ::-1]
    np.testing.assert_allclose(values, np.tile(task.spectra().covariance, (50, 1)), rtol=1e-4)
    assert len(np.unique(covariances[:, 0, 0].round(5))) > 5


def test_rotated_contexts_need_the_pool():
    with pytest.raises(InvalidValue, match="prepare"):
        TASKS["rrs"].sample_latent(jax.random.key(0))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"num_dims": 0}, "`num_dims` must be at least 1. Got 0"),
        ({"num_context": -1}, "`num_context` must be at least 0. Got -1"),
        ({"noise_var": -0.5}, "`noise_var` must be at least 0. Got -0.5"),
        ({"noise_var": float("nan")}, "`noise_var` must be at least 0. Got nan"),
        ({"signal_var": 0}, "`signal_var` must be above 0. Got 0"),
        ({"num_rotations": 0}, "`num_rotations` must be at least 1"),
        ({"capacity": 1.5}, "no meaning in the setting 'iso'"),
        ({"setting": "fs", "capacity": 1.5}, "give `source`, above 0"),
        ({"setting": "rrs", "capacity": -1.0, "source": 1.0}, "`capacity` must be above 0"),
    ],
)
def test_what_has_no_meaning_is_refused(fields, words):
    with pytest.raises(InvalidValue, match=words):
        LinearRegression(**fields)


def test_uniform_covariates_have_width_one_and_the_variance_they_say():
    task = LinearRegression(
        DIMS, CONTEXT, signal_var=DIMS / 12, inputs="uniform", input_scale="unit-width"
    )
    keys = jax.random.split(jax.random.key(5), DRAWS)

    def one(key):
        latent_key, key = jax.random.split(key)
        latent = task.sample_latent(latent_key)
        return latent.weights, task.sample_sequence(key, latent, CONTEXT + 1)

    weights, drawn = jax.jit(jax.vmap(one))(keys)
    xs = np.asarray(drawn.xs, np.float64).reshape(-1, DIMS)
    assert 0.4999 < np.abs(xs).max() <= 0.5 + 1e-6
    # Standard errors of 10^5 draws are below 0.003 of each; seven moments, four of them.
    np.testing.assert_allclose((xs**2).mean(axis=0), 1 / 12, rtol=0.012)
    np.testing.assert_allclose((xs**4).mean(axis=0), 1 / 80, rtol=0.02)
    np.testing.assert_allclose(np.asarray(weights).var(axis=0), 1.0, rtol=0.04)
    np.testing.assert_allclose(drawn.targets, np.einsum("bpd,bd->bp", drawn.xs, weights), atol=1e-5)


def test_uniform_covariates_leave_out_what_holds_for_gaussian_ones():
    task = LinearRegression(DIMS, CONTEXT, inputs="uniform")
    assert task.spectra() is None and not task.gives_moments
    assert LinearRegression(DIMS, CONTEXT).gives_moments
    assert fingerprint(LinearRegression(DIMS, CONTEXT, inputs="gaussian")) == fingerprint(
        LinearRegression(DIMS, CONTEXT)
    )
    with pytest.raises(InvalidValue, match="no rotated setting"):
        LinearRegression(DIMS, CONTEXT, "rrs", capacity=1.0, source=1.0, inputs="uniform")
