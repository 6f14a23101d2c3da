"""Samplers of token tasks against their definitions.

Keys are fixed, so every outcome is decided; thresholds are such that a right sampler with fresh
keys fails one test in about a hundred thousand (z of 4.5, or chi-squared at 1e-5).
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import chi2

from iclaws.errors import InvalidValue
from iclaws.tasks._draws import sample_dirichlet, sample_weighted, sample_without_replacement
from iclaws.tasks.markov_chain import MarkovChain
from iclaws.tasks.mqar import MQAR

FALSE_ALARM = 1e-5
Z = 4.5


def drawn(task, count=4096, seed=0):
    """Return latents and sequences of a task as NumPy arrays."""

    def one(key):
        latent_key, sequence_key = jax.random.split(key)
        latent = task.sample_latent(latent_key)
        return latent, task.sample_sequence(sequence_key, latent, task.num_tokens)

    keys = jax.random.split(jax.random.key(seed), count)
    return jax.tree.map(np.asarray, jax.jit(jax.vmap(one))(keys))


def assert_uniform(counts, expected=None):
    """Pearson's chi-squared against equal (or given) expectations."""
    counts = np.asarray(counts, float)
    expected = counts.sum() / len(counts) if expected is None else expected
    statistic = ((counts - expected) ** 2 / expected).sum()
    assert statistic < chi2.isf(FALSE_ALARM, len(counts) - 1), (statistic, counts)


def test_numbers_without_replacement_are_different_and_uniform_in_every_place():
    keys = jax.random.split(jax.random.key(0), 6000)
    found = np.asarray(jax.vmap(lambda key: sample_without_replacement(key, 6, 3))(keys))
    assert np.all(np.diff(np.sort(found, axis=1), axis=1) > 0)
    # All 120 ordered triples are as likely.
    assert_uniform(
        np.bincount(found @ np.array([36, 6, 1]), minlength=216)[
            [
                36 * a + 6 * b + c
                for a in range(6)
                for b in range(6)
                for c in range(6)
                if len({a, b, c}) == 3
            ]
        ]
    )


def test_weighted_draws_follow_the_law_of_draws_one_after_the_other():
    weights = np.array([0.6, 0.3, 0.1])
    keys = jax.random.split(jax.random.key(0), 8000)
    found = np.asarray(
        jax.vmap(lambda key: sample_weighted(key, jnp.log(jnp.asarray(weights)), 2))(keys)
    )
    pairs = [(a, b) for a in range(3) for b in range(3) if a != b]
    expected = [8000 * weights[a] * weights[b] / (1 - weights[a]) for a, b in pairs]
    counts = [np.sum((found == pair).all(axis=1)) for pair in pairs]
    assert_uniform(counts, np.array(expected))


@pytest.mark.parametrize("concentration", [0.05, 1.0, 3.0])
def test_rows_are_dirichlet(concentration):
    """Mean and variance of a coordinate; rows are finite and sum to 1 also where it is small."""
    size, count = 4, 20000
    rows = np.asarray(sample_dirichlet(jax.random.key(1), concentration, (count, size)), float)
    np.testing.assert_allclose(rows.sum(axis=1), 1.0, atol=1e-5)
    variance = (1 / size) * (1 - 1 / size) / (size * concentration + 1)
    first = rows[:, 0]
    assert abs(first.mean() - 1 / size) < Z * np.sqrt(variance / count)
    squared = (first - 1 / size) ** 2
    assert abs(squared.mean() - variance) < Z * squared.std() / np.sqrt(count)


@pytest.mark.parametrize("filler", ["zero", "random"])
def test_mqar_is_laid_out_as_published(filler):
    task = MQAR(num_tokens=24, vocabulary_size=20, num_pairs=3, filler=filler)
    (keys, values), found = drawn(task)
    assert keys.min() == 1 and keys.max() == 9 and values.min() == 10 and values.max() == 19
    for part in (keys, values):
        assert np.all(np.diff(np.sort(part, axis=1), axis=1) > 0)
    np.testing.assert_array_equal(found.xs[:, 0:6:2], keys)
    np.testing.assert_array_equal(found.xs[:, 1:6:2], values)
    rows, at = np.nonzero(found.weights)
    assert len(rows) == 3 * len(keys) and np.all(at >= 6) and np.all(at % 2 == 0)
    asked, answers = found.xs[rows, at], found.targets[rows, at]
    match = keys[rows] == asked[:, None]
    assert np.all(match.sum(axis=1) == 1)
    np.testing.assert_array_equal(values[rows][match], answers)
    # Every key is asked once.
    np.testing.assert_array_equal(np.sort(asked.reshape(-1, 3), axis=1), np.sort(keys, axis=1))
    rest = np.ones_like(found.xs, bool)
    rest[:, :6] = False
    rest[rows, at] = False
    if filler == "zero":
        assert np.all(found.xs[rest] == 0)
    else:
        assert_uniform(np.bincount(found.xs[rest], minlength=20))
    assert_uniform(np.bincount(keys[:, 0], minlength=10)[1:])
    assert_uniform(np.bincount(values[:, 2], minlength=20)[10:])


def test_mqar_asks_in_the_published_slots():
    """One pair: the chance of slot g is (g + 1)^(a - 1) over their sum."""
    task = MQAR(num_tokens=22, vocabulary_size=20, num_pairs=1, power=0.01)
    found = drawn(task)[1]
    slots = (np.nonzero(found.weights)[1] - 2) // 2
    chances = (np.arange(10) + 1.0) ** (0.01 - 1.0)
    assert_uniform(np.bincount(slots, minlength=10), 4096 * chances / chances.sum())


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"num_tokens": 63}, "`num_tokens` must be even. Got 63"),
        ({"vocabulary_size": 7}, "`vocabulary_size` must be even"),
        ({"num_pairs": 17}, "between 1 and a quarter of `num_tokens`=64"),
        ({"vocabulary_size": 8, "num_pairs": 4}, "`vocabulary_size`=8 has 3"),
        ({"power": 0.0}, "`power` must be above 0"),
    ],
)
def test_mqar_refuses_what_does_not_fit(fields, words):
    with pytest.raises(InvalidValue, match=words):
        MQAR(**fields)


@pytest.mark.parametrize("order", [1, 2])
def test_chains_follow_their_own_rows(order):
    """Transitions pooled over sequences: standardised residuals against each chain's rows."""
    task = MarkovChain(num_tokens=40, vocabulary_size=3, order=order)
    rows, found = drawn(task, 2000)
    np.testing.assert_array_equal(found.xs[:, 1:], found.ys[:, :-1])
    assert np.all(found.weights == 1.0)
    tokens = np.concatenate([found.xs, found.ys[:, -1:]], axis=1)
    state = tokens[:, order - 1 : -1] + (3 * tokens[:, :-order] if order == 2 else 0)
    chances = np.take_along_axis(rows, state[:, :, None], axis=1)
    hits = tokens[:, order:, None] == np.arange(3)
    # Given the past, hit minus chance has mean 0 and variance p(1 - p): a martingale.
    for symbol in range(3):
        p = chances[:, :, symbol].astype(float)
        z = (hits[:, :, symbol] - p).sum() / np.sqrt((p * (1 - p)).sum())
        assert abs(z) < Z
    assert_uniform(np.bincount(tokens[:, 0], minlength=3))
    # And it tells chains apart: shuffled rows do not fit.
    p = np.roll(chances, 1, axis=0)[:, :, 0].astype(float)
    covariance = ((hits[:, :, 0] - p) * (chances[:, :, 0] - p)).sum()
    assert covariance > 0.5 * ((chances[:, :, 0] - p) ** 2).sum()
