"""Bayes and ridge: published digits, identities, limits, and Monte Carlo."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from iclaws import theory
from iclaws.errors import InvalidValue

from .monte_carlo import excess, least_squares, ridge

positives = st.floats(1e-3, 1e3)


def test_bayes_isotropic_digits():
    found = theory.isotropic_bayes_risk([50, 100, 200], 100, 1.0, 0.25)
    np.testing.assert_allclose(found, [0.64039, 0.39039, 0.17539], atol=5e-6)


def test_bayes_power_law_digits():
    s = theory.power_law_spectra(1.5, 0.7, 400).signal
    np.testing.assert_allclose(theory.bayes_risk(80, s, [1e-3, 0.1]), [0.01370, 0.04629], atol=5e-6)


@settings(max_examples=60, deadline=None)
@given(k=st.floats(0, 1e4), dims=st.integers(1, 300), tau=positives, noise=st.floats(1e-9, 1e3))
def test_general_bayes_agrees_with_the_closed_form(k, dims, tau, noise):
    # One value moved by an ulp: the general solver runs instead of the closed form.
    s = np.full(dims, tau / dims)
    s[0] = np.nextafter(s[0], 0)
    if dims > 1:
        expected = theory.isotropic_bayes_risk(k, dims, tau, noise)
        np.testing.assert_allclose(theory.bayes_risk(k, s, noise), expected, rtol=1e-10)


@settings(max_examples=60, deadline=None)
@given(k=st.floats(0.1, 1e4), dims=st.integers(1, 300), tau=positives, noise=positives)
def test_bayes_solves_its_quadratic(k, dims, tau, noise):
    e = theory.isotropic_bayes_risk(k, dims, tau, noise)
    terms = np.array([e**2, e * noise, e * tau * k / dims, -e * tau, -tau * noise])
    assert abs(terms.sum()) <= 1e-12 * np.abs(terms).max()


def test_bayes_is_the_stieltjes_transform():
    k, dims, tau, noise = 150, 100, 1.3, 0.2
    g, z = dims / k, noise * dims / (tau * k)
    angles = np.pi * (np.arange(20000) + 0.5) / 20000
    nodes = 1 + g + 2 * np.sqrt(g) * np.cos(angles)
    density = 2 * np.sin(angles) ** 2 / nodes / 20000  # g < 1: no atom
    transform = (density / (nodes + z)).sum()
    expected = noise * g * transform
    assert theory.isotropic_bayes_risk(k, dims, tau, noise) == pytest.approx(expected, rel=1e-7)


@pytest.mark.parametrize("k", [40, 80, 160])
def test_bayes_against_monte_carlo(k):
    spectra = theory.power_law_spectra(1.2, 0.7, 80)
    noise = 0.1
    found = excess(
        ridge(noise / spectra.prior), k, spectra.covariance, spectra.prior, noise, draws=1500
    )
    # The equivalent is a few parts in a thousand off at 80 modes.
    assert found.sees(theory.bayes_risk(k, spectra.signal, noise), slack=0.01), found


@pytest.mark.parametrize(
    ("noise", "at_ratio_one", "elsewhere"), [(0.01, 0.1, 0.05), (0.25, 0.02, 0.025)]
)
def test_deviations_at_twenty_dimensions(noise, at_ratio_one, elsewhere):
    # D = 20: about 2 % off, 10 % at k = D with little noise.
    for k, most in ((10, elsewhere), (20, at_ratio_one), (40, elsewhere)):
        exact = theory.sampled_bayes_risk(k, np.full(20, 0.05), noise, num_draws=3000)
        found = theory.isotropic_bayes_risk(k, 20, 1.0, noise)
        error = exact.standard_error / exact.risk
        assert -most - 3 * error < found / exact.risk - 1 < 3 * error


def test_few_active_modes_are_up_to_five_per_cent_low():
    s = theory.power_law_spectra(2.0, 0.7, 400).signal
    for noise in (1e-3, 0.1):
        exact = theory.sampled_bayes_risk(20, s, noise, num_draws=1500)
        assert 0.95 < theory.bayes_risk(20, s, noise) / exact.risk < 0.99


NOISELESS = [
    (1.5, 0.5, -0.750, -0.752), (2.0, 1.0, -1.992, -1.993),
    (1.5, 2.5, -3.738, -2.973), (2.0, 3.0, -5.982, -3.988),
]  # fmt: skip


@pytest.mark.parametrize(("capacity", "source", "bayes", "least"), NOISELESS)
def test_noiseless_context_slopes_digits(capacity, source, bayes, least):
    # k = 64 .. 1024: Bayes at nu beta, minimum norm saturated at nu min(beta, 2).
    k, spectra = 2.0 ** np.arange(6, 11), theory.power_law_spectra(capacity, source, 200_000)
    found = np.polyfit(np.log(k), np.log(theory.bayes_risk(k, spectra.signal, 0.0)), 1)[0]
    assert found == pytest.approx(bayes, abs=6e-4)
    risks = theory.ridge_risk(k, spectra.covariance, spectra.signal, 0.0, 0.0)
    assert np.polyfit(np.log(k), np.log(risks), 1)[0] == pytest.approx(least, abs=6e-4)


@pytest.mark.parametrize(
    ("capacity", "source", "bayes", "layer"),
    [(1.5, 0.5, -0.433, -0.432), (2.0, 1.0, -0.663, -0.671),
     (1.5, 2.5, -0.779, -0.799), (2.0, 3.0, -0.841, -0.870)],
)  # fmt: skip
def test_noisy_context_slopes_digits(capacity, source, bayes, layer):
    # Noise of the size of the signal, k = 2^12 .. 2^20; one layer feels it without any noise.
    k, spectra = 2.0 ** np.arange(12, 21), theory.power_law_spectra(capacity, source, 250_000)
    found = np.polyfit(np.log(k), np.log(theory.bayes_risk(k, spectra.signal, 1.0)), 1)[0]
    assert found == pytest.approx(bayes, abs=6e-4)
    risks = [theory.linear_attention_risk(one, spectra.covariance, spectra.prior, 0.0) for one in k]
    assert np.polyfit(np.log(k), np.log(risks), 1)[0] == pytest.approx(layer, abs=6e-4)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("capacity", "source", "expected"),
    [(1.5, 0.5, -0.433), (2.0, 1.0, -0.663), (1.5, 2.5, -0.737), (2.0, 3.0, -0.789)],
)
def test_noisy_ridge_slopes_digits(capacity, source, expected):
    # The best ridge saturates at source 2 where Bayes goes on.
    k, spectra = 2.0 ** np.arange(12, 21), theory.power_law_spectra(capacity, source, 200_000)
    risks = [theory.optimal_ridge_risk(one, spectra.covariance, spectra.signal, 1.0) for one in k]
    slope = np.polyfit(np.log(k), np.log(risks), 1)[0]
    assert slope == pytest.approx(expected, abs=3e-3)


def test_bayes_limits():
    assert theory.isotropic_bayes_risk([25, 100, 400], 100, 2.0, 0.0).tolist() == [1.5, 0, 0]
    assert theory.isotropic_bayes_risk(1e8, 100, 1.0, 0.25) == pytest.approx(0.25e-6, rel=1e-5)
    assert theory.isotropic_bayes_risk(100, 100, 4.0, 1e-10) == pytest.approx(2e-5, rel=1e-4)
    s = theory.power_law_spectra(2, 0.7, 50).signal
    assert theory.bayes_risk(0, s, 0.3) == pytest.approx(s.sum(), rel=1e-14)
    assert theory.bayes_risk(50, s, 0.0) == 0.0
    assert theory.bayes_risk(49.999, s, 0.0) > 0.0


def test_bayes_saturates_where_noise_is_everything():
    s = theory.power_law_spectra(2, 0.7, 50).signal
    assert theory.bayes_risk(100, s, 1e12) == pytest.approx(1.0, rel=1e-8)
    assert np.isfinite(theory.bayes_risk([1e-8, 1e8, 1e-8, 1e8], s, [0, 0, 1e12, 1e12])).all()


def test_bayes_on_a_million_modes():
    s = theory.power_law_spectra(1.5, 0.7, 10**6).signal
    risk = theory.bayes_risk(1000, s, 0.1)
    v = 0.1 + risk
    assert (s * v / (1000 * s + v)).sum() == pytest.approx(risk, rel=1e-12)


@settings(max_examples=40, deadline=None)
@given(k=st.floats(0.5, 1e3), dims=st.integers(2, 100), tau=positives, noise=positives)
def test_ridge_with_the_true_ratio_is_bayes(k, dims, tau, noise):
    lam, s = np.ones(dims), np.full(dims, tau / dims)
    found = theory.ridge_risk(k, lam, s, noise, noise * dims / tau)
    assert found == pytest.approx(theory.isotropic_bayes_risk(k, dims, tau, noise), rel=1e-9)


def test_optimal_ridge_is_bayes_at_isotropy_and_above_it_elsewhere():
    lam, s = np.ones(40), np.full(40, 1 / 40)
    k = np.array([10.0, 40.0, 90.0])
    found = theory.optimal_ridge_risk(k, lam, s, 0.2)
    np.testing.assert_allclose(found, theory.bayes_risk(k, s, 0.2), rtol=1e-12)
    spectra = theory.power_law_spectra(1.5, 2.5, 40)
    found = theory.optimal_ridge_risk(k, spectra.covariance, spectra.signal, 0.2)
    assert np.all(found > theory.bayes_risk(k, spectra.signal, 0.2))


@pytest.mark.parametrize("k", [12, 60, 200])
def test_least_squares_is_the_limit_of_ridge(k):
    dims = 40
    lam, s = np.ones(dims), np.full(dims, 1 / dims)
    at_zero = theory.ridge_risk(k, lam, s, 0.3, 0.0)
    assert theory.ridge_risk(k, lam, s, 0.3, 1e-9) == pytest.approx(at_zero, rel=1e-6)
    # The equivalent has D, the exact formula D + 1: they meet as sizes grow.
    big = 10_000
    exact = theory.least_squares_risk(k * big, dims * big, 1.0, 0.3)
    assert at_zero == pytest.approx(exact, rel=1e-4)


@settings(max_examples=60, deadline=None)
@given(dims=st.integers(2, 80), ratio=st.floats(0.05, 20), tau=positives, noise=positives)
def test_vanishing_ridge_is_least_squares(dims, ratio, tau, noise):
    if abs(ratio - 1) < 0.05:
        return
    k, lam, s = ratio * dims, np.ones(dims), np.full(dims, tau / dims)
    at_zero = theory.ridge_risk(k, lam, s, noise, 0.0)
    assert theory.ridge_risk(k, lam, s, noise, 1e-10 * dims) == pytest.approx(at_zero, rel=1e-6)
    # The exact formula at a million times the size, where one dimension more or less is nothing.
    exact = theory.least_squares_risk(k * 1e6, dims * 1e6, tau, noise)
    assert at_zero == pytest.approx(exact, rel=1e-4)


@pytest.mark.parametrize("k", [40, 80, 160])
def test_ridge_against_monte_carlo(k):
    spectra = theory.power_law_spectra(1.2, 0.7, 80)
    found = excess(ridge(0.5), k, spectra.covariance, spectra.prior, 0.1, draws=1500)
    expected = theory.ridge_risk(k, spectra.covariance, spectra.signal, 0.1, 0.5)
    assert found.sees(expected, slack=0.01), found


def test_minimum_norm_against_monte_carlo():
    spectra = theory.power_law_spectra(1.5, 0.7, 300)
    found = excess(least_squares, 30, spectra.covariance, spectra.prior, 0.0, draws=600)
    expected = theory.ridge_risk(30, spectra.covariance, spectra.signal, 0.0, 0.0)
    assert found.sees(expected, slack=0.02), found


def test_ridge_limits():
    lam, s = np.ones(20), np.full(20, 0.05)
    assert theory.ridge_risk(0, lam, s, 0.3, 1.0) == pytest.approx(1.0)
    assert theory.ridge_risk(20, lam, s, 0.3, 0.0) == np.inf
    assert theory.ridge_risk(20, lam, s, 0.0, 0.0) == 0.0
    assert theory.ridge_risk(100, lam, s, 0.3, 1e300) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("noise_var", lambda: theory.bayes_risk(3, [1.0], -0.1)),
        ("num_context", lambda: theory.bayes_risk(np.nan, [1.0], 0.1)),
        ("signal_spectrum", lambda: theory.bayes_risk(3, [1.0, -1.0], 0.1)),
        ("signal_spectrum", lambda: theory.bayes_risk(3, [], 0.1)),
        ("num_dims", lambda: theory.isotropic_bayes_risk(3, 0, 1.0, 0.1)),
        ("spectra", lambda: theory.ridge_risk(3, [1.0], [1.0, 0.5], 0.1, 0.0)),
        ("ridge", lambda: theory.ridge_risk(3, [1.0], [1.0], 0.1, -1.0)),
    ],
)
def test_bad_input_is_named(name, call):
    with pytest.raises(InvalidValue, match=name):
        call()
