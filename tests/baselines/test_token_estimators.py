"""Token baselines against counting by hand, and against the laws they are optimal for."""

from collections import Counter

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from iclaws.baselines.bigram import Bigram
from iclaws.baselines.induction_copy import InductionCopy
from iclaws.baselines.n_gram import NGram
from iclaws.baselines.unigram import Unigram
from iclaws.tasks.markov_chain import MarkovChain
from iclaws.tasks.mqar import MQAR

SYMBOLS = 3
TOKENS = np.random.default_rng(0).integers(SYMBOLS, size=30)


def chances(baseline, tokens=TOKENS):
    tokens = jnp.asarray(tokens, jnp.int32)
    return np.exp(np.asarray(jax.jit(lambda b, t: b(t, t))(baseline, tokens)))


@pytest.mark.parametrize("order", [0, 1, 2, 3])
def test_counts_are_those_by_hand(order):
    found = chances(NGram(SYMBOLS, 0.5, order))
    for t in range(len(TOKENS)):
        context = tuple(TOKENS[t - order + 1 : t + 1]) if order else ()
        seen = Counter()
        for s in range(order, t + 1):
            if tuple(TOKENS[s - order : s]) == context and t >= order - 1:
                seen[TOKENS[s]] += 1
        expected = [(seen[j] + 0.5) / (sum(seen.values()) + 0.5 * SYMBOLS) for j in range(SYMBOLS)]
        np.testing.assert_allclose(found[t], expected, rtol=1e-5, err_msg=str(t))


def test_unigram_and_bigram_are_the_first_two():
    np.testing.assert_allclose(chances(Unigram(SYMBOLS)), chances(NGram(SYMBOLS, 1.0, 0)))
    np.testing.assert_allclose(chances(Bigram(SYMBOLS)), chances(NGram(SYMBOLS, 1.0, 1)))


@pytest.mark.parametrize("match", ["latest", "first"])
def test_copying_bets_on_what_followed(match):
    found = chances(InductionCopy(SYMBOLS, 0.3, match))
    for t in range(len(TOKENS)):
        earlier = [s for s in range(t) if TOKENS[s] == TOKENS[t]]
        expected = np.full(SYMBOLS, 1 / SYMBOLS)
        if earlier:
            expected = np.full(SYMBOLS, 0.1)
            expected[TOKENS[(earlier[0] if match == "first" else earlier[-1]) + 1]] += 0.7
        np.testing.assert_allclose(found[t], expected, rtol=1e-5, err_msg=str(t))


@pytest.mark.parametrize("filler", ["zero", "random"])
def test_copying_solves_associative_recall(filler):
    task = MQAR(num_tokens=32, vocabulary_size=16, num_pairs=4, filler=filler)
    fields = task.references()["induction-copy"]
    for seed in range(20):
        latent = task.sample_latent(jax.random.key(seed))
        drawn = task.sample_sequence(jax.random.key(seed + 100), latent, 32)
        answers = chances(InductionCopy(**fields), drawn.xs).argmax(axis=1)
        graded = np.asarray(drawn.weights) > 0
        np.testing.assert_array_equal(answers[graded], np.asarray(drawn.targets)[graded])


def marginal_likelihood(tokens, order, concentration):
    """Return the log chance of a chain under its prior: Polya urns, one for each context."""
    from scipy.special import gammaln

    urns = {}
    for t in range(order, len(tokens)):
        urns.setdefault(tuple(tokens[t - order : t]), Counter())[tokens[t]] += 1
    total = -order * np.log(SYMBOLS)
    for urn in urns.values():
        counts = np.array([urn[j] for j in range(SYMBOLS)])
        total += gammaln(SYMBOLS * concentration) - gammaln(SYMBOLS * concentration + counts.sum())
        total += (gammaln(concentration + counts) - gammaln(concentration)).sum()
    return total


@pytest.mark.parametrize("order", [1, 2])
def test_the_n_gram_is_the_posterior_of_its_prior(order):
    """Its predictions multiply to the marginal likelihood, which is known in closed form."""
    found = np.log(chances(NGram(SYMBOLS, 0.7, order), TOKENS[:-1]))
    predicted = found[np.arange(len(TOKENS) - 1), TOKENS[1:]].sum() - np.log(SYMBOLS)
    assert predicted == pytest.approx(marginal_likelihood(TOKENS, order, 0.7), rel=1e-5)


@pytest.mark.parametrize("order", [1, 2])
def test_nothing_named_beats_the_bayes_predictor_of_a_chain(order):
    task = MarkovChain(num_tokens=48, vocabulary_size=SYMBOLS, order=order)
    from iclaws.train.references import task_references

    def one(key):
        latent_key, key = jax.random.split(key)
        drawn = task.sample_sequence(key, task.sample_latent(latent_key), 48)
        costs = {}
        for name, baseline in task_references(task).items():
            logs = jax.nn.log_softmax(baseline(drawn.xs, drawn.ys))
            costs[name] = -jnp.take_along_axis(logs, drawn.ys[:, None], axis=1).mean()
        return costs

    costs = jax.jit(jax.vmap(one))(jax.random.split(jax.random.key(0), 4000))
    best = np.asarray(costs.pop(task.bayes), float)
    assert {"unigram", "uniform", "induction-copy"} <= costs.keys()
    for name, cost in costs.items():
        gap = np.asarray(cost, float) - best
        assert gap.mean() > 3.0 * gap.std() / len(gap) ** 0.5, name
