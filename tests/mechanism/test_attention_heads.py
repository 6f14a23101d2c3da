"""Scores of heads over sequences, and the probe that files them."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from iclaws.errors import InvalidValue
from iclaws.mechanism.attention_heads import AttentionHeads, draw_tokens, head_scores
from iclaws.mechanism.attention_scores import induction_score
from iclaws.mechanism.capture import capture
from iclaws.models.linear_attention import LinearAttention
from iclaws.models.lstm import LSTM
from iclaws.models.transformer import Transformer
from iclaws.tasks.linear_regression import LinearRegression
from iclaws.tasks.markov_chain import MarkovChain
from iclaws.train.point import Point

TASK = MarkovChain(12, 3)
ARCHITECTURE = Transformer(depth=2, width=8, num_heads=2, mlp_ratio=0, max_points=12)


@pytest.fixture(scope="module")
def models():
    keys = jax.random.split(jax.random.key(0), 3)
    return jax.vmap(lambda key: ARCHITECTURE.init_for(key, TASK.interface))(keys)


def test_scores_are_means_over_sequences_of_every_head(models):
    tokens = draw_tokens(TASK, 5)
    assert tokens.shape == (5, 12)
    found = head_scores(models, tokens)
    assert found.induction.shape == found.previous_token.shape == (3, 2, 2)
    second = jax.tree.map(lambda leaf: leaf[1], models)
    each = [induction_score(capture(second, one, one).patterns, one) for one in tokens]
    np.testing.assert_allclose(found.induction[1], jnp.mean(jnp.stack(each), axis=0), rtol=1e-5)


def test_a_model_that_attends_evenly_has_the_score_of_chance(models):
    """Weights of zero: each token reads all before it alike."""
    even = jax.tree.map(jnp.zeros_like, models)
    tokens = draw_tokens(TASK, 7)
    found = head_scores(even, tokens)
    expected, previous = [], []
    for sequence in np.asarray(tokens):
        seen, total = 0, 0.0
        for q in range(12):
            followed = [t for t in range(1, q + 1) if sequence[t - 1] == sequence[q]]
            seen += bool(followed)
            total += len(followed) / (q + 1)
        expected.append(total / max(seen, 1))
        previous.append(np.mean([1 / (q + 1) for q in range(1, 12)]))
    np.testing.assert_allclose(found.induction, np.mean(expected), rtol=1e-5)
    np.testing.assert_allclose(found.previous_token, np.mean(previous), rtol=1e-5)


def test_the_probe_files_the_best_head(models):
    points = [Point(TASK, ARCHITECTURE, seed=seed) for seed in range(3)]
    values = AttentionHeads().measure(models, points)
    scores = head_scores(models, draw_tokens(TASK))
    for index, value in enumerate(values):
        assert value["induction_score"] == pytest.approx(float(scores.induction[index].max()))
        assert set(value) == set(AttentionHeads.columns)


def test_the_probe_is_of_softmax_transformers_on_tokens():
    applies = AttentionHeads().applies
    assert applies(Point(TASK, ARCHITECTURE))
    assert not applies(Point(TASK, LSTM()))
    assert not applies(Point(LinearRegression(), LinearAttention()))
    assert not applies(Point(LinearRegression(), Transformer()))


def test_a_model_without_attention_is_refused():
    keys = jax.random.split(jax.random.key(0), 2)
    recurrent = jax.vmap(lambda key: LSTM(width=4).init_for(key, TASK.interface))(keys)
    with pytest.raises(InvalidValue, match="no layers to look into"):
        head_scores(recurrent, draw_tokens(TASK, 2))
