"""The depth recursion: its two ends, its equality with polynomials, its published digits."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from iclaws import theory
from iclaws.errors import InvalidValue
from iclaws.theory._objective import best_polynomials
from iclaws.theory.gradient_descent import isotropic_objective


@settings(max_examples=60, deadline=None)
@given(
    depth=st.integers(0, 12),
    ratio=st.floats(0.05, 20),
    noise=st.one_of(st.just(0.0), st.floats(1e-6, 10)),
    tau=st.floats(0.1, 10),
)
def test_the_recursion_is_the_best_polynomial_at_isotropy(depth, ratio, noise, tau):
    s = np.full(50, tau / 50)
    recursion = theory.depth_recursion(depth, 50 * ratio, s, noise)[-1]
    closed = theory.polynomial_bound(depth, 50 * ratio, 50, tau, noise)
    assert recursion == pytest.approx(closed.risk, rel=1e-12)
    # A third road: Arnoldi under the Marchenko-Pastur law (Krylov).
    objective = isotropic_objective(max(depth, 1), 1 / ratio, tau, noise)
    best = best_polynomials(objective, depth, np.zeros(1))
    assert best.risks[-1] == pytest.approx(closed.risk, rel=1e-8)
    assert abs(best.risks[-1] - recursion) <= 1e-12 * tau
    assert best.gains[-1, -1] == pytest.approx(closed.total_step, rel=1e-6)


@settings(max_examples=40, deadline=None)
@given(
    k=st.floats(1, 300),
    capacity=st.floats(0, 3),
    source=st.floats(0.2, 3),
    noise=st.floats(1e-2, 10),
)
def test_the_recursion_falls_to_bayes(k, capacity, source, noise):
    s = theory.power_law_spectra(capacity, source, 40).signal
    risks = theory.depth_recursion(4000, k, s, noise)
    bayes = theory.bayes_risk(k, s, noise)
    assert np.all(np.diff(risks) <= 1e-15)
    assert risks[-1] == pytest.approx(bayes, rel=1e-7)
    assert np.all(risks >= bayes * (1 - 1e-12))


def test_the_first_step_is_one_layer_of_linear_attention():
    lam, omega = np.linspace(0.1, 2, 5000), np.linspace(1, 3, 5000) / 5000
    first = theory.depth_recursion(1, 2000, lam * omega, 0.1)[1]
    assert first == pytest.approx(theory.linear_attention_risk(2000, lam, omega, 0.1), rel=1e-3)


def test_depth_is_exponential_at_the_rate_of_its_closed_form():
    for ratio, noise in ((0.5, 0.0), (2.0, 0.0), (2.0, 0.3), (1.0, 0.05)):
        risks = theory.depth_recursion(60, 50 * ratio, np.full(50, 0.02), noise)
        gaps = risks - theory.isotropic_bayes_risk(50 * ratio, 50, 1.0, noise)
        g = 1 / ratio
        rate = np.exp(-2 * np.arccosh((1 + g + noise * g) / (2 * np.sqrt(g))))
        assert gaps[12] / gaps[11] == pytest.approx(rate, rel=0.02)
        if noise == 0:
            assert rate == pytest.approx(min(ratio, g), rel=1e-12)


def test_noiseless_digits():
    # k/D = 1.5: .4000, .2105, .0758, .0134 at L = 1, 2, 4, 8.
    found = theory.polynomial_bound([1, 2, 4, 8], 150, 100, 1.0, 0.0).risk
    np.testing.assert_allclose(found, [0.4000, 0.2105, 0.0758, 0.0134], atol=5e-5)
    recursion = theory.depth_recursion(8, 150, np.full(100, 0.01), 0.0)
    np.testing.assert_allclose(found, recursion[[1, 2, 4, 8]], rtol=1e-12)


def test_fixed_covariance_digits():
    # D = 100, k = 60: recursion .1370, .0484, .0268; exact layer .1501; Bayes .0093.
    spectra = theory.power_law_spectra(1.5, 0.7, 100)
    found = theory.depth_recursion(3, 60, spectra.signal, 0.0)
    np.testing.assert_allclose(found[1:], [0.1370, 0.0484, 0.0268], atol=5.1e-5)
    layer = theory.linear_attention_risk(60, spectra.covariance, spectra.prior, 0.0)
    assert layer == pytest.approx(0.1501, abs=5.1e-5)
    assert theory.bayes_risk(60, spectra.signal, 0.0) == pytest.approx(0.0093, abs=5.1e-5)


def test_context_exponents_by_depth():
    # Fixed covariance, no noise: the slope in k depends on depth (a = 1, then a = 2).
    k = np.geomspace(2**8, 2**14, 7)
    for capacity, source, depths, slopes in (
        (2.0, 0.5, (1, 2, 3, 5), (-0.495, -0.746, -0.872, -0.968)),
        (2.0, 1.0, (1, 2, 3, 5), (-0.654, -1.098, -1.397, -1.730)),
    ):
        s = theory.power_law_spectra(capacity, source, 10**6).signal
        risks = np.stack([theory.depth_recursion(5, one, s, 0.0) for one in k])
        for depth, slope in zip(depths, slopes, strict=True):
            found = np.polyfit(np.log(k), np.log(risks[:, depth]), 1)[0]
            a = capacity * source
            asymptote = -a * (1 - (a / (1 + a)) ** depth)
            assert found == pytest.approx(slope, abs=1.5e-3)
            assert found == pytest.approx(asymptote, abs=0.015)


def test_extremes():
    s = np.full(10, 0.1)
    assert theory.depth_recursion(0, 5, s, 0.1).tolist() == [pytest.approx(1.0)]
    np.testing.assert_allclose(theory.depth_recursion(3, 0, s, 0.0), 1.0)
    assert np.isfinite(theory.depth_recursion(50, [1e-8, 1e8], s, 0.0)).all()
    assert np.isfinite(theory.depth_recursion(5, 10, np.append(s, 0.0), [0.0, 1e12])).all()
    k, noise = np.meshgrid([0.0, 1e-8, 1.0, 1e8], [0.0, 1e-12, 1e12])
    found = theory.polynomial_bound(10**6, k, 1, 1.0, noise)
    assert np.isfinite(found.risk).all()
    assert np.isfinite(found.total_step).all()
    assert theory.polynomial_bound(99, 7, 7, 1.0, 0.0).risk == pytest.approx(0.01)
    assert theory.polynomial_bound(0, 7, 9, 2.0, 0.3) == (pytest.approx(2.0), 0.0)


def test_depth_must_be_whole():
    with pytest.raises(InvalidValue, match=r"depth.*whole.*1\.5"):
        theory.depth_recursion(1.5, 5, [1.0], 0.1)
