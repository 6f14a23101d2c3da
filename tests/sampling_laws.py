"""Tests of random draws against a law, with stated false-alarm rates."""

import jax
import numpy as np
from scipy import stats

# Of every single comparison. Keys are fixed: what passes once passes always, and a change of
# sampler that is right fails one of the few hundred comparisons less than once in 1000 times.
FALSE_ALARM = 1e-6


# Compiling takes most of the time of these tests, and optimising most of compiling.
QUICK = {"xla_backend_optimization_level": 0}


def draw(task, num_sequences, num_points, *, seed=0):
    """Return latents and sequences of independent functions, as float64 where real."""

    def one(key):
        latent_key, key = jax.random.split(key)
        latent = task.sample_latent(latent_key)
        return latent, task.sample_sequence(key, latent, num_points)

    keys = jax.random.split(jax.random.key(seed), num_sequences)
    return jax.tree.map(wide, jax.jit(jax.vmap(one), compiler_options=QUICK)(keys))


def wide(leaf):
    """Return real numbers in float64, and anything else (keys) as it is."""
    if jax.numpy.issubdtype(leaf.dtype, jax.dtypes.prng_key):
        return leaf
    array = np.asarray(leaf)
    return array.astype(np.float64) if array.dtype == np.float32 else array


def assert_mean(samples, expected, *, axis=0):
    """Fail unless every mean along the axis is compatible with what is expected (z-test)."""
    samples = np.asarray(samples, np.float64)
    error = samples.std(axis=axis) / samples.shape[axis] ** 0.5
    score = np.abs(samples.mean(axis=axis) - expected) / np.maximum(error, 1e-7)
    limit = stats.norm.isf(FALSE_ALARM / 2)
    assert np.all(score < limit), (samples.mean(axis=axis), expected, score.max())


def assert_law(samples, law):
    """Fail unless independent samples follow a law of SciPy's (Kolmogorov and Smirnov)."""
    assert stats.kstest(np.asarray(samples, np.float64).ravel(), law.cdf).pvalue > FALSE_ALARM


def assert_uniform(values, num_values):
    """Fail unless independent integers are uniform on 0 to `num_values` - 1 (chi-square)."""
    counts = np.bincount(np.asarray(values).ravel(), minlength=num_values)
    assert len(counts) == num_values
    assert stats.chisquare(counts).pvalue > FALSE_ALARM
