"""What tasks name as references, and as Bayes-optimal; what they refuse to draw."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from iclaws.errors import InvalidValue
from iclaws.models.linear_attention import LinearAttention
from iclaws.tasks.gaussian_process import GaussianProcess
from iclaws.tasks.in_context_classification import InContextClassification
from iclaws.tasks.linear_regression import LinearRegression
from iclaws.tasks.mixture import Mixture
from iclaws.tasks.retrieval import Retrieval
from iclaws.tasks.sparse_linear import LEAST_NOISE, SparseLinear
from iclaws.train import Point, Recipe
from iclaws.train.references import bayes, task_references


@pytest.mark.parametrize("scale", ["unit", "per-dim", "unit-width"])
def test_averaging_is_named_where_it_estimates(scale):
    task = LinearRegression(3, 5, input_scale=scale)
    assert ("averaging" in task.references()) == (scale == "unit")


def test_least_squares_is_optimal_without_noise_only():
    power = {"capacity": 1.0, "source": 1.0}
    assert LinearRegression(3, 5).bayes == "least-squares"
    assert LinearRegression(3, 5, noise_var=0.5).bayes == "ridge"
    for dims in (1, 3):
        assert LinearRegression(dims, 5, setting="rrs", **power, noise_var=0.5).bayes is None


@pytest.mark.parametrize("noise_var", [0.0, 1e-7, LEAST_NOISE, 0.1])
def test_the_posterior_over_supports_is_optimal_at_the_noise_of_the_task(noise_var):
    task = SparseLinear(6, 5, num_active=2, noise_var=noise_var)
    assert task.references()["sparse-bayes"]["noise_var"] == max(noise_var, LEAST_NOISE)
    assert task.bayes == (None if noise_var < LEAST_NOISE else "sparse-bayes")


@pytest.mark.parametrize("dims", [8, 20])
def test_the_posterior_over_supports_finds_the_weights_without_noise(dims):
    """A few examples beyond the support nothing is left, and no answer is NaN on the way."""
    task = SparseLinear(dims, 8)
    model = task_references(task)["sparse-bayes"]

    def risk(key):
        latent_key, key = jax.random.split(key)
        drawn = task.sample_sequence(key, task.sample_latent(latent_key), 9)
        return (model(drawn.xs, drawn.ys) - drawn.targets) ** 2

    keys = jax.random.split(jax.random.key(0), 64)
    squared = np.asarray(jax.jit(lambda keys: jax.lax.map(risk, keys))(keys))
    assert np.isfinite(squared).all()
    assert squared[:, 8].mean() < 1e-4


def test_the_query_of_retrieval_alone_has_a_bayes_estimator():
    task = Retrieval(4, 6)
    assert task.bayes == "knn" and not task.bayes_everywhere
    assert bayes(Point(task, LinearAttention(), Recipe())) is None
    assert LinearRegression(3, 5).bayes_everywhere


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Retrieval(num_dims=1), "`num_dims` must be at least 2. Got 1"),
        (lambda: Retrieval(num_context=0), "`num_context` must be at least 1"),
        (lambda: Mixture(8, 8, parts=(InContextClassification(),)), "has class labels"),
        (lambda: GaussianProcess(jitter=1e-7), "`jitter` must be at least 1e-06"),
        (lambda: InContextClassification(noise_var=float("nan")), "`noise_var` must be at least 0"),
        (lambda: InContextClassification(noise_var=float("inf")), "`noise_var` must be finite"),
        (lambda: InContextClassification(zipf=-1.0), "`zipf` must be at least 0. Got -1.0"),
        (lambda: InContextClassification(zipf=float("nan")), "`zipf` must be at least 0"),
        (
            lambda: LinearRegression(1000, 5, setting="fs", capacity=20.0, source=0.1),
            "too large for 32 bits",
        ),
    ],
)
def test_what_would_draw_nan_is_refused(make, words):
    with pytest.raises(InvalidValue, match=words):
        make()


def test_steep_spectra_draw_numbers():
    task = LinearRegression(1000, 5, setting="fs", capacity=13.0, source=1.0)
    drawn = task.sample_sequence(jax.random.key(1), task.sample_latent(jax.random.key(0)), 4)
    assert all(bool(jnp.all(jnp.isfinite(part))) for part in drawn[:3])
