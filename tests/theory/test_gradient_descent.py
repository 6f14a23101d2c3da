"""Gradient descent at isotropic covariance: closed forms, optimal steps, order."""

import math

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from iclaws import theory
from iclaws.errors import InvalidValue

from .monte_carlo import descent, excess


def catalan_series(depth, alpha, terms=6000):
    """The noise-free tied risk as published: a tail of Catalan numbers."""
    x, total = alpha / (1 + alpha) ** 2, 0.0
    term = math.comb(2 * depth, depth) / (depth + 1) * x**depth
    for j in range(depth, depth + terms):
        total += term
        term *= 2 * (2 * j + 1) / (j + 2) * x
    return max(0.0, 1 - alpha) + alpha / (1 + alpha) * total


@settings(max_examples=60, deadline=None)
@given(depth=st.integers(1, 60), k=st.floats(1, 1e4), dims=st.floats(1, 1e4))
def test_the_noiseless_tied_step_is_k_over_k_plus_dims(depth, k, dims):
    found = theory.gradient_descent_risk(depth, k, dims, 1.0, 0.0)
    assert found.steps == pytest.approx(k / (k + dims), rel=1e-14)
    for other in (found.steps * 0.99, found.steps * 1.01):
        risk = theory.gradient_descent_risk_with(other, depth, k, dims, 1.0, 0.0)
        assert risk >= found.risk * (1 - 1e-12)


@pytest.mark.parametrize("ratio", [0.5, 1.5, 4.0])
@pytest.mark.parametrize("depth", [1, 3, 10, 50])
def test_noiseless_tied_steps_by_search_digits(ratio, depth):
    # .333333, .6, .8 at every depth: found here without being told.
    found = theory.gradient_descent_risk(depth, 100 * ratio, 100, 1.0, 1e-14)
    assert found.steps == pytest.approx(ratio / (1 + ratio), abs=5e-7)


@pytest.mark.parametrize("alpha", [0.3, 0.8, 1.5, 4.0])
@pytest.mark.parametrize("depth", [1, 2, 7, 40])
def test_noiseless_tied_risk_is_the_catalan_series(alpha, depth):
    found = theory.gradient_descent_risk(depth, 100 * alpha, 100, 1.0, 0.0).risk
    assert found == pytest.approx(catalan_series(depth, alpha), rel=1e-12)


@pytest.mark.parametrize("depth", [1, 10, 100, 10_000])
def test_at_the_threshold_the_risk_is_a_central_binomial(depth):
    # binom(2L, L)/4^L ~ (pi L)^(-1/2).
    found = theory.gradient_descent_risk(depth, 100, 100, 1.0, 0.0).risk
    exact = math.exp(math.lgamma(2 * depth + 1) - 2 * math.lgamma(depth + 1) - depth * math.log(4))
    assert found == pytest.approx(exact, rel=1e-9)
    assert found * math.sqrt(math.pi * depth) == pytest.approx(1, abs=0.13 / depth)


@pytest.mark.parametrize(
    ("noise", "steps"),
    [(0.1, [0.645, 0.659, 0.657, 0.651, 0.480, 0.245, 0.124])],
)
def test_noisy_tied_step_digits(noise, steps):
    depth = 2 ** np.arange(len(steps))
    found = theory.gradient_descent_risk(depth, 200, 100, 1.0, noise).steps
    np.testing.assert_allclose(found, steps, atol=5.1e-4)


def test_noisy_tied_slopes_digits():
    depth = 2 ** np.arange(9)
    for noise, expected in ((0.1, {3: -0.44, 4: -0.97, 5: -0.985}), (0.01, {5: -0.71, 6: -0.985})):
        found = theory.gradient_descent_risk(depth, 200, 100, 1.0, noise).steps
        slopes = np.diff(np.log(found)) / math.log(2)
        for place, slope in expected.items():
            assert slopes[place] == pytest.approx(slope, abs=5e-3)
        assert np.all(np.abs(slopes[: min(expected)]) < 0.035)


def test_untied_noiseless_mean_step_digits():
    means = [
        theory.gradient_descent_risk(depth, 200, 100, 1.0, 0.0, tied=False).steps.mean()
        for depth in (1, 2, 4, 8, 16)
    ]
    np.testing.assert_allclose(means, [0.667, 0.857, 1.161, 1.509, 1.75], atol=5e-4)


def test_untied_noiseless_steps_reach_the_bound():
    for ratio in (0.5, 1.0, 3.0):
        for depth in (1, 2, 5, 20):
            found = theory.gradient_descent_risk(depth, 100 * ratio, 100, 1.0, 0.0, tied=False)
            bound = theory.polynomial_bound(depth, 100 * ratio, 100, 1.0, 0.0).risk
            assert found.risk == pytest.approx(bound, rel=1e-14)
            ell = np.arange(1, depth + 1)
            g = 1 / ratio
            closed = 1 / (1 + g + 2 * np.sqrt(g) * np.cos(ell * np.pi / (depth + 1)))
            np.testing.assert_allclose(np.sort(found.steps), np.sort(closed), rtol=1e-12)


def test_total_step_digits():
    # k/D = 2, noise .5: the sum tends to 1/z = 4.
    found = [theory.polynomial_bound(depth, 200, 100, 1.0, 0.5).total_step for depth in (8, 16, 32)]
    assert np.all(np.abs(np.array(found) - [3.58, 3.970, 3.9998]) < [5e-3, 5e-4, 5e-5])


@pytest.mark.parametrize("noise", [0.02, 0.5])
def test_order_of_bayes_bound_untied_and_tied(noise):
    last = np.inf
    for depth in range(9):
        tied = theory.gradient_descent_risk(depth, 150, 100, 1.0, noise).risk
        free = theory.gradient_descent_risk(depth, 150, 100, 1.0, noise, tied=False).risk
        bound = theory.polynomial_bound(depth, 150, 100, 1.0, noise).risk
        bayes = theory.isotropic_bayes_risk(150, 100, 1.0, noise)
        slack = 1 + 1e-12
        assert bayes <= bound * slack
        assert bound <= free * slack
        assert free <= tied * slack
        assert free <= last * slack
        last = free


@pytest.mark.parametrize("k", [150, 300, 600])
def test_untied_risk_against_monte_carlo(k):
    noise, dims = 0.2, 300
    found = theory.gradient_descent_risk(3, k, dims, 1.0, noise, tied=False)
    estimate = excess(
        descent(found.steps), k, np.ones(dims), np.full(dims, 1 / dims), noise, draws=200
    )
    assert estimate.sees(found.risk, slack=theory.descent_accuracy(3, dims, tied=False)), estimate


@pytest.mark.parametrize(("k", "depth"), [(150, 4), (300, 2), (600, 6)])
def test_tied_risk_against_monte_carlo(k, depth):
    noise, dims = 0.2, 300
    found = theory.gradient_descent_risk(depth, k, dims, 1.0, noise)
    estimate = excess(
        descent([found.steps] * depth), k, np.ones(dims), np.full(dims, 1 / dims), noise, draws=250
    )
    assert estimate.sees(found.risk, slack=0.01), estimate


def test_one_step_agrees_with_the_exact_layer_at_large_size():
    found = theory.gradient_descent_risk(1, 3000, 2000, 1.0, 0.3)
    assert found.steps == pytest.approx(theory.linear_attention_step(3000, 2000, 1, 0.3), rel=1e-3)


def test_extremes():
    zero = theory.gradient_descent_risk(0, 10, 10, 2.0, 0.1)
    assert (zero.risk, zero.steps) == (2.0, 0.0)
    assert theory.gradient_descent_risk(0, 10, 10, 2.0, 0.1, tied=False).steps.shape == (0,)
    assert theory.gradient_descent_risk(5, 0, 10, 2.0, 0.1).risk == 2.0
    depth, k, noise = np.meshgrid([1, 7, 10**6], [1e-8, 1.0, 1e8], [0.0, 1e-12, 1e12])
    found = theory.gradient_descent_risk(depth, k, 1.0, 1.0, noise)
    assert np.isfinite(found.risk).all()
    assert np.isfinite(found.steps).all()
    assert np.all((found.risk >= 0) & (found.risk <= 1 + 1e-12))


@pytest.mark.parametrize("depth", [1.5, -1, np.nan])
def test_depth_must_be_a_whole_number(depth):
    with pytest.raises(InvalidValue, match="depth"):
        theory.gradient_descent_risk(depth, 10, 10, 1.0, 0.1)
