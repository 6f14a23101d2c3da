"""The closed-form optimum against a numerical one, and its invariance."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy.optimize import minimize

from iclaws import theory
from iclaws.errors import InvalidValue


def numerical_optimum(a, big_a, p, budget, cost):
    """Minimise over log sizes, the last one eliminated by the budget."""
    scale = (np.log(budget) - np.log(cost)) / p.sum()

    def loss(free):
        logs = np.append(free, (np.log(budget / cost) - p[:-1] @ free) / p[-1])
        return np.log((big_a * np.exp(-a * logs)).sum())

    start = np.full(a.size - 1, scale)
    found = minimize(loss, start, method="BFGS", options={"gtol": 1e-12})
    logs = np.append(found.x, (np.log(budget / cost) - p[:-1] @ found.x) / p[-1])
    return np.exp(found.fun), logs


def test_against_a_numerical_optimiser_on_200_instances():
    generator = np.random.default_rng(0)
    worst = 0.0
    for _ in range(200):
        size = generator.integers(2, 5)
        a, p = generator.uniform(0.1, 2, size), generator.uniform(0.3, 3, size)
        big_a = np.exp(generator.uniform(-3, 3, size))
        budget, cost = np.exp(generator.uniform(0, 30)), np.exp(generator.uniform(-2, 3))
        found = theory.allocate(a, big_a, p, budget, cost)
        assert np.log(found.sizes) @ p + np.log(cost) == pytest.approx(np.log(budget), abs=1e-9)
        assert found.excess == pytest.approx((big_a * found.sizes**-a).sum(), rel=1e-12)
        best, logs = numerical_optimum(a, big_a, p, budget, cost)
        worst = max(worst, abs(found.excess / best - 1))
        # The loss is flat at its minimum: sizes to the root of its accuracy.
        np.testing.assert_allclose(np.log(found.sizes), logs, atol=1e-4)
    assert worst < 1e-8


@settings(max_examples=50, deadline=None)
@given(
    alpha=st.floats(0.1, 3),
    beta=st.floats(0.1, 3),
    p=st.floats(0.2, 4),
    q=st.floats(0.2, 4),
    cost=st.floats(0.1, 100),
)
def test_the_frontier_does_not_depend_on_the_budget(alpha, beta, p, q, cost):
    budget = np.array([1e4, 1e8])
    found = theory.allocate([alpha, beta], [1.0, 2.0], [p, q], budget, cost)
    logs = np.diff(np.log(found.sizes), axis=0)[0]
    # L* ~ d*^(beta/alpha) whatever p, q and c.
    assert logs[0] / logs[1] == pytest.approx(beta / alpha, rel=1e-9)
    np.testing.assert_allclose(logs / np.log(1e4), found.frontier_exponents, rtol=1e-9)


def test_the_published_pair_is_a_special_case():
    found = theory.allocate([0.5, 1.0], [1.0, 1.0], [1, 1], 1e6)
    np.testing.assert_allclose(found.frontier_exponents, [2 / 3, 1 / 3], rtol=1e-14)
    found = theory.allocate([0.5, 1.0], [1.0, 1.0], [1, 2], 1e6)
    np.testing.assert_allclose(found.frontier_exponents, [0.5, 0.25], rtol=1e-14)


def test_terms_are_equal_up_to_cost_over_exponent():
    a, big_a, p = np.array([0.4, 0.9, 1.4]), np.array([2.0, 1.0, 5.0]), np.array([1.0, 2.0, 0.5])
    found = theory.allocate(a, big_a, p, 1e7, 12.0)
    terms = big_a * found.sizes**-a * a / p
    np.testing.assert_allclose(terms, terms[0], rtol=1e-12)


def test_bad_input_is_named():
    with pytest.raises(InvalidValue, match="one length"):
        theory.allocate([1.0, 2.0], [1.0], [1.0, 1.0], 10)
    with pytest.raises(InvalidValue, match="budget"):
        theory.allocate([1.0, 2.0], [1.0, 1.0], [1.0, 1.0], 0)
