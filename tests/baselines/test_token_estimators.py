"""Token baselines against counting by hand, and against the laws they are optimal for."""

import itertools
from collections import Counter

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from iclaws.baselines.bigram import Bigram
from iclaws.baselines.hidden_markov_posterior import HiddenMarkovPosterior
from iclaws.baselines.induction_copy import InductionCopy
from iclaws.baselines.n_gram import NGram
from iclaws.baselines.nearest_label import NearestLabel
from iclaws.baselines.unigram import Unigram
from iclaws.tasks.hidden_markov_mixture import HiddenMarkovMixture
from iclaws.tasks.markov_chain import MarkovChain
from iclaws.tasks.mqar import MQAR
from sampling_laws import some_slow

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


@pytest.mark.parametrize("filler", some_slow(["zero", "random"], ["random"]))
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


@pytest.mark.parametrize(
    "task",
    [
        MarkovChain(48, SYMBOLS),
        MarkovChain(48, SYMBOLS, order=2),
        HiddenMarkovMixture(num_tokens=48),
    ],
)
def test_nothing_named_beats_the_bayes_predictor(task):
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
    assert {"unigram", "bigram", "uniform"} & costs.keys() >= {"unigram", "uniform"}
    for name, cost in costs.items():
        gap = np.asarray(cost, float) - best
        assert gap.mean() > 3.0 * gap.std() / len(gap) ** 0.5, name


def test_the_forward_recursion_is_the_sum_over_all_hidden_paths():
    """By enumeration: every model, every path of hidden states."""
    baseline = HiddenMarkovPosterior.example(2)
    start, transition, emission = (np.asarray(leaf, float) for leaf in jax.tree.leaves(baseline))
    tokens = [0, 1, 1, 0]

    def joint(sequence):
        """Return P(sequence), paths summed one by one."""
        total = 0.0
        for model in transition:
            for path in itertools.product(range(3), repeat=len(sequence)):
                chance = start[path[0]] / len(transition)
                for a, b in itertools.pairwise(path):
                    chance *= model[a, b]
                for hidden, token in zip(path, sequence, strict=True):
                    chance *= emission[hidden, token]
                total += chance
        return total

    found = chances(baseline, tokens)
    for t in range(len(tokens)):
        seen = tokens[: t + 1]
        expected = [joint([*seen, token]) / joint(seen) for token in range(2)]
        np.testing.assert_allclose(found[t], expected, rtol=1e-4)


def test_the_nearest_label_is_that_of_the_nearest_item():
    generator = np.random.default_rng(0)
    xs, ys = generator.standard_normal((9, 2)), generator.integers(3, size=9)
    logits = NearestLabel(3, 0.3)(jnp.asarray(xs, jnp.float32), jnp.asarray(ys, jnp.int32))
    np.testing.assert_allclose(np.exp(logits[0]), 1 / 3, rtol=1e-5)
    for t in range(1, 9):
        nearest = ys[np.argmin(((xs[:t] - xs[t]) ** 2).sum(axis=1))]
        np.testing.assert_allclose(np.exp(logits[t]), 0.1 + 0.7 * np.eye(3)[nearest], rtol=1e-5)
