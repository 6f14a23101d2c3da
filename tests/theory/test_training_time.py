"""Optimiser time: the flows themselves, integrated independently, and their exponents."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from iclaws import theory
from iclaws.errors import InvalidValue


def slope(x, y):
    return np.polyfit(np.log(x), np.log(y), 1)[0]


def test_the_layer_flow_is_its_differential_equation():
    spectra = theory.power_law_spectra(1.0, 0.7, 6)
    lam, omega, k, noise = spectra.covariance, spectra.prior, 8, 0.1

    def half_slope(_, gains):
        step = 1e-6
        risk = theory.linear_attention_risk_with
        rows = np.eye(6) * step
        up = [risk(gains + row, k, lam, omega, noise) for row in rows]
        down = [risk(gains - row, k, lam, omega, noise) for row in rows]
        return -(np.array(up) - np.array(down)) / (4 * step)

    times = np.array([0.0, 1.0, 10.0, 60.0])
    flow = solve_ivp(half_slope, (0, 60), np.zeros(6), t_eval=times, rtol=1e-8, atol=1e-10)
    expected = [theory.linear_attention_risk_with(g, k, lam, omega, noise) for g in flow.y.T]
    found = theory.layer_flow_risk(times, k, lam, omega, noise)
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    end = theory.layer_flow_risk(1e9, k, lam, omega, noise)
    assert end == pytest.approx(theory.linear_attention_risk(k, lam, omega, noise), rel=1e-9)


@pytest.mark.parametrize(("factors", "start"), [(1, 0.0), (2, 0.2), (5, 0.5)])
def test_the_rotated_flow_is_its_differential_equation(factors, start):
    spectra = theory.power_law_spectra(1.5, 0.7, 50)
    lam, s = spectra.covariance, spectra.signal

    def flow(_, w):
        pull = (s * lam * np.exp(-2 * w[0] ** factors * lam)).sum()
        return [pull * w[0] ** (factors - 1)]

    times = np.array([0.0, 1.0, 10.0, 100.0])
    path = solve_ivp(flow, (0, 100), [start], t_eval=times, rtol=1e-9, atol=1e-12)
    expected = [(s * np.exp(-2 * w**factors * lam)).sum() for w in path.y[0]]
    found = theory.rotated_flow_risk(
        times, lam, s, num_factors=factors, initial_weight=start or 0.1
    )
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_exponents_digits():
    # Reduced: -.204, -.333; all weights at beta = 1: -.715; fixed covariance: -.158, -.286.
    t = np.geomspace(1e3, 1e6, 7)
    for source, expected in ((0.5, -0.204), (1.0, -0.333)):
        spectra = theory.power_law_spectra(1.5, source, 20_000)
        found = theory.rotated_flow_risk(t, spectra.covariance, spectra.signal)
        assert slope(t, found) == pytest.approx(expected, abs=4e-3)
        assert slope(t, found) == pytest.approx(-source / (2 + source), abs=4e-3)
    full = theory.rotated_flow_risk(
        t, spectra.covariance, spectra.signal, num_factors=5, initial_weight=0.3
    )
    assert slope(t, full) == pytest.approx(-0.715, abs=3e-3)
    t = np.geomspace(1e5, 1e8, 4)
    for capacity, source, expected in ((1.5, 0.5, -0.158), (2.0, 1.0, -0.286)):
        spectra = theory.power_law_spectra(capacity, source, 20_000)
        found = theory.layer_flow_risk(t, np.inf, spectra.covariance, spectra.prior, 0.0)
        assert slope(t, found) == pytest.approx(expected, abs=2e-3)


def test_the_plateau_ends_at_its_time():
    spectra = theory.power_law_spectra(1.5, 0.7, 200)
    strength = float(spectra.signal @ spectra.covariance)
    widths = []
    for weight in (0.2, 0.1, 0.05):
        critical = theory.plateau_time(strength, weight)
        t = critical * np.linspace(0.5, 1.5, 2001)
        risk = theory.rotated_flow_risk(
            t, spectra.covariance, spectra.signal, num_factors=5, initial_weight=weight
        )
        half = t[np.argmax(risk < 0.5)] / critical
        widths.append(np.log(t[np.argmax(risk < 0.2)] / t[np.argmax(risk < 0.8)]))
        assert half == pytest.approx(1, abs=0.2)
    # Sharper on the logarithm of time as the initial weight falls.
    assert widths[2] < 0.5 * widths[0]
    assert half == pytest.approx(1, abs=0.01)


def test_plateau_digits():
    # Ratio of the escape to its predicted time: .993, .992, .970 at w0 = .05, .1, .2.
    spectra = theory.power_law_spectra(1.5, 0.7, 200)
    strength = float(spectra.signal @ spectra.covariance)
    for weight, expected in ((0.05, 0.993), (0.1, 0.992), (0.2, 0.970)):
        critical = theory.plateau_time(strength, weight)
        t = critical * np.linspace(0.9, 1.1, 2001)
        risk = theory.rotated_flow_risk(
            t, spectra.covariance, spectra.signal, num_factors=5, initial_weight=weight
        )
        escape = t[np.argmax(risk < 0.9)] / critical
        assert escape == pytest.approx(expected, abs=8e-3)


def test_extremes_and_bad_input():
    assert theory.layer_flow_risk(0, 5, [1.0], [2.0], 0.0) == pytest.approx(2.0)
    assert theory.rotated_flow_risk(0, [1.0, 0.5], [1.0, 1.0]) == pytest.approx(2.0)
    assert theory.rotated_flow_risk(1e12, [1.0, 0.5], [1.0, 1.0]) < 1e-6
    with pytest.raises(InvalidValue, match="3 for a plateau"):
        theory.plateau_time(1.0, 0.1, 2)
