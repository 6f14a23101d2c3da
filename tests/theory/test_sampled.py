"""Finite-size predictions: published digits, extended precision, Monte Carlo, order."""

import numpy as np
import pytest

from iclaws import theory
from iclaws.errors import InvalidValue

from .monte_carlo import excess, ridge


@pytest.fixture(scope="module")
def ten():
    """The contexts of the published training check: D = 10, k = 20."""
    return theory.context_statistics(20, np.ones(10), np.full(10, 0.1), num_draws=40_000, seed=2)


def test_tied_digits_at_ten_dimensions(ten):
    found = theory.sampled_gradient_descent_risk([1, 2, 4, 8, 16], ten, 0.0)
    errors = np.array(found.standard_error)
    gap = np.abs(found.risk - np.array([0.355, 0.210, 0.109, 0.049, 0.018]))
    # The last digits are those of one other sample: heavy tails, see `top_share`.
    assert np.all(gap < 5e-4 + 5 * errors), gap
    np.testing.assert_allclose(found.steps[:3], [0.646, 0.629, 0.597], atol=0.006)
    # Deeper, rare contexts with a large eigenvalue set the step: more of them, smaller steps.
    np.testing.assert_allclose(found.steps[3:], [0.542, 0.488], atol=0.035)
    few = [
        theory.context_statistics(20, np.ones(10), np.full(10, 0.1), num_draws=100, seed=seed)
        for seed in range(10)
    ]
    steps = [theory.sampled_gradient_descent_risk(16, stats, 0.0).steps for stats in few]
    assert np.mean(steps) > found.steps[4] + 0.01
    assert np.all(np.diff(found.top_share[:4]) > 0)


def test_one_layer_is_exact(ten):
    found = theory.sampled_gradient_descent_risk(1, ten, 0.3)
    exact = theory.linear_attention_risk(20, np.ones(10), np.full(10, 0.1), 0.3)
    assert abs(found.risk - exact) < 3 * found.standard_error
    assert found.steps == pytest.approx(theory.linear_attention_step(20, 10, 1.0, 0.3), rel=5e-3)


def test_finite_sizes_tend_to_the_proportional_limit():
    stats = theory.context_statistics(600, np.ones(300), np.full(300, 1 / 300), num_draws=8)
    depths = np.array([1, 2, 4, 8])
    tied = theory.sampled_gradient_descent_risk(depths, stats, 0.05)
    expected = theory.gradient_descent_risk(depths, 600, 300, 1.0, 0.05)
    np.testing.assert_allclose(tied.risk, expected.risk, rtol=0.02)
    np.testing.assert_allclose(tied.steps, expected.steps, rtol=0.02)
    bound = theory.sampled_polynomial_bound(depths, stats, 0.05)
    limit = theory.depth_recursion(8, 600, np.full(300, 1 / 300), 0.05)[depths]
    np.testing.assert_allclose(bound.risk, limit, rtol=0.02)


def test_two_hundred_dimensions_digits():
    # k/D = 1.5 without noise: .4015, .2122, .0777, .0147 at degrees 1, 2, 4, 8.
    stats = theory.context_statistics(300, np.ones(200), np.full(200, 1 / 200), num_draws=32)
    found = theory.sampled_polynomial_bound([1, 2, 4, 8], stats, 0.0)
    gap = np.abs(found.risk - np.array([0.4015, 0.2122, 0.0777, 0.0147]))
    assert np.all(gap < 5e-5 + 3 * found.standard_error), found


def extended_bound(stats, noise, degree):
    """The best polynomial by Arnoldi over all eigenvalues, in extended precision."""
    mu = stats.eigenvalues.astype(np.longdouble)
    form = stats.residual_quadratic.astype(np.longdouble)
    weight = (noise * stats.noise).astype(np.longdouble)
    residual, gains = np.ones_like(mu), np.zeros_like(mu)
    basis, images, direction, risks = [], [], np.ones_like(mu), []

    def bent(values):
        return np.einsum("nlm,nm->nl", form, values)

    for _ in range(degree + 1):
        square = (residual * (2 * stats.cross + bent(residual))).sum(axis=1)
        risks.append((stats.floor + square + (weight * gains**2).sum(axis=1)).mean())
        for _ in range(3):
            for vector, image in zip(basis, images, strict=True):
                direction = direction - (image * direction).sum() * vector
        image = mu * bent(mu * direction) + weight * direction
        norm = np.sqrt((direction * image).sum())
        vector, image = direction / norm, image / norm
        basis.append(vector)
        images.append(image)
        amount = ((mu * (stats.cross + bent(residual)) - weight * gains) * vector).sum()
        gains, residual = gains + amount * vector, residual - amount * mu * vector
        direction = mu * vector
    return np.array(risks, dtype=float)


@pytest.mark.parametrize(
    ("k", "capacity", "source", "noise"), [(20, 1.5, 0.7, 0.0), (10, 3.0, 0.7, 0.01)]
)
def test_the_bound_keeps_its_digits_to_depth_64(k, capacity, source, noise):
    spectra = theory.power_law_spectra(capacity, source, 12)
    stats = theory.context_statistics(k, spectra.covariance, spectra.prior, num_draws=24, seed=3)
    found = theory.sampled_polynomial_bound(np.arange(65), stats, noise).risk
    np.testing.assert_allclose(found, extended_bound(stats, noise, 64), rtol=1e-9)


@pytest.mark.parametrize("noise", [0.0, 0.1])
def test_order_and_monotony(noise):
    spectra = theory.power_law_spectra(1.5, 0.7, 24)
    stats = theory.context_statistics(40, spectra.covariance, spectra.prior, num_draws=64, seed=3)
    depths = np.arange(13)
    tied = theory.sampled_gradient_descent_risk(depths, stats, noise)
    free = theory.sampled_gradient_descent_risk(depths, stats, noise, tied=False)
    bound = theory.sampled_polynomial_bound(depths, stats, noise)
    slack = 1 + 1e-10
    assert np.all(bound.risk <= free.risk * slack)
    assert np.all(free.risk <= tied.risk * slack)
    assert np.all(np.diff(free.risk) <= 1e-12)
    assert np.all(np.diff(bound.risk) <= 1e-12)
    updates = theory.sampled_gd_plus_plus_risk(2, stats, noise)
    assert updates.risk <= free.risk[2] * slack
    assert updates.risk >= bound.risk[4] / slack


@pytest.mark.parametrize("depth", [3, 64, 700])
def test_the_tied_step_is_a_minimum(depth):
    spectra = theory.power_law_spectra(1.5, 0.7, 24)
    stats = theory.context_statistics(60, spectra.covariance, spectra.prior, num_draws=64, seed=3)
    found = theory.sampled_gradient_descent_risk(depth, stats, 0.05)

    def risk(step):
        gains = np.where(
            stats.eigenvalues > 1e-12,
            (1 - (1 - step * stats.eigenvalues) ** depth) / stats.eigenvalues,
            depth * step,
        )
        return theory.filter_risk(stats, gains, 0.05).risk

    assert risk(found.steps) == pytest.approx(found.risk, rel=1e-9)
    scan = [risk(found.steps * factor) for factor in np.geomspace(0.02, 1.3, 60)]
    assert found.risk <= min(scan) * (1 + 1e-9)


@pytest.mark.parametrize(("k", "dims"), [(6, 12), (12, 12), (30, 12), (200, 12)])
def test_sampled_bayes_against_monte_carlo(k, dims):
    spectra = theory.power_law_spectra(1.2, 0.8, dims)
    found = theory.sampled_bayes_risk(k, spectra.signal, 0.2, num_draws=4000)
    fit = ridge(0.2 / spectra.prior)
    estimate = excess(fit, k, spectra.covariance, spectra.prior, 0.2, draws=3000)
    error = np.hypot(estimate.error, found.standard_error)
    assert abs(estimate.mean - found.risk) < 3.0 * error, (estimate, found)


def test_sampled_bayes_meets_the_equivalent_and_its_digits():
    found = theory.sampled_bayes_risk(100, np.full(100, 0.01), 0.25, num_draws=600)
    assert found.risk == pytest.approx(0.39131, abs=3e-3)  # Monte Carlo of the source: .39131(45)
    s = theory.power_law_spectra(1.5, 0.7, 400).signal
    found = theory.sampled_bayes_risk(80, s, 0.1, num_draws=60)
    assert found.risk == pytest.approx(0.04654, abs=4 * np.hypot(found.standard_error, 1.8e-4))


def test_sampled_bayes_limits():
    s = np.full(8, 0.125)
    assert theory.sampled_bayes_risk(0, s, 0.1).risk == 1.0
    assert theory.sampled_bayes_risk(8, s, 0.0).risk == 0.0
    found = theory.sampled_bayes_risk(4, s, 0.0, num_draws=200)
    assert found.risk == pytest.approx(0.5, rel=1e-9)
    assert theory.sampled_bayes_risk(8, s, 1e12).risk == pytest.approx(1.0, rel=1e-9)


def test_read_in_of_full_rank_loses_nothing():
    spectra = theory.power_law_spectra(1.0, 0.8, 10)
    turned = np.linalg.qr(np.random.default_rng(0).standard_normal((10, 10)))[0]
    args = (25, spectra.covariance, spectra.prior)
    one = theory.context_statistics(*args, num_draws=50, seed=1)
    two = theory.context_statistics(*args, read_in=turned, num_draws=50, seed=1)
    for depth in (1, 4):
        first = theory.sampled_gradient_descent_risk(depth, one, 0.1)
        second = theory.sampled_gradient_descent_risk(depth, two, 0.1)
        assert first.risk == pytest.approx(second.risk, rel=1e-9)


def test_extremes():
    stats = theory.context_statistics(1, [1.0, 0.5], [1.0, 1.0], num_draws=50)
    for noise in (0.0, 1e12):
        for tied in (True, False):
            found = theory.sampled_gradient_descent_risk([0, 1, 5], stats, noise, tied=tied)
            assert np.isfinite(found.risk).all()
            assert found.risk[0] == pytest.approx(1.5)
            assert np.all(found.risk <= 1.5 * (1 + 1e-12))
        assert np.isfinite(theory.sampled_polynomial_bound([0, 1, 9], stats, noise).risk).all()


def test_too_deep_is_refused():
    stats = theory.context_statistics(3, [1.0, 0.5], [1.0, 1.0], num_draws=5)
    with pytest.raises(InvalidValue, match="128"):
        theory.sampled_polynomial_bound(129, stats, 0.0)
    with pytest.raises(InvalidValue, match="whole"):
        theory.sampled_gradient_descent_risk(1.5, stats, 0.0)
