"""Loss laws with and without an interior optimum."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from iclaws import theory


def scan_optimum(loss, budget):
    """Minimise over ln L at N = L d, numerically."""
    found = minimize_scalar(
        lambda u: float(loss(np.exp(u), budget / np.exp(u))),
        bounds=(-5, np.log(budget) + 5), method="bounded", options={"xatol": 1e-10},
    )  # fmt: skip
    return np.exp(found.x)


@pytest.mark.parametrize("mixing", [1.0, 0.5, 0.1])
def test_power_means_share_the_frontier(mixing):
    budgets = np.array([1e4, 1e7])
    depths = [
        scan_optimum(
            lambda d, w: theory.power_mean_loss(d, w, (0.5, 1.0), (1.0, 2.0), mixing), budget
        )
        for budget in budgets
    ]
    slope = np.diff(np.log(depths))[0] / np.diff(np.log(budgets))[0]
    assert slope == pytest.approx(2 / 3, abs=1e-3)


def test_the_ends_of_the_power_mean():
    args = (7.0, 30.0, (0.5, 1.0), (1.0, 2.0))
    assert theory.power_mean_loss(*args) == pytest.approx(7**-0.5 + 2 / 30)
    # 1/s -> 0: the product, up to the factor 2^s.
    mixing = 1e-3
    product = np.sqrt(7**-0.5 * 2 / 30) ** 2
    found = theory.power_mean_loss(*args, mixing) ** (mixing / 2) / 2**0.5
    assert found**2 == pytest.approx(product ** (mixing / 2), rel=1e-3)
    corner = theory.bottleneck_loss(*args)
    assert corner == pytest.approx(max(7**-0.5, 2 / 30))


def test_exponential_depth_against_a_search():
    for budget in (1e2, 1e4, 1e8):
        for rate, beta in ((0.5, 1.0), (2.0, 0.3), (0.05, 0.7)):
            found = theory.exponential_depth_optimum(rate, beta, (1.5, 1.0), budget)

            def loss(d, w, rate=rate, beta=beta):
                return 1.5 * np.exp(-rate * d) + w**-beta

            assert found.loss == pytest.approx(loss(found.depth, found.width), rel=1e-12)
            grid = np.geomspace(1e-2, budget, 200_001)
            assert found.loss <= loss(grid, budget / grid).min() * (1 + 1e-9)


def test_exponential_depth_grows_like_the_logarithm():
    found = theory.exponential_depth_optimum(0.5, 1.0, (1.0, 1.0), 10.0 ** np.arange(4, 40, 6))
    ratio = found.depth / np.log(found.width)
    # L* -> (beta/c) ln d* = 2 ln d*, with a double logarithm above it.
    assert np.all(np.diff(ratio) < 0)
    assert ratio[-1] == pytest.approx(2, abs=0.15)


def test_the_reading_with_the_published_step_digits():
    budgets = 10.0 ** np.array([4, 8])
    for b, beta, expected in ((1, 0.5, 0.3333), (2, 1, 0.3333), (1, 1, 0.2500)):
        found = theory.paper_step_optimum(b, beta, (1.0, 1.0), budgets)
        slope = np.diff(np.log(found.width))[0] / np.diff(np.log(budgets))[0]
        assert slope == pytest.approx(expected, abs=1e-4)
    # The optimum is one: and the loss rises with width beyond d ~ sqrt(L).
    found = theory.paper_step_optimum(1, 0.5, (2.0, 3.0), 1e6)

    def loss(d):
        return 2 * (d * d / 1e6) ** 0.5 + 3 * d**-0.5

    assert found.loss == pytest.approx(loss(found.width), rel=1e-12)
    assert found.loss < min(loss(found.width * 1.01), loss(found.width * 0.99))


def test_strong_convexity_digits():
    # Local exponents .43 .. .47 for N = 1e4 .. 1e12.
    budgets = 10.0 ** np.arange(4, 13, 2)
    found = theory.strongly_convex_optimum(2.0, 1.0, 0.5, budgets)
    slopes = np.diff(np.log(found.width)) / np.diff(np.log(budgets))
    assert slopes[0] == pytest.approx(0.43, abs=6e-3)
    assert np.all(np.diff(slopes) > 0)
    assert slopes[-1] == pytest.approx(0.47, abs=0.01)
