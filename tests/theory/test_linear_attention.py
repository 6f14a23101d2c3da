"""One linear-attention layer: exact at every size."""

import numpy as np
import pytest

from iclaws import theory

from .monte_carlo import excess


def layer(gains):
    """The predictor of a layer with diagonal gains."""
    return lambda x, y: gains * (x.T @ y) / len(y)


@pytest.mark.parametrize(("k", "dims", "noise"), [(5, 10, 0.1), (10, 10, 0.0), (25, 10, 0.5)])
def test_optimum_against_monte_carlo(k, dims, noise):
    lam, omega = 1 / np.arange(1, dims + 1.0), np.linspace(0.1, 0.4, dims)
    gains = theory.linear_attention_gains(k, lam, omega, noise)
    found = excess(layer(gains), k, lam, omega, noise, draws=4000)
    assert found.sees(theory.linear_attention_risk(k, lam, omega, noise)), found


def test_the_optimum_is_stationary_and_its_risk_the_general_one():
    lam, omega = 1 / np.arange(1, 9.0), np.linspace(0.1, 0.4, 8)
    gains = theory.linear_attention_gains(6, lam, omega, 0.2)
    best = theory.linear_attention_risk(6, lam, omega, 0.2)
    assert theory.linear_attention_risk_with(gains, 6, lam, omega, 0.2) == pytest.approx(best)
    for mode in range(8):
        for change in (-1e-3, 1e-3):
            other = gains.copy()
            other[mode] += change
            assert theory.linear_attention_risk_with(other, 6, lam, omega, 0.2) > best


@pytest.mark.parametrize("k", [3, 12, 60])
def test_another_length_against_monte_carlo(k):
    lam, omega = 1 / np.arange(1, 9.0), np.linspace(0.1, 0.4, 8)
    gains = theory.linear_attention_gains(12, lam, omega, 0.1)
    found = excess(layer(gains), k, lam, omega, 0.1, draws=4000)
    assert found.sees(theory.linear_attention_risk_with(gains, k, lam, omega, 0.1)), found


def test_training_on_all_positions_digits():
    gains = theory.linear_attention_gains(
        30, np.ones(10), np.full(10, 0.1), 0.1, all_positions=True
    )
    np.testing.assert_allclose(gains, 0.385, atol=5e-4)


def test_training_on_all_positions_minimises_the_mean_over_positions():
    lam, omega = np.ones(10), np.full(10, 0.1)
    best = theory.linear_attention_gains(30, lam, omega, 0.1, all_positions=True)

    def mean(gain):
        k = np.arange(1, 31)
        return theory.linear_attention_risk_with(gain, k, lam, omega, 0.1).mean()

    assert mean(best) < min(mean(best * 1.001), mean(best * 0.999))


def test_isotropic_risk_is_one_minus_the_step():
    k, dims, tau, noise = 15, 10, 2.0, 0.3
    step = theory.linear_attention_step(k, dims, tau, noise)
    spectra = theory.isotropic_spectra(dims, tau)
    risk = theory.linear_attention_risk(k, spectra.covariance, spectra.prior, noise)
    assert risk == pytest.approx(tau * (1 - step), rel=1e-13)
    assert step == pytest.approx(1 / (1 + (dims + 1) / k + noise * dims / (tau * k)), rel=1e-14)


def test_published_one_layer_optimum():
    # d(d+1)/(N+d+1) for unit covariates and weights, d = 5, N = 20 (arXiv 2306.00297).
    assert theory.linear_attention_risk(20, np.ones(5), np.ones(5), 0.0) == pytest.approx(30 / 26)


def test_no_context_predicts_nothing():
    lam, omega = np.ones(4), np.full(4, 0.25)
    assert theory.linear_attention_risk(0, lam, omega, 0.1) == pytest.approx(1.0)
    assert np.all(theory.linear_attention_gains(0, lam, omega, 0.1) == 0)
    assert theory.linear_attention_risk_with(0.5, 0, lam, omega, 0.1) == pytest.approx(1.0)
    assert theory.linear_attention_step(0, 4, 1.0, 0.1) == 0.0
    assert theory.linear_attention_risk(1e8, lam, omega, 1e12) == pytest.approx(1.0, abs=1e-3)
