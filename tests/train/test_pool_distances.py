"""Runs with a finite pool: dMMSE of that very pool, and distances on both task laws."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from iclaws.baselines.dmmse import DMMSE
from iclaws.models.linear_attention import LinearAttention
from iclaws.results import Store
from iclaws.tasks.linear_regression import LinearRegression
from iclaws.train import Point, Recipe, draws
from iclaws.train.draws import evaluation_draw, run_keys
from iclaws.train.references import pool_weights, references
from iclaws.train.runner import run_points

TASK = LinearRegression(2, 4, noise_var=0.2)


def point(num_tasks=3, *, loss_on="all", seed=5, **recipe):
    recipe = {"num_steps": 20, "batch_size": 16, "eval_contexts": 700} | recipe
    return Point(
        TASK, LinearAttention(), Recipe(num_tasks=num_tasks, loss_on=loss_on, **recipe), seed
    )


def test_the_pool_is_the_one_that_training_draws_from():
    run = point()
    keys = run_keys(run.seed)
    drawn = [
        TASK.sample_latent(
            draws.training_draw(run.recipe, keys, (jnp.asarray(s), jnp.asarray(0)))[0]
        )
        for s in range(40)
    ]
    seen = np.unique(np.round([np.asarray(latent.weights) for latent in drawn], 5), axis=0)
    pool = np.unique(np.round(np.asarray(pool_weights(run)), 5), axis=0)
    np.testing.assert_allclose(seen, pool)


def test_dmmse_is_named_where_it_is_bayes():
    assert isinstance(references(point())["dmmse"], DMMSE)
    assert "dmmse" not in references(point(None))
    quiet = Point(LinearRegression(2, 4), LinearAttention(), Recipe(num_tasks=3))
    assert "dmmse" not in references(quiet)
    assert pool_weights(point(2**16)) is None
    assert pool_weights(point(num_redraws=2)) is None


@pytest.mark.parametrize("loss_on", ["all", "last"])
def test_a_record_holds_both_distances_on_both_laws(tmp_path, loss_on):
    """Two pools in one group, by tokens and by moments, against a loop over contexts."""
    store, points = Store(tmp_path), [point(1, loss_on=loss_on), point(6, loss_on=loss_on)]
    run_points(points, store)
    record = store.records()[-1]
    found = {comparison.name: comparison for comparison in record.baselines}
    own, other = found["dmmse"], found["ridge"]
    # On its own tasks the pool's estimator is best; on new ones ridge is.
    assert own.pretrain_excess_risk < other.pretrain_excess_risk
    assert own.excess_risk > other.excess_risk
    if loss_on == "last":
        assert own.position_distance == []
        return
    assert len(own.position_distance) == len(own.pretrain_position_distance) == 5
    # The two ways to the distance at the query on new tasks agree.
    for comparison in (own, other):
        assert comparison.position_distance[-1] == pytest.approx(comparison.distance, rel=1e-4)
        assert comparison.pretrain_position_distance[-1] == comparison.pretrain_distance
        assert comparison.pretrain_position_excess_risk[-1] == comparison.pretrain_excess_risk
    expected = _by_hand(points[1])
    assert own.pretrain_excess_risk == pytest.approx(expected, rel=1e-3)
    assert found["zero"].pretrain_distance is None and found["zero"].position_distance == []


def _by_hand(run):
    """Return the risk of dMMSE on new sequences of the pool, from the definition."""
    pool = pool_weights(run)
    keys = run_keys(run.seed)

    def one(index):
        draw = evaluation_draw(index // 512, index % 512)
        latent = TASK.sample_latent(draws.pooled(6, keys.pool, draw.latent))
        sequence = TASK.sample_sequence(draw.sequence, latent, 5)
        left = sequence.ys[:4, None] - sequence.xs[:4] @ pool.T
        weights = jax.nn.softmax(-jnp.sum(left**2, axis=0) / 0.4)
        return (weights @ (pool @ sequence.xs[4]) - sequence.targets[4]) ** 2

    indices = jnp.arange(700, dtype=jnp.int32)
    return float(jnp.mean(jax.jit(jax.vmap(one))(indices)))
