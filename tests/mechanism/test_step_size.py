"""Step sizes from weights and function, alignment with algorithms, implicit weights, regression."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from iclaws.baselines.gradient_descent import GradientDescent
from iclaws.baselines.ridge import Ridge
from iclaws.errors import InvalidValue
from iclaws.mechanism import draw_contexts, predict
from iclaws.mechanism.alignment import align, sensitivity
from iclaws.mechanism.implicit_weights import (
    implicit_weights,
    layer_risks,
    probe_layers,
    weight_distance,
)
from iclaws.mechanism.interpolation import between, canonical, risk_between
from iclaws.mechanism.regression import clustered_slopes
from iclaws.mechanism.step_size import layer_steps, weight_steps
from iclaws.models.constructions import gradient_descent_weights
from iclaws.models.linear_attention import LinearAttention, LinearAttentionModel

from .conftest import NOISY

STEPS = (0.3, 0.5, 0.2)


@pytest.fixture(scope="module")
def descent():
    return gradient_descent_weights(jnp.asarray(STEPS), 6)


def test_every_layers_step_is_read_from_the_function(contexts, descent):
    found = layer_steps(descent, contexts)
    np.testing.assert_allclose(found.steps, STEPS, rtol=1e-3)
    np.testing.assert_allclose(found.explained, 1.0, atol=1e-4)


def test_steps_from_weights_do_not_see_the_redundant_scale(descent):
    np.testing.assert_allclose(weight_steps(descent), STEPS, rtol=1e-6)
    scale = jnp.asarray([2.0, 0.5, -4.0])
    scaled = LinearAttentionModel(
        descent.mixers / scale[:, None, None], descent.values * scale, None, None, 3
    )
    np.testing.assert_allclose(weight_steps(scaled), STEPS, rtol=1e-6)


def test_gradient_descent_is_aligned_with_itself_and_less_so_with_others(contexts, descent):
    same = align(descent, GradientDescent(jnp.asarray(STEPS)), contexts)
    assert same.cosine == pytest.approx(1.0, abs=1e-5) and same.spd < 1e-9
    other = align(descent, GradientDescent(jnp.asarray([1.5])), contexts)
    assert other.cosine < 0.999 and other.spd > 0.01 and other.sensitivity_difference > 0.05


def test_a_canonical_model_is_the_same_function(contexts):
    for architecture in (
        LinearAttention(depth=3, read_in_rank=4, init_scale=0.7),
        LinearAttention(depth=2, covariates="updated", init_scale=0.7, read_in_rank=6),
        LinearAttention(depth=2, tied=False, symmetric=True, init_scale=0.7),
    ):
        model = architecture.init(jax.random.key(3), 6)
        np.testing.assert_allclose(
            predict(canonical(model), contexts), predict(model, contexts), rtol=2e-3, atol=1e-4
        )


def test_a_trained_read_in_is_not_orthonormal(contexts):
    for rank in (4, 6):
        model = LinearAttention(
            depth=2, covariates="updated", init_scale=0.7, read_in_rank=rank
        ).init(jax.random.key(3), 6)
        stretched = dataclasses.replace(
            model, read_in=model.read_in * jnp.linspace(0.5, 1.5, 6)[None, :]
        )
        np.testing.assert_allclose(
            predict(canonical(stretched), contexts),
            predict(stretched, contexts),
            rtol=5e-3,
            atol=1e-3,
        )


def test_the_way_between_models_sees_the_query_as_they_do(contexts):
    shown = LinearAttention(depth=2, mask_query=False, init_scale=0.7).init(jax.random.key(3), 6)
    hidden = dataclasses.replace(shown, mask_query=True)
    np.testing.assert_allclose(
        predict(between(shown, shown, 0.5), contexts),
        predict(shown, contexts),
        rtol=2e-3,
        atol=1e-4,
    )
    with pytest.raises(InvalidValue, match="mask_query"):
        between(shown, hidden, 0.5)


def test_models_of_one_function_are_joined_by_a_flat_way(contexts, descent):
    scaled = LinearAttentionModel(
        -descent.mixers / 3.0, -3.0 * descent.values, None, None, descent.depth
    )
    risks = risk_between(descent, scaled, contexts)
    np.testing.assert_allclose(risks, risks[0], rtol=1e-4)
    zero = gradient_descent_weights(jnp.zeros(3), 6)
    expected = gradient_descent_weights(jnp.asarray(STEPS) / 2, 6)
    np.testing.assert_allclose(
        predict(between(descent, zero, 0.5), contexts),
        predict(expected, contexts),
        rtol=1e-4,
        atol=1e-6,
    )
    with pytest.raises(InvalidValue, match="Got depths 3 and 1"):
        between(descent, gradient_descent_weights(jnp.ones(1), 6), 0.5)


def test_implicit_weights_of_ridge_are_its_weights(descent):
    contexts = draw_contexts(NOISY, 16, num_queries=12)
    ridge = Ridge(jnp.full(6, 1 / 6), 0.1)
    found = implicit_weights(ridge, contexts)
    gram = contexts.xs.swapaxes(1, 2) @ contexts.xs + 0.6 * np.eye(6)
    cross = (contexts.xs.swapaxes(1, 2) @ contexts.ys[..., None])[..., 0]
    np.testing.assert_allclose(
        found.weights, np.linalg.solve(gram, cross[..., None])[..., 0], rtol=2e-3, atol=1e-4
    )
    assert found.explained == pytest.approx(1.0, abs=1e-6)
    assert weight_distance(ridge, ridge, contexts) == 0.0
    assert weight_distance(ridge, descent, contexts) > 0.01
    # A linear predictor's implicit weights are its sensitivity.
    np.testing.assert_allclose(
        implicit_weights(descent, contexts).weights,
        sensitivity(descent, contexts)[:, 0],
        rtol=5e-3,
        atol=1e-4,
    )
    with pytest.raises(InvalidValue, match="more than 6 queries"):
        implicit_weights(ridge, contexts._replace(queries=contexts.queries[:, :3]))


def test_every_gradient_step_lowers_the_risk_of_the_answer(descent):
    risks = layer_risks(descent, draw_contexts(NOISY, 400))
    assert (np.diff(risks) < 0).all() and len(risks) == 4


def test_a_linear_probe_finds_what_the_stream_holds_and_nothing_else(descent):
    """The query's stream in GD: the query and, in the last channel, minus its answer."""
    contexts = draw_contexts(NOISY, 600)
    answer = predict(descent, contexts)
    noise = np.random.default_rng(0).normal(size=(600, 1))
    found = probe_layers(descent, contexts, np.concatenate([answer, noise], axis=1)[:, :1])
    assert found[0] < 0.1 and found[-1] > 0.99
    assert probe_layers(descent, contexts, noise).max() < 0.1


def test_clustered_intervals_cover_and_equal_the_spread_of_seeds():
    """Seeds differ in their slopes: independent errors would be far too sure."""
    generator, covered = np.random.default_rng(1), 0
    x = np.tile(np.log([1.0, 2.0, 4.0, 8.0]), 8)
    seeds = np.repeat(np.arange(8), 4)
    for _ in range(200):
        tilt = generator.normal(size=8)[seeds] * 0.1
        y = 1.0 + (-0.5 + tilt) * x + 0.02 * generator.normal(size=len(x))
        slope = clustered_slopes(y, {"depth": x}, seeds)["depth"]
        low, high = slope.interval()
        covered += low <= -0.5 <= high
    assert 0.9 <= covered / 200 <= 0.99
    per_seed = [np.polyfit(x[seeds == s], y[seeds == s], 1)[0] for s in range(8)]
    assert slope.value == pytest.approx(np.mean(per_seed))
    # Balanced: the spread of the seeds' own slopes, up to the factor for few clusters.
    assert slope.se == pytest.approx(np.std(per_seed, ddof=1) / np.sqrt(8), rel=0.05)
    with pytest.raises(InvalidValue, match="2 clusters say nothing"):
        clustered_slopes(y, {"depth": x}, seeds % 2)
    with pytest.raises(InvalidValue, match="cannot be told apart"):
        clustered_slopes(y, {"depth": x, "again": 2 * x}, seeds)
