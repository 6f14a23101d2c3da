"""Trained models run the algorithm that their layers can: GD, or GD++ with updated covariates.

These trainings take minutes; leave them out with `-m 'not slow'`.
"""

import jax.numpy as jnp
import numpy as np
import pytest

from iclaws.mechanism import draw_contexts
from iclaws.mechanism.alignment import align
from iclaws.mechanism.filter import measure_filter
from iclaws.mechanism.filter_fits import effective_depth
from iclaws.mechanism.identify import Outcome, identify
from iclaws.mechanism.interpolation import risk_between
from iclaws.mechanism.rivals import rivals
from iclaws.models.constructions import gradient_descent_weights
from iclaws.models.transformer import Transformer
from iclaws.results import Store
from iclaws.studies import studies
from iclaws.train.checkpoints import load_weights
from iclaws.train.runner import run_points

pytestmark = pytest.mark.slow


def trained(folder, covariates, depth):
    """Return the tied models of the study `gd-or-gdpp`, three seeds, and their contexts."""
    points = [
        point
        for point in studies.get("gd-or-gdpp")().points()
        if (point.model.covariates, point.model.depth, point.model.tied)
        == (covariates, depth, True)
    ]
    assert len(points) == 3
    store = Store(folder)
    run_points(points, store)
    task = points[0].task
    return [load_weights(store, p) for p in points], draw_contexts(task, 512), task


def test_one_layer_is_one_gradient_step(tmp_path):
    models, contexts, task = trained(tmp_path, "frozen", 1)
    # The closed form of the best step, k / (k + D + 1).
    step = gradient_descent_weights(jnp.asarray([20 / 26]), task.num_dims)
    for model in models:
        found = align(model, step, contexts)
        assert found.cosine > 0.99
        assert found.spd < 0.01
        ends = risk_between(model, step, contexts)
        np.testing.assert_allclose(ends, ends[0], rtol=0.01)


def test_frozen_tied_depth_four_is_four_gradient_steps(tmp_path):
    models, contexts, task = trained(tmp_path, "frozen", 4)
    named = rivals(task, untied=4)
    for model in models:
        found = effective_depth(measure_filter(model, contexts))
        assert 3.5 <= found.low <= found.depth <= found.high <= 4.5
        assert identify(model, contexts, named).algorithm == "gradient-descent-4"


@pytest.mark.parametrize("depth", [2, 3])
def test_updated_covariates_run_gd_plus_plus_and_not_gradient_descent(tmp_path, depth):
    models, contexts, task = trained(tmp_path, "updated", depth)
    named = rivals(task, untied=depth)
    for model in models:
        found = identify(model, contexts, named)
        assert found.outcome is Outcome.IDENTIFIED
        assert found.algorithm == f"gd-plus-plus-{depth}"
        descent = [d for name, d in found.distances.items() if "gradient-descent" in name]
        assert min(distance.excess_low for distance in descent) > 0.0


def test_softmax_transformers_are_closer_to_ridge_than_to_gradient_descent(tmp_path):
    """Any depth, equal or free steps; on the same contexts, with the interval."""
    points = [
        point
        for point in studies.get("step-size")().points()
        if isinstance(point.model, Transformer) and point.model.depth == 4
    ]
    assert len(points) == 3
    store = Store(tmp_path)
    run_points(points, store)
    task = points[0].task
    contexts = draw_contexts(task, 2048)
    named = {
        name: rival
        for name, rival in rivals(task, untied=4).items()
        if name == "ridge" or "gradient-descent" in name
    }
    assert len(named) > 6
    for point in points:
        found = identify(load_weights(store, point), contexts, named)
        assert found.closest == "ridge"
        assert found.distances["ridge"].high < 0.05
        others = [d for name, d in found.distances.items() if name != "ridge"]
        assert min(distance.excess_low for distance in others) > 0.0
