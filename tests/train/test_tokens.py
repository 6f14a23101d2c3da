"""Runs on tokens: context lengths by masking, risks at every position, pools of functions."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from iclaws._types import Moments, MomentSequence, Sequence
from iclaws.models.linear_attention import LinearAttention
from iclaws.models.transformer import Transformer
from iclaws.results import Store
from iclaws.tasks.k_hop_induction import KHopInduction
from iclaws.tasks.linear_regression import LinearRegression
from iclaws.train import Point, Recipe
from iclaws.train.ensemble import training_loss
from iclaws.train.runner import run_points

MODEL = Transformer(depth=1, width=8, num_heads=1, mlp_ratio=1, max_points=8)
RECIPE = Recipe(
    num_steps=30, batch_size=16, learning_rate=1e-2, loss_on="all", num_tasks=3, eval_contexts=1024
)
SHORT = Point(LinearRegression(2, 4, noise_var=0.1), MODEL, RECIPE)
LONG = Point(LinearRegression(2, 7, noise_var=0.3), MODEL, RECIPE, seed=1)


@pytest.fixture(scope="module")
def together(cache, tmp_path_factory):
    store = Store(tmp_path_factory.mktemp("together"))
    run_points([SHORT, LONG], store)
    assert len(list((store.folder / "records").iterdir())) == 1
    return {record.id: record for record in store.records()}


def test_a_shorter_context_in_an_ensemble_is_its_run_alone(together, cache, tmp_path):
    """Padded to the longest member, it trains and is judged as if it were not."""
    store = Store(tmp_path)
    run_points([SHORT], store)
    (alone,) = store.records()
    found = together[SHORT.identity()]
    for name in ("excess_risk", "excess_risk_se", "pretrain_excess_risk"):
        assert getattr(found, name) == pytest.approx(getattr(alone, name), rel=1e-3), name
    # Thirty steps leave most of the hundred bins empty.
    ours, theirs = (np.array(record.loss_curve, float) for record in (found, alone))
    assert np.isfinite(theirs).sum() == RECIPE.num_steps
    np.testing.assert_allclose(ours, theirs, rtol=1e-3)
    np.testing.assert_allclose(found.curve_excess_risk, alone.curve_excess_risk, rtol=1e-3)
    np.testing.assert_allclose(found.position_excess_risk, alone.position_excess_risk, rtol=1e-3)


def test_the_risk_is_that_of_the_query_position(together):
    for point in (SHORT, LONG):
        record, position = together[point.identity()], point.task.num_context
        assert record.excess_risk == pytest.approx(record.position_excess_risk[position], rel=1e-5)
        for comparison in record.baselines:
            own = comparison.position_excess_risk[position]
            assert comparison.excess_risk == pytest.approx(own, rel=1e-5)


def test_baselines_are_judged_at_every_position(together):
    """Zero is as bad everywhere; ridge knows nothing at first and never gets worse."""
    found = {c.name: c.position_excess_risk for c in together[LONG.identity()].baselines}
    assert {"zero", "ridge", "least-squares", "averaging"} <= found.keys()
    np.testing.assert_allclose(found["zero"], 1.0, atol=0.2)
    assert found["ridge"][0] == pytest.approx(found["zero"][0], rel=1e-6)
    assert np.all(np.diff(found["ridge"]) < 0.05)
    best = np.min([found[name] for name in found], axis=0)
    assert np.all(np.asarray(found["ridge"]) < best + 0.1)


def sequences(count=6, points=5):
    generator = np.random.default_rng(0)
    arrays = [generator.standard_normal(shape) for shape in ((count, points, 2), (count, points))]
    xs, ys = (jnp.asarray(array, jnp.float32) for array in arrays)
    return Sequence(xs, ys, ys)


@pytest.mark.parametrize("loss_on", ["last", "all"])
def test_the_loss_counts_the_positions_it_should(loss_on):
    """Positions after the query are padding; `last` counts the query alone."""
    drawn, num_context = sequences(), 3
    model = LinearAttention().init(jax.random.key(0), 2)
    predicted = np.stack([model(x, y) for x, y in zip(drawn.xs, drawn.ys, strict=True)])
    squared = (predicted - np.asarray(drawn.ys)) ** 2
    expected = squared[:, 3].mean() if loss_on == "last" else squared[:, :4].mean()
    found = training_loss(
        model, Recipe(loss_on=loss_on), drawn, num_context=jnp.asarray(num_context)
    )
    assert float(found) == pytest.approx(expected, rel=1e-5)


def test_the_loss_of_moments_is_the_mean_over_queries():
    generator = np.random.default_rng(0)
    draw = lambda *shape: jnp.asarray(generator.standard_normal(shape), jnp.float32)  # noqa: E731
    moments = Moments(draw(4, 2, 2), draw(4, 2), draw(4, 3, 2), jnp.full(4, 5.0))
    drawn = MomentSequence(moments, draw(4, 3), draw(4, 3))
    model = LinearAttention().init(jax.random.key(0), 2)
    expected = []
    for context in range(4):
        for query in range(3):
            one = Moments(
                moments.covariance[context],
                moments.cross[context],
                moments.query[context, query],
                moments.num_context[context],
            )
            expected.append((model.predict(one) - drawn.labels[context, query]) ** 2)
    found = training_loss(model, Recipe(num_queries=3), drawn, num_context=jnp.asarray(5))
    assert float(found) == pytest.approx(float(np.mean(expected)), rel=1e-5)


def test_a_task_of_structure_alone_is_trained_and_evaluated(cache, tmp_path):
    """No number of it varies between members, so that nothing but the group says how many."""
    task = KHopInduction(num_tokens=8, vocabulary_size=4)
    recipe = Recipe(num_steps=5, batch_size=8, loss_on="all", eval_contexts=64)
    store = Store(tmp_path)
    assert run_points([Point(task, MODEL, recipe, seed=seed) for seed in (0, 1)], store) == 2
    first, second = store.records()
    assert first.cross_entropy != second.cross_entropy
    # The same contexts, whatever the weights.
    assert first.baselines[0].excess_risk == second.baselines[0].excess_risk
