"""The filter: exact Jacobians, exact filters of constructed models, intervals that cover."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from iclaws.baselines import baselines
from iclaws.baselines.ridge import Ridge
from iclaws.errors import InvalidValue
from iclaws.mechanism import draw_contexts, predict
from iclaws.mechanism.filter import Filter, filter_curve, label_jacobian, measure_filter
from iclaws.models import AbstractLogitModel, models
from iclaws.models.constructions import gradient_descent_weights
from iclaws.models.linear_attention import LinearAttention
from iclaws.models.transformer import Transformer

from .conftest import NOISY

# Answers without a derivative in the labels: trees are fitted outside the program, and a network's
# steps and a lasso's supports kink within any step of a difference.
ROUGH = ("boosted-trees", "greedy-tree", "lasso", "neural-network")
# A filter is of predictions that are real numbers.
ANSWERS = [
    *(("model", name) for name in models.names() if "squared" in models.get(name).losses),
    *(
        ("baseline", name)
        for name in baselines.names()
        if not issubclass(baselines.get(name), AbstractLogitModel) and name not in ROUGH
    ),
]


def built(kind, name, num_dims):
    """Return a model or baseline in double precision, its weights far from zero."""
    if kind == "baseline":
        found = baselines.get(name).example(num_dims)
    else:
        with jax.enable_x64(False):
            found = models.get(name)().init(jax.random.key(1), num_dims)
        found = jax.tree.map(lambda leaf: 3.0 * leaf, found)
    return jax.tree.map(lambda leaf: jnp.asarray(leaf, jnp.float64), found)


@pytest.mark.parametrize(("kind", "name"), ANSWERS)
def test_the_jacobian_is_the_limit_of_central_differences(double, contexts, kind, name):
    few = contexts.keep(slice(3))
    model = built(kind, name, 6)
    values, jacobian = label_jacobian(model, few)
    np.testing.assert_allclose(values, predict(model, few), rtol=1e-9, atol=1e-12)
    step = 1e-5
    for index in (0, 7, 11):
        moved = np.zeros_like(few.ys)
        moved[:, index] = step
        up, down = (predict(model, few._replace(ys=few.ys + d)) for d in (moved, -moved))
        difference = (up - down) / (2 * step)
        scale = np.abs(jacobian).max() + 1e-12
        np.testing.assert_allclose(jacobian[..., index], difference, atol=1e-6 * scale)


KNOWN = {
    "four equal steps": (
        lambda: gradient_descent_weights(jnp.full(4, 0.4), 6),
        lambda x: 1 - (1 - 0.4 * x) ** 4,
    ),
    "three unequal steps": (
        lambda: gradient_descent_weights(jnp.asarray([0.3, 0.5, 0.2]), 6),
        lambda x: 1 - (1 - 0.3 * x) * (1 - 0.5 * x) * (1 - 0.2 * x),
    ),
    # k = 12, prior 1/6, noise 0.1: z = 0.6 / 12.
    "ridge": (lambda: Ridge(jnp.full(6, 1 / 6), 0.1), lambda x: x / (x + 0.05)),
}


@pytest.mark.parametrize("queries", ["task", "eigenvectors"])
@pytest.mark.parametrize("name", KNOWN)
def test_filters_of_constructed_models_are_exact(double, contexts, name, queries):
    build, true = KNOWN[name]
    found = measure_filter(build(), contexts, queries=queries)
    kept = found.weight > 1e-4  # a query along a direction that it nearly lacks says nothing
    np.testing.assert_allclose(
        found.response[kept], true(found.eigenvalues)[kept], rtol=0, atol=1e-9
    )
    assert found.outside.max() < 1e-12
    assert found.leakage.max() < 1e-18
    assert found.unexplained.max() < 1e-12


def test_an_ensemble_is_its_members_one_by_one(contexts):
    keys = jax.random.split(jax.random.key(0), 3)
    architecture = LinearAttention(depth=2, init_scale=0.5)
    stacked = jax.vmap(lambda key: architecture.init(key, 6))(keys)
    together = measure_filter(stacked, contexts, runs=1)
    for run in range(3):
        member = jax.tree.map(lambda leaf, run=run: leaf[run], stacked)
        alone = measure_filter(member, contexts)
        np.testing.assert_allclose(together.of(run).response, alone.response, rtol=1e-4, atol=1e-5)
    # Checkpoints of an ensemble: two axes.
    grid = jax.tree.map(lambda leaf: jnp.stack([leaf, 2.0 * leaf]), stacked)
    assert measure_filter(grid, contexts, runs=2).response.shape == (2, 3, 32, 6)


def test_a_softmax_transformer_is_no_filter(contexts):
    model = jax.tree.map(lambda leaf: 5.0 * leaf, Transformer(width=16).init(jax.random.key(0), 6))
    found = measure_filter(model, contexts)
    assert found.outside.mean() > 0.05
    assert found.leakage.mean() > 0.05
    assert found.unexplained.mean() > 0.01 * np.abs(found.predicted).mean()


def test_averages_over_bins_follow_the_filter_and_carry_an_interval(double, contexts):
    curve = filter_curve(measure_filter(KNOWN["ridge"][0](), contexts))
    assert (np.diff(curve.eigenvalue) > 0).all()
    ridge = curve.eigenvalue / (curve.eigenvalue + 0.05)
    np.testing.assert_allclose(curve.response, ridge, atol=0.02)
    assert ((curve.low <= curve.response) & (curve.response <= curve.high)).all()


def test_intervals_over_contexts_cover_the_mean():
    """Of a model whose response differs between contexts: repeats of the experiment."""
    model = Transformer(depth=1, width=8, num_heads=1).init(jax.random.key(0), 6)
    model = jax.tree.map(lambda leaf: 4.0 * leaf, model)
    everything = draw_contexts(NOISY, 2000)
    whole = measure_filter(model, everything)
    truth = filter_curve(whole, num_bins=1, num_draws=10).response[0]
    inside = []
    for start in range(0, 2000, 50):
        part = slice(start, start + 50)
        some = Filter(*(leaf[part] for leaf in whole))
        one = filter_curve(some, num_bins=1, num_draws=200, seed=start)
        inside.append(one.low[0] <= truth <= one.high[0])
    assert np.mean(inside) >= 0.8  # of 40; nominal 0.95


def test_more_contexts_begin_with_the_fewer():
    few, many = draw_contexts(NOISY, 3), draw_contexts(NOISY, 5)
    np.testing.assert_array_equal(few.xs, many.keep(slice(3)).xs)


def test_bad_input_is_a_clear_sentence():
    with pytest.raises(InvalidValue, match="`num_contexts` must be at least 1"):
        draw_contexts(NOISY, 0)
