"""Depth on a given spectrum: asymptotics, closed forms, published slopes."""

import math

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from iclaws import theory


def slope(x, y):
    return np.polyfit(np.log(x), np.log(y), 1)[0]


@pytest.mark.parametrize(
    ("capacity", "source", "fitted"),
    [(1.5, 0.5, -0.511), (1.5, 1.0, -1.027), (2.0, 0.5, -0.511), (1.5, 2.0, -2.067)],
)
def test_tied_depth_digits(capacity, source, fitted):
    depths = 2 ** np.arange(5, 9)
    spectra = theory.power_law_spectra(capacity, source, 20_000)
    found = theory.spectral_descent_risk(depths, spectra.covariance, spectra.signal)
    assert slope(depths, found.risk) == pytest.approx(fitted, abs=0.012)
    assert slope(depths, found.risk) == pytest.approx(-source, abs=0.08)
    assert np.all(np.diff(found.steps) > 0)
    assert np.all(found.steps < 2)


@pytest.mark.parametrize(("capacity", "source"), [(1.5, 0.5), (1.5, 1.0), (2.0, 2.0)])
def test_tied_depth_constant(capacity, source):
    modes = np.arange(1, 20_001)
    lam, s = modes**-capacity, modes ** -(capacity * source + 1.0)
    found = theory.spectral_descent_risk(256, lam, s).risk
    expected = math.gamma(source) / capacity * (4 * 256) ** -source
    assert found == pytest.approx(expected, rel=0.07)


def test_rotated_step_digits():
    # 1.69 .. 1.98 for L = 8 .. 256: towards 2/lambda_1 from below.
    spectra = theory.power_law_spectra(1.5, 0.5, 20_000)
    steps = theory.spectral_descent_risk([8, 256], spectra.covariance, spectra.signal).steps
    np.testing.assert_allclose(steps, [1.69, 1.98], atol=5e-3)


@settings(max_examples=30, deadline=None)
@given(depth=st.integers(0, 20), source=st.floats(0.3, 3))
def test_the_smeared_closed_form_is_the_krylov_value(depth, source):
    spectra = theory.smeared_spectra(source, 64)
    found = theory.krylov_bound(depth, spectra.covariance, spectra.signal).risks[-1]
    assert theory.smeared_polynomial_risk(depth, source) == pytest.approx(found, rel=1e-6)


def test_smeared_and_updated_digits():
    # beta = .5: untied .444, .284, .209, .165.
    found = theory.smeared_polynomial_risk([1, 2, 3, 4], 0.5)
    np.testing.assert_allclose(found, [0.444, 0.284, 0.209, 0.165], atol=5e-4)
    spectra = theory.smeared_spectra(0.5, 200)
    digits = {1: (0.4444, 0.4444), 2: (0.1658, 0.1651), 3: (0.0573, 0.0571), 4: (0.0193, 0.0193)}
    for depth, (risk, bound) in digits.items():
        found = theory.gd_plus_plus_spectrum_risk(depth, spectra.covariance, spectra.signal)
        assert found.risk == pytest.approx(risk, abs=6e-5)
        assert found.bound == pytest.approx(bound, abs=6e-5)


def test_updates_at_other_sources():
    # Source .7: as close to the bound as .5. Source 1.5: within a factor of four to depth 3.
    for source, most in ((0.7, (1.0, 1.001, 1.02, 1.03)), (1.5, (1.0, 1.4, 2.5))):
        spectra = theory.smeared_spectra(source, 200)
        for depth, factor in enumerate(most, start=1):
            found = theory.gd_plus_plus_spectrum_risk(depth, spectra.covariance, spectra.signal)
            assert found.bound * (1 - 1e-9) <= found.risk <= factor * found.bound * (1 + 1e-9)


@pytest.mark.parametrize(
    ("capacity", "source", "start", "end"), [(1.5, 0.5, -1.64, -1.75), (2.0, 1.0, -3.69, -4.0)]
)
def test_a_known_spectrum_digits(capacity, source, start, end):
    modes = np.arange(1, 100_001)
    lam, s = modes**-capacity, modes ** -(capacity * source + 1.0)
    risks = theory.krylov_bound(20, lam, s).risks
    slopes = np.diff(np.log(risks[1:])) / np.diff(np.log(np.arange(1, 21)))
    # Around depth 20 the local slope has reached the first number, on its way to the second.
    assert slopes[14:18].mean() == pytest.approx(start, abs=0.025)
    assert np.all(np.diff(slopes) < 0)
    assert slopes[-1] > end


def test_order():
    spectra = theory.power_law_spectra(1.5, 0.7, 300)
    args = (spectra.covariance, spectra.signal)
    bound = theory.krylov_bound(8, *args)
    last = np.inf
    for depth in range(1, 9):
        tied = theory.spectral_descent_risk(depth, *args).risk
        free = theory.spectral_descent_risk(depth, *args, tied=False)
        assert bound.risks[depth] <= free.risk * (1 + 1e-10)
        assert free.risk <= tied * (1 + 1e-12)
        assert free.risk < last
        # Without noise the roots are real: free steps reach the bound.
        assert free.risk == pytest.approx(bound.risks[depth], rel=1e-6)
        assert free.steps.sum() == pytest.approx(bound.total_steps[depth], rel=1e-3)
        last = free.risk


@pytest.mark.parametrize(("source", "expected"), [(0.5, -0.249), (1.0, -0.499)])
def test_a_falling_step_halves_the_depth_exponent(source, expected):
    depths = 2 ** np.arange(6, 13)
    spectra = theory.power_law_spectra(1.5, source, 50_000)
    args = (spectra.covariance, spectra.signal)
    found = theory.spectral_descent_risk_with(depths**-0.5, depths, *args)
    assert slope(depths, found) == pytest.approx(expected, abs=1.5e-3)
    flat = theory.spectral_descent_risk_with(1 / depths, depths, *args)
    assert slope(depths, flat) == pytest.approx(0, abs=5e-3)


def test_extremes():
    found = theory.spectral_descent_risk([0, 1, 1000], [1.0], [2.0])
    np.testing.assert_allclose(found.risk, [2, 0, 0], atol=1e-12)
    assert theory.krylov_bound(0, [1.0, 0.5], [1.0, 1.0]).risks.tolist() == [2.0]
    risks = theory.krylov_bound(5, [1.0, 0.5], [1.0, 1.0]).risks
    assert np.all(np.diff(risks) <= 0)
    assert risks[2] < 1e-28
