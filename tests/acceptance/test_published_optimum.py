"""The published experiments on linear attention, by their `quick` presets, against their numbers.

These trainings take minutes; they run with `-m slow`.
"""

import jax
import numpy as np
import pytest

from iclaws import theory
from iclaws.models._base import prefix_moments
from iclaws.results import Store
from iclaws.studies import studies
from iclaws.studies.oswald_one_layer import uniform_regression
from iclaws.train.checkpoints import load_weights
from iclaws.train.runner import run_points

pytestmark = pytest.mark.slow


def trained(name, folder, keep=lambda point: True):
    """Return the store and the points of a quick preset, trained."""
    store, points = Store(folder), [p for p in studies.get(name)("quick").points() if keep(p)]
    run_points(points, store)
    assert {record.status for record in store.records()} == {"trained"}
    return store, points


def risks(store):
    return np.array([record.excess_risk for record in store.records()])


def sensitivities(predict, count=256):
    """Return the derivative of the prediction by the query, one row per context."""
    task = uniform_regression()

    def one(key):
        latent_key, key = jax.random.split(key)
        drawn = task.sample_sequence(key, task.sample_latent(latent_key), task.num_context + 1)
        last = jax.tree.map(lambda leaf: leaf[-1], prefix_moments(drawn.xs, drawn.ys))
        return jax.grad(lambda query: predict(last._replace(query=query)))(last.query)

    return np.asarray(jax.jit(jax.vmap(one))(jax.random.split(jax.random.key(9), count)))


def cosine(first, second):
    product = (first * second).sum(axis=1)
    return product / np.linalg.norm(first, axis=1) / np.linalg.norm(second, axis=1)


def test_one_layer_on_uniform_covariates_is_the_best_step(tmp_path):
    """Within 1 % of 0.20623 (half the squared error), sensitivity cosine above 0.99."""
    store, points = trained("oswald-one-layer", tmp_path)
    np.testing.assert_allclose(risks(store) / 2, 0.20623, rtol=0.01)
    best = theory.one_step_risk(10, 10, 10 / 12, kurtosis=1.8, input_var=1 / 12)
    descent = sensitivities(lambda moments: best.step_size * moments.cross @ moments.query)
    for point in points:
        found = sensitivities(load_weights(store, point).predict)
        assert cosine(found, descent).mean() > 0.99
        away = np.linalg.norm(found - descent, axis=1) / np.linalg.norm(descent, axis=1)
        assert away.mean() < 0.1


# Half the squared error: GD++ (scalar steps) and plain GD with free steps.
DEPTH = {(2, True): (0.110, 0.157), (3, True): (0.077, 0.133)} | {
    (2, False): (0.0915, 0.141),
    (3, False): (0.0433, 0.110),
}


@pytest.mark.parametrize(("depth", "tied"), DEPTH)
def test_several_layers_on_uniform_covariates_reach_gd_plus_plus(tmp_path, depth, tied):
    """At most 25 % above the published GD++ number, and below gradient descent of that depth."""
    store, _ = trained(
        "oswald-depth", tmp_path, lambda p: (p.model.depth, p.model.tied) == (depth, tied)
    )
    best, descent = DEPTH[depth, tied]
    # The best seed: training is not convex; every seed passes gradient descent.
    assert risks(store).min() / 2 < 1.25 * best
    assert risks(store).max() / 2 < descent
    # Free matrices may pass scalar steps, but not by much.
    assert risks(store).min() / 2 > 0.75 * best


def test_three_layers_on_gaussian_covariates_pass_gradient_descent(tmp_path):
    """Published: GD .360 and .134 at 2 and 3 layers, GD++ .0566 and .00064, trained .0009-.0015."""
    store, _ = trained("ahn-three-layer", tmp_path)
    found = {}
    for record in store.records():
        depth = record.point["model"]["depth"]
        found.setdefault(depth, []).append(record.excess_risk)
        if depth == 1:
            # The closed form within its error on these contexts, and the best step on the same.
            assert abs(record.excess_risk - 30 / 26) < 3 * record.excess_risk_se
            step = next(b for b in record.baselines if b.name == "gd-plus-plus")
            np.testing.assert_allclose(record.excess_risk, step.excess_risk, rtol=0.01)
    assert max(found[2]) < 1.3 * 0.0566 < 0.360
    assert min(found[3]) < 0.0015 < 0.134 / 50
    assert max(found[3]) < 0.005
