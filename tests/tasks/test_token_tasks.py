"""Samplers of token tasks against their definitions.

Keys are fixed, so every outcome is decided; thresholds are such that a right sampler with fresh
keys fails one test in about a hundred thousand (z of 4.5, or chi-squared at 1e-5).
"""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import chi2

from iclaws.errors import InvalidValue
from iclaws.tasks._draws import (
    _below,
    sample_different,
    sample_dirichlet,
    sample_shares,
    sample_without_replacement,
    share_ends,
)
from iclaws.tasks.hidden_markov_mixture import HiddenMarkovMixture
from iclaws.tasks.in_context_classification import InContextClassification
from iclaws.tasks.k_hop_induction import KHopInduction
from iclaws.tasks.markov_chain import MarkovChain
from iclaws.tasks.mqar import MQAR
from iclaws.tasks.retrieval import Retrieval

FALSE_ALARM = 1e-5
Z = 4.5


def drawn(task, count=4096, seed=0):
    """Return latents and sequences of a task as NumPy arrays."""

    def one(key):
        latent_key, sequence_key = jax.random.split(key)
        latent = task.sample_latent(latent_key)
        found = task.sample_sequence(sequence_key, latent, int(task.num_context) + 1)
        is_key = jnp.issubdtype(jax.tree.leaves(latent)[0].dtype, jax.dtypes.prng_key)
        return None if is_key else latent, found

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


def test_different_draws_follow_the_law_of_draws_one_after_the_other():
    weights, count = np.array([0.1, 0.4, 0.2, 0.3]), 20000
    ends = share_ends(jnp.log(jnp.asarray(weights)))
    keys = jax.random.split(jax.random.key(0), count)
    found = np.asarray(jax.vmap(lambda key: sample_different(key, ends, 3))(keys))
    triples = list(itertools.permutations(range(4), 3))
    expected = [
        count
        * weights[a]
        * weights[b]
        / (1 - weights[a])
        * weights[c]
        / (1 - weights[a] - weights[b])
        for a, b, c in triples
    ]
    assert_uniform([np.sum((found == t).all(axis=1)) for t in triples], np.array(expected))


def test_different_draws_differ_however_uneven_the_chances():
    """All of 300 indices come once each, though most chances are below any share."""
    ends = share_ends(-5.0 * jnp.log(jnp.arange(1.0, 301.0)))
    keys = jax.random.split(jax.random.key(1), 20)
    found = np.asarray(jax.jit(jax.vmap(lambda key: sample_different(key, ends, 300)))(keys))
    np.testing.assert_array_equal(np.sort(found, axis=1), np.arange(300)[None].repeat(20, 0))
    assert np.mean(found[:, 0] == 0) > 0.8, "the likeliest, of chance .96, comes first"


def test_numbers_below_a_total_are_the_upper_half_of_a_product():
    generator = np.random.default_rng(0)
    bits = np.append(generator.integers(2**32, size=10**5), [0, 2**32 - 1]).astype(np.uint32)
    totals = np.append(generator.integers(1, 2**31, 10**5), [2**31 - 1, 2**31 - 1])
    found = np.asarray(_below(jnp.asarray(bits), jnp.asarray(totals, jnp.int32)))
    np.testing.assert_array_equal(found, (bits.astype(np.uint64) * totals.astype(np.uint64)) >> 32)


def test_draws_by_shares_follow_their_chances():
    chances = np.arange(1.0, 9.0) / 36.0
    ends = share_ends(jnp.log(jnp.asarray(chances)))
    found = np.asarray(sample_shares(jax.random.key(2), ends, 40000))
    assert_uniform(np.bincount(found, minlength=8), 40000 * chances)


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


@pytest.mark.parametrize("num_hops", [1, 2, 3])
def test_hops_are_those_by_hand(num_hops):
    task = KHopInduction(num_tokens=24, vocabulary_size=5, num_hops=num_hops)
    found = drawn(task, 64)[1]
    for tokens, answers in zip(found.xs, found.targets, strict=True):
        for i in range(24):
            at = i
            for _ in range(num_hops):
                landings = [j for j in range(1, at + 1) if tokens[j - 1] == tokens[at]]
                at = max(landings, default=None)
                if at is None:
                    break
            assert answers[i] == (4 if at is None else tokens[at])
    assert_uniform(np.bincount(drawn(task)[1].xs.ravel(), minlength=4))


def test_documents_follow_the_chain_of_their_model():
    """Marginals by propagation of the hidden law, and the joint law of two tokens."""
    task = HiddenMarkovMixture(num_tokens=6)
    tables, count = task.tables, 20000
    np.testing.assert_allclose(tables.transition.sum(axis=2), 1.0)
    assert tables.start.sum() == pytest.approx(1.0)
    assert np.all(tables.emission.reshape(3, 4)[:, 0] == 0) and tables.emission.max() < 8
    which, found = drawn(task, count)
    assert_uniform(np.bincount(which, minlength=3))
    emission = np.eye(8)[tables.emission]
    for model in range(3):
        own = found.xs[which == model]
        before = tables.start @ np.linalg.matrix_power(tables.transition[model], 4)
        joint = np.einsum(
            "h,hg,ha,gb->ab", before, tables.transition[model], emission, emission
        ).ravel()
        counts = np.bincount(own[:, 4] * 8 + own[:, 5], minlength=64)
        assert np.all(counts[joint < 1e-12] == 0)
        often = joint * len(own) > 5.0
        rest = np.append(counts[often], counts[~often].sum())
        expected = np.append(joint[often], joint[~often].sum()) * len(own)
        statistic = ((rest - expected) ** 2 / np.maximum(expected, 1e-9)).sum()
        assert statistic < chi2.isf(FALSE_ALARM, len(rest) - 1)


def classes_of(task, found, latent_key):
    """Return the class of every item without noise, by its mean."""
    means = jax.vmap(lambda c: task._class(latent_key, c)[0])(jnp.arange(task.num_classes_total))
    distance = ((found.xs[:, :, None, :] - np.asarray(means)[None, None]) ** 2).sum(axis=-1)
    assert distance.min(axis=-1).max() < 1e-8
    return distance.argmin(axis=-1)


def drawn_of_one_latent(task, count=4096):
    latent = task.sample_latent(jax.random.key(9))
    keys = jax.random.split(jax.random.key(1), count)
    one = lambda key: task.sample_sequence(key, latent, task.num_context + 1)  # noqa: E731
    return latent, jax.tree.map(np.asarray, jax.jit(jax.vmap(one))(keys))


def test_bursty_contexts_show_every_class_equally_often_and_ask_one_of_them():
    task = InContextClassification(4, 6, 10, burstiness=2, noise_var=0.0)
    latent, found = drawn_of_one_latent(task)
    classes = classes_of(task, found, latent)
    counts = np.stack([(classes[:, :6] == c).sum(axis=1) for c in range(10)], axis=1)
    assert np.all(np.sort(counts, axis=1)[:, -3:] == 2) and np.all(counts.sum(axis=1) == 6)
    assert np.all(counts[np.arange(4096), classes[:, 6]] == 2)
    assert_uniform(np.bincount(classes[:, 6], minlength=10))
    # Equal class, equal label; the asked item is graded alone.
    assert all(len(np.unique(found.ys[classes == c])) == 1 for c in range(10))
    np.testing.assert_array_equal(found.weights, np.eye(7)[np.full(4096, 6)])


def test_without_bursts_classes_are_zipfian_and_independent():
    task = InContextClassification(4, 6, 10, burst_prob=0.0, zipf=1.0, noise_var=0.0)
    latent, found = drawn_of_one_latent(task)
    classes = classes_of(task, found, latent)
    chances = 1.0 / np.arange(1.0, 11.0)
    chances /= chances.sum()
    assert_uniform(np.bincount(classes.ravel(), minlength=10), classes.size * chances)
    same = (classes[:, 0] == classes[:, 6]).mean()
    expected = (chances**2).sum()
    assert abs(same - expected) < Z * np.sqrt(expected * (1 - expected) / len(classes))


def test_items_and_labels_have_the_stated_law():
    """Unit variance in all whatever the noise; noise takes its share; labels are uniform."""
    task = InContextClassification(5, 4, 50, num_labels=3, noise_var=1.0)
    found = drawn(task)[1]
    squared = (found.xs[:, 0].astype(float) ** 2).sum(axis=1)
    assert abs(squared.mean() - 1.0) < Z * squared.std() / np.sqrt(len(squared))
    assert_uniform(np.bincount(found.ys[:, 0], minlength=3))
    own = InContextClassification(5, 4, 50, burstiness=4, noise_var=1.0)
    pairs = drawn(own)[1].xs[:, :2].astype(float)
    product = (pairs[:, 0] * pairs[:, 1]).sum(axis=1)
    # Two items of one class share the mean: half of the variance.
    assert abs(product.mean() - 0.5) < Z * product.std() / np.sqrt(len(product))


def test_the_query_of_retrieval_is_an_earlier_point():
    task = Retrieval(num_dims=3, num_context=7)
    found = drawn(task)[1]
    np.testing.assert_allclose((found.xs**2).sum(axis=2), 1.0, rtol=1e-5)
    match = np.all(found.xs[:, :7] == found.xs[:, 7:8], axis=2)
    assert np.all(match.sum(axis=1) == 1)
    np.testing.assert_array_equal(found.ys[:, :7][match], found.ys[:, 7])
    assert_uniform(match.sum(axis=0))
    labels = found.ys[:, 0].astype(float)
    assert abs(labels.mean()) < Z / np.sqrt(len(labels))
    assert abs((labels**2).mean() - 1.0) < Z * np.sqrt(2.0 / len(labels))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: KHopInduction(num_hops=0), "`num_hops` of at least 1"),
        (lambda: MarkovChain(order=3), "`order` must be 1 or 2. Got 3"),
        (lambda: MarkovChain(concentration=0.0), "`concentration` must be above 0"),
        (lambda: HiddenMarkovMixture(num_entities=0), "`num_entities` must be at least 1"),
        (lambda: HiddenMarkovMixture(temperature=0.0), "`temperature` above 0"),
        (lambda: InContextClassification(burstiness=3), "`burstiness`=3 must divide"),
        (lambda: InContextClassification(num_classes_total=4), "shows 8 classes and"),
        (lambda: InContextClassification(burst_prob=1.5), r"must lie in \[0, 1\]. Got 1.5"),
        (lambda: Retrieval(num_context=0), "`num_context` must be at least 1"),
    ],
)
def test_what_has_no_meaning_is_refused(make, words):
    with pytest.raises(InvalidValue, match=words):
        make()
