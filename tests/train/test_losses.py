"""Losses beyond squared error: what is trained, what is recorded, and what excess is over."""

import math
from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from iclaws._types import Sequence
from iclaws.errors import InvalidValue
from iclaws.models.linear_attention import LinearAttention
from iclaws.models.transformer import Transformer
from iclaws.results import Store
from iclaws.tasks import AbstractTask
from iclaws.tasks._tokens import AbstractTokenTask
from iclaws.train import Point, Recipe
from iclaws.train.checkpoints import load_weights
from iclaws.train.draws import Shape, evaluation_draw, sample
from iclaws.train.losses import grade, graded_loss, pointwise
from iclaws.train.runner import run_points

MODEL = Transformer(depth=1, width=16, num_heads=1, mlp_ratio=1, max_points=8)
RECIPE = Recipe(num_steps=150, batch_size=32, learning_rate=1e-2, loss_on="all", eval_contexts=1024)


class Signs(AbstractTask):
    """The label is the sign of the first coordinate."""

    num_dims: int = eqx.field(static=True, default=2)
    num_context: int = 4
    loss: ClassVar = "logistic"

    def sample_latent(self, key):
        return jnp.zeros(())

    def sample_sequence(self, key, latent, num_points):
        xs = jax.random.normal(key, (num_points, self.num_dims))
        ys = jnp.sign(xs[:, 0])
        return Sequence(xs, ys, ys)


class Coin(AbstractTokenTask):
    """Tokens are 2 with a fixed chance, else 0; what comes next is graded from a position on."""

    num_tokens: int = eqx.field(static=True, default=6)
    vocabulary_size: int = eqx.field(static=True, default=3)
    chance: float = 0.8

    def sample_latent(self, key):
        return jnp.zeros(())

    def sample_sequence(self, key, latent, num_points):
        tokens = 2 * (jax.random.uniform(key, (num_points + 1,)) < self.chance).astype(jnp.int32)
        weights = (jnp.arange(num_points) >= 3).astype(jnp.float32)
        return Sequence(tokens[:-1], tokens[1:], tokens[1:], weights)

    @property
    def num_graded(self):
        return 3


class KnownCoin(Coin):
    """The same, and the task knows what nobody can beat (here: chance itself)."""

    @property
    def bayes(self):
        return "uniform"


@pytest.fixture(scope="module")
def store(cache, tmp_path_factory):
    found = Store(tmp_path_factory.mktemp("losses"))
    pool = Recipe(num_steps=10, batch_size=32, num_tasks=3, eval_contexts=1024)
    points = [Point(task, MODEL, RECIPE) for task in (Signs(), Coin(), KnownCoin())]
    run_points([*points, Point(KnownCoin(), MODEL, pool)], found)
    return found


def record(store, task, index=0):
    name = type(task).__name__
    return [r for r in store.records() if r.point["task"]["is"].endswith(name)][index]


def test_logistic_loss_is_the_cross_entropy_of_a_logit():
    answers, labels = jnp.asarray([0.0, 2.0, -3.0]), jnp.asarray([1.0, 1.0, 1.0])
    chances = 1.0 / (1.0 + np.exp(-np.asarray(answers)))
    np.testing.assert_allclose(pointwise("logistic", answers, labels), -np.log(chances), rtol=1e-6)
    np.testing.assert_allclose(pointwise("squared", answers, labels), (answers - labels) ** 2)


def test_graded_positions_are_picked_out_and_padding_counts_nothing():
    weights = jnp.asarray([0.0, 2.0, 0.0, 1.0, 0.0])
    tokens = jnp.arange(5, dtype=jnp.int32)
    whole = Sequence(tokens, tokens + 10, tokens + 20, weights)
    two = grade(whole, 2)
    assert two.positions.tolist() == [1, 3] and two.labels.tolist() == [11, 13]
    assert two.targets.tolist() == [21, 23] and two.weights.tolist() == [2.0, 1.0]
    three = grade(whole, 3)
    assert three.weights.sum() == 3.0 and {1, 3} <= set(three.positions.tolist())
    assert grade(whole, None).positions.tolist() == list(range(5))


@pytest.mark.parametrize("num_graded", [None, 3, 5])
def test_the_loss_is_the_weighted_mean_over_graded_positions(num_graded):
    task = Coin()
    drawn = task.sample_sequence(jax.random.key(3), None, 6)
    model = MODEL.init_for(jax.random.key(0), task.interface)
    logits = np.asarray(model(drawn.xs, drawn.ys), np.float64)
    costs = np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(6), drawn.ys]
    found = graded_loss(model, grade(drawn, num_graded))
    assert float(found) == pytest.approx(costs[3:].mean(), rel=1e-5)


def test_a_logistic_run_records_cross_entropy_and_accuracy(store):
    found = record(store, Signs())
    assert found.status == "trained" and found.excess_over is None
    # The task knows no optimum: nothing is subtracted.
    assert found.excess_risk == found.cross_entropy < 0.5 * math.log(2)
    assert found.accuracy > 0.85 and 0.0 < found.accuracy_se < 0.02
    (zero,) = found.baselines
    assert zero.name == "zero" and zero.excess_risk == pytest.approx(math.log(2), rel=1e-6)
    assert zero.accuracy == 0.5
    assert found.excess_risk - zero.excess_risk == pytest.approx(zero.gap, abs=1e-9)
    assert zero.distance > 0.0
    assert found.position_excess_risk[4] == pytest.approx(found.excess_risk, rel=1e-5)
    assert found.position_accuracy[4] == pytest.approx(found.accuracy, rel=1e-5)
    assert zero.position_excess_risk == pytest.approx([math.log(2)] * 5, rel=1e-6)
    assert found.curve_excess_risk[-1] == pytest.approx(found.excess_risk, rel=1e-5)


def test_a_token_run_reaches_the_entropy_of_its_source(store):
    found = record(store, Coin())
    entropy = -(0.8 * math.log(0.8) + 0.2 * math.log(0.2))
    assert found.cross_entropy == pytest.approx(entropy, abs=0.05)
    assert found.accuracy == pytest.approx(0.8, abs=0.03)
    (uniform,) = found.baselines
    assert uniform.excess_risk == pytest.approx(math.log(3), rel=1e-6)
    # Positions that are not graded have no risk.
    assert found.position_excess_risk[:3] == found.position_accuracy[:3] == [None] * 3
    assert np.mean(found.position_excess_risk[3:]) == pytest.approx(found.cross_entropy, rel=1e-5)


def test_excess_is_over_the_estimator_that_the_task_names(store):
    """On the same contexts: every risk is shifted by that of the optimum, positions included."""
    plain, known = record(store, Coin()), record(store, KnownCoin())
    assert known.excess_over == "uniform"
    assert known.cross_entropy == pytest.approx(plain.cross_entropy, rel=1e-5)
    assert known.excess_risk == pytest.approx(plain.excess_risk - math.log(3), rel=1e-4)
    assert known.baselines[0].excess_risk == known.baselines[0].excess_risk_se == 0.0
    np.testing.assert_allclose(
        np.subtract(plain.position_excess_risk[3:], math.log(3)),
        known.position_excess_risk[3:],
        rtol=1e-4,
    )
    assert known.curve_excess_risk[-1] == pytest.approx(known.excess_risk, rel=1e-4)


def test_pretraining_functions_are_judged_by_the_same_measure(store):
    """A coin has one function: old ones are as new ones, up to sampling noise."""
    pool = record(store, KnownCoin(), 1)
    assert pool.pretrain_excess_risk == pytest.approx(pool.excess_risk, abs=0.1)
    assert pool.pretrain_accuracy == pytest.approx(pool.accuracy, abs=0.06)


def test_weights_of_a_token_model_are_read_back(store):
    point = Point(Coin(), MODEL, RECIPE)
    model = load_weights(store, point)
    drawn = sample(point.task, evaluation_draw(jnp.asarray(0), jnp.asarray(0)), Shape(6))
    assert float(graded_loss(model, drawn)) < math.log(3)


def test_squared_runs_leave_the_new_columns_empty(cache, tmp_path):
    from .conftest import small_point

    store = Store(tmp_path)
    run_points([small_point(num_steps=5)], store)
    (found,) = store.records()
    assert found.cross_entropy is found.accuracy is found.excess_over is None
    assert found.position_accuracy == [] and found.baselines[0].accuracy is None


def test_what_cannot_be_read_is_refused():
    with pytest.raises(
        InvalidValue, match="'linear-attention' cannot be trained on this task: it "
    ):
        Point(Coin(), LinearAttention())
    with pytest.raises(InvalidValue, match=r"knows only squared loss. Choose one of .*transformer"):
        Point(Signs(), LinearAttention())
    with pytest.raises(InvalidValue, match="A sequence of 9 points is longer than `max_points`=8"):
        Point(Coin(num_tokens=9), MODEL)
