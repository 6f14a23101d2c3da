"""The stated deviations at small sizes are never exceeded, and shrink with size."""

import numpy as np
import pytest

from iclaws import theory
from iclaws.errors import InvalidValue


@pytest.mark.parametrize("dims", [4, 10, 20])
@pytest.mark.parametrize("kind", ["iso", (1.0, 0.7), (2.0, 0.7), (2.0, 1.5)])
def test_bayes_stays_within_its_estimate(dims, kind):
    spectra = (
        theory.isotropic_spectra(dims) if kind == "iso" else theory.power_law_spectra(*kind, dims)
    )
    for k in (max(1, dims // 3), dims, 4 * dims):
        for noise in (0.01, 0.3):
            found = theory.bayes_risk(k, spectra.signal, noise)
            exact = theory.sampled_bayes_risk(k, spectra.signal, noise, num_draws=1500)
            estimate = theory.bayes_accuracy(k, spectra.signal, noise)
            slack = 4 * exact.standard_error / exact.risk
            assert abs(found / exact.risk - 1) <= estimate + slack
            # The formula is low, never high: it stays a bound.
            assert found <= exact.risk * (1 + slack)


@pytest.mark.parametrize("k", [5, 10, 40])
def test_ridge_stays_within_its_estimate(k):
    spectra = theory.power_law_spectra(1.0, 0.7, 10)
    for ridge in (0.1, 2.0):
        generator = np.random.default_rng(0)
        values = []
        for _ in range(3000):
            x = generator.standard_normal((k, 10)) * np.sqrt(spectra.covariance)
            inverse = np.linalg.inv(x.T @ x + ridge * np.eye(10))
            bias = ridge * inverse
            spread = inverse @ x.T @ x @ inverse
            weighted = np.diag(spectra.covariance)
            error = np.trace(weighted @ bias @ np.diag(spectra.prior) @ bias.T)
            values.append(error + 0.2 * np.trace(weighted @ spread))
        found = theory.ridge_risk(k, spectra.covariance, spectra.signal, 0.2, ridge)
        estimate = theory.ridge_accuracy(k, spectra.covariance, ridge)
        error = 4 * np.std(values) / np.sqrt(3000) / np.mean(values)
        assert abs(found / np.mean(values) - 1) <= estimate + error


@pytest.mark.parametrize("ratio", [0.5, 1.0, 2.0, 5.0])
@pytest.mark.parametrize("dims", [8, 20])
def test_descent_stays_within_its_estimate(ratio, dims):
    spectra, k = theory.isotropic_spectra(dims), int(ratio * dims)
    stats = theory.context_statistics(k, spectra.covariance, spectra.prior, num_draws=1500, seed=1)
    depths = np.array([1, 2, 4, 8])
    for noise in (0.0, 0.2):
        tied = theory.sampled_gradient_descent_risk(depths, stats, noise)
        found = theory.gradient_descent_risk(depths, k, dims, 1.0, noise).risk
        slack = 4 * tied.standard_error / tied.risk
        assert np.all(tied.risk / found - 1 <= theory.descent_accuracy(depths, dims) + slack)
        assert np.all(found <= tied.risk * (1 + slack))
        best = theory.sampled_polynomial_bound(depths, stats, noise)
        found = theory.polynomial_bound(depths, k, dims, 1.0, noise).risk
        slack = 4 * best.standard_error / best.risk
        estimate = theory.descent_accuracy(depths, dims, tied=False)
        assert np.all(best.risk / found - 1 <= estimate + slack)


@pytest.mark.parametrize("dims", [3, 8, 20])
@pytest.mark.parametrize("ratio", [0.5, 1.0, 4.0, 50.0])
def test_no_known_spectrum_undercuts_the_safe_share_of_the_bound(dims, ratio):
    spectra, k = theory.isotropic_spectra(dims), max(2, int(ratio * dims))
    stats = theory.context_statistics(k, spectra.covariance, spectra.prior, num_draws=400, seed=3)
    for depth in (1, 2, 4, 8):
        for noise in (0.0, 0.05):
            safe = theory.depth_bound_share(depth, k, dims)
            safe *= theory.polynomial_bound(depth, k, dims, 1.0, noise).risk
            known = theory.known_spectrum_bound(depth, stats, noise)
            assert safe <= known.risk + 3 * known.standard_error
    # From min(k, D) on a polynomial passes through every eigenvalue: nothing is promised.
    assert theory.depth_bound_share(min(k, dims), k, dims) == 0


def test_estimates_shrink_with_size_and_know_their_limits():
    s = [theory.isotropic_spectra(dims).signal for dims in (10, 100, 1000)]
    found = [theory.bayes_accuracy(one.size, one, 0.1) for one in s]
    assert found[0] > 5 * found[1] > 25 * found[2]
    assert theory.bayes_accuracy(0, s[0], 0.1) == 0
    assert theory.bayes_accuracy(10, s[0], 0.0) == np.inf
    assert theory.descent_accuracy(0, 10) == 0
    with pytest.raises(InvalidValue, match="depth"):
        theory.descent_accuracy(0.5, 10)
