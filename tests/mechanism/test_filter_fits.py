"""Fits recognise the algorithm that a filter is of."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from iclaws.baselines.ridge import Ridge
from iclaws.errors import InvalidValue, UnknownName
from iclaws.mechanism import draw_contexts
from iclaws.mechanism.filter import measure_filter
from iclaws.mechanism.filter_fits import effective_depth, fit_filter, simplest
from iclaws.mechanism.initial_slope import initial_slope
from iclaws.mechanism.linearity import label_linearity
from iclaws.mechanism.preconditioner import fit_preconditioner
from iclaws.models.constructions import gd_plus_plus_weights, gradient_descent_weights
from iclaws.models.linear_attention import LinearAttentionModel
from iclaws.models.transformer import Transformer
from iclaws.tasks.linear_regression import LinearRegression

EXACT, FAR = 1e-8, 1e-3


def descent(*steps):
    return gradient_descent_weights(jnp.asarray(steps), 6)


@pytest.mark.parametrize("depth", [1, 2, 4, 7])
def test_the_depth_of_equal_steps_is_found_and_no_other_fits(double, contexts, depth):
    found = effective_depth(measure_filter(descent(*[0.4] * depth), contexts))
    assert (found.depth, found.low, found.high) == (depth, depth, depth)
    assert found.step == pytest.approx(0.4, rel=1e-8)
    assert found.rms[depth] <= EXACT
    assert min(rms for other, rms in found.rms.items() if other != depth) >= FAR


@pytest.mark.parametrize("depth", [14, 20, 32])
def test_more_equal_steps_than_first_tried_are_found(double, contexts, depth):
    found = effective_depth(measure_filter(descent(*[0.3] * depth), contexts))
    assert (found.depth, found.low, found.high) == (depth, depth, depth)


def test_a_depth_beyond_all_that_are_tried_is_a_lower_end(double, contexts):
    found = effective_depth(measure_filter(descent(*[0.3] * 80), contexts))
    assert found.depth == 64 and found.high == np.inf


CASES = {
    "gradient-descent, depth 4": (lambda: descent(*[0.4] * 4), {"step": [0.4]}),
    "untied-gradient-descent, depth 3": (
        lambda: descent(0.15, 0.4, 0.7),
        {"steps": [0.15, 0.4, 0.7]},
    ),
    "ridge": (lambda: Ridge(jnp.full(6, 1 / 6), 0.1), {"penalty": [0.05]}),
    "gd-plus-plus, depth 2": (
        lambda: gd_plus_plus_weights(jnp.full(2, 0.4), jnp.full(2, 0.2), 6),
        {"step": [0.4], "shrinkage": [0.2]},
    ),
    "untied-gd-plus-plus, depth 2": (
        lambda: gd_plus_plus_weights(jnp.asarray([0.4, 0.3]), jnp.asarray([0.2, 0.1]), 6),
        {"steps": [0.4, 0.3], "shrinkage": [0.2]},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_simplest_exact_fit_is_the_algorithm(double, contexts, name):
    build, parameters = CASES[name]
    fits = fit_filter(measure_filter(build(), contexts), depths=range(1, 5))
    exact = [fit for fit in fits if fit.rms <= EXACT]
    best = min(exact, key=lambda fit: (fit.num_parameters, fit.depth or 0))
    assert best.label == name
    for key, values in parameters.items():
        np.testing.assert_allclose(np.sort(best.parameters[key]), np.sort(values), rtol=1e-6)
    simpler = [fit for fit in fits if fit.num_parameters < best.num_parameters]
    assert min(fit.rms for fit in simpler) >= FAR
    np.testing.assert_allclose(best.response(np.asarray([0.0])), [0.0], atol=1e-12)


def test_simplicity_wins_only_where_it_costs_nothing(double, contexts):
    fits = fit_filter(measure_filter(descent(*[0.4] * 4), contexts), depths=range(1, 5))
    assert simplest(fits).label == "gradient-descent, depth 4"
    assert simplest(fits, slack=0.0).rms <= EXACT


@pytest.mark.parametrize("steps", [(0.4,), (0.4,) * 4, (0.3, 0.5, 0.2)])
def test_the_slope_at_zero_is_the_sum_of_the_steps(double, contexts, steps):
    found = initial_slope(measure_filter(descent(*steps), contexts))
    assert found.value == pytest.approx(sum(steps), rel=1e-9)
    assert found.degree == len(steps) and found.resolved
    assert found.low - 1e-9 <= found.value <= found.high + 1e-9


@pytest.mark.parametrize(("depth", "resolved"), [(1, True), (4, True), (16, False), (32, False)])
def test_a_slope_that_no_eigenvalue_shows_is_told(depth, resolved):
    """In single precision, ten dimensions and twenty examples: what studies measure."""
    task = LinearRegression(10, 20)
    model = gradient_descent_weights(jnp.full(depth, 0.53), 10)
    for seed in range(3):
        found = initial_slope(measure_filter(model, draw_contexts(task, 256, seed=seed)))
        assert found.resolved is resolved
        holds = found.low - 1e-4 <= 0.53 * depth <= found.high + 1e-4
        assert holds or not resolved


def test_a_learnt_preconditioner_is_recovered(double):
    """Covariance of fixed structure, one step per coordinate."""
    task = LinearRegression(5, 40, setting="fs", capacity=1.0, source=1.0)
    steps = np.array([0.5, 0.9, 1.3, 2.0, 2.5])
    mixers = jnp.asarray(np.diag(steps))[None].repeat(2, 0)
    model = LinearAttentionModel(mixers, jnp.ones(2), None, None, 2)
    fit = fit_preconditioner(measure_filter(model, draw_contexts(task, 24)), 2)
    np.testing.assert_allclose(fit.steps, steps, rtol=1e-6)
    assert fit.error < 1e-9 < 1e-2 < fit.plain_error


def test_linearity_in_the_labels(contexts):
    linear = label_linearity(descent(0.4, 0.4), contexts)
    assert linear.scaling < 1e-5 and linear.additivity < 1e-5
    model = jax.tree.map(lambda leaf: 5.0 * leaf, Transformer(width=16).init(jax.random.key(0), 6))
    other = label_linearity(model, contexts)
    assert other.scaling > 0.05 and other.additivity > 0.05


def test_bad_input_is_a_clear_sentence(contexts):
    found = measure_filter(descent(0.4), contexts)
    with pytest.raises(UnknownName, match="Did you mean 'ridge'"):
        fit_filter(found, ("rigde",))
    several = found._replace(carried=found.carried[None])
    with pytest.raises(InvalidValue, match="one model's filter at a time"):
        fit_filter(several)
