"""Shapes: frontier exponents, penalties, feasible sets."""

import numpy as np
import pytest

from iclaws import theory
from iclaws.errors import InvalidValue


@pytest.mark.parametrize("capacity", [1.25, 1.5, 2.0, 3.0])
def test_tied_frontier_depends_on_the_capacity_alone(capacity):
    for source in (0.5, 0.7, 0.9):
        found = theory.frontier(capacity, source)
        assert found.depth == pytest.approx(capacity / (1 + capacity))
        assert found.ratio == pytest.approx(capacity)
        untied = theory.frontier(capacity, source, tied=False)
        assert untied.depth == pytest.approx(capacity / (2 + capacity))
        # Another budget, the same ratio.
        other = theory.frontier(capacity, source, cost_exponents=(1, 2))
        assert other.depth / other.width == pytest.approx(found.ratio)


def test_two_thirds_is_capacity_two():
    assert theory.frontier(2.0, 0.7).depth == pytest.approx(2 / 3)
    assert theory.frontier(1.5, 0.7).depth == pytest.approx(0.6)
    assert theory.frontier(4.0, 0.7, tied=False).depth == pytest.approx(2 / 3)
    # Source above one: width saturates, nu/beta = 2.
    assert theory.frontier(3.0, 1.5).depth == pytest.approx(2 / 3)
    assert theory.frontier(2.0, 0.7, covariate_updates=True).depth == 0


def test_the_frontier_is_the_allocation():
    found = theory.frontier(1.7, 0.6)
    exps = theory.exponents(1.7, 0.6, setting="rrs", noisy=False)
    split = theory.allocate([exps.depth, exps.width], [1.0, 1.0], [1, 1], 1e6)
    np.testing.assert_allclose(split.frontier_exponents, [found.depth, found.width])
    assert split.excess_exponent == pytest.approx(found.excess)


def test_shape_penalty_digits():
    # A factor of two: 13.8 % (quadratic 12.0 %) and .24 %.
    assert theory.shape_penalty(np.log(2), (0.5, 1.0)) == pytest.approx(1.138, abs=5e-4)
    quadratic = 1 + 0.5 * 0.5 * 1.0 * np.log(2) ** 2
    assert quadratic == pytest.approx(1.120, abs=5e-4)
    assert theory.shape_penalty(np.log(2), (0.1, 0.2), (1, 2)) == pytest.approx(1.0024, abs=5e-5)


def test_shape_penalty_is_the_loss_off_the_optimum():
    a, p = (0.5, 1.2), (1.0, 2.0)
    split = theory.allocate(a, (2.0, 3.0), p, 1e5)
    for u in (-1.0, 0.0, 0.7):
        depth = split.sizes[0] * np.exp(u)
        width = split.sizes[1] * np.exp(-u * p[0] / p[1])
        loss = 2 * depth ** -a[0] + 3 * width ** -a[1]
        assert theory.shape_penalty(u, a, p) == pytest.approx(loss / split.excess, rel=1e-12)


def test_detectable_shape():
    u = theory.detectable_log_ratio(0.01, (0.5, 1.0))
    assert theory.shape_penalty(u, (0.5, 1.0)) == pytest.approx(1.01, abs=1e-3)
    assert theory.detectable_log_ratio(0.01, (0.5, 1.0), excess_share=0.25) == pytest.approx(2 * u)


def test_feasible_shapes_against_enumeration():
    def loss(depth, width):
        return 2 * depth**-0.5 + 3.0 / width

    def cost(depth, width):
        return theory.transformer_flops(depth, width, 512)

    found = theory.feasible_shapes(loss, 2e6, cost, quantum=8, max_depth=100)
    options = [
        (loss(depth, width), depth, width)
        for depth in range(1, 101)
        for width in range(8, 257, 8)
        if cost(depth, width) <= 2e6
    ]
    best = min(options)
    assert found.loss == pytest.approx(best[0])
    assert (found.depth, found.width) == best[1:]
    assert cost(found.depth, found.width) <= 2e6
    assert not found.at_boundary
    near = {(int(d), int(w)) for d, w in zip(found.near_depths, found.near_widths, strict=True)}
    assert best[1:] in near
    assert all(loss(*shape) <= best[0] * 1.01 for shape in near)


def test_a_product_law_ends_at_the_boundary():
    found = theory.feasible_shapes(
        lambda depth, width: depth**-0.5 * width**-1.0, 1e5, lambda d, w: d * w, max_depth=500
    )
    assert found.at_boundary


def test_feasible_shapes_follow_the_frontier():
    budgets = np.geomspace(1e4, 1e8, 5)
    depths = [
        theory.feasible_shapes(
            lambda d, w: d**-0.5 + w**-1.0, b, lambda d, w: d * w, max_depth=300_000
        ).depth
        for b in budgets
    ]
    slope = np.polyfit(np.log(budgets), np.log(depths), 1)[0]
    assert slope == pytest.approx(2 / 3, abs=0.01)


def test_too_small_a_budget_is_refused():
    with pytest.raises(InvalidValue, match="does not pay"):
        theory.feasible_shapes(lambda d, w: d + w, 5, lambda d, w: d * w, quantum=64)
