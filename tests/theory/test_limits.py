"""Lower bounds: digits, Monte Carlo, and that nothing achievable lies below."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from iclaws import theory
from iclaws.errors import InvalidValue

from .monte_carlo import excess, read_in, ridge


def test_rate_distortion_digits():
    found = theory.rate_distortion_limit([30, 60, 200], 60, 1.0, 0.1)
    np.testing.assert_allclose(found, [0.340, 0.152, 0.034], atol=2e-3)
    # To all digits with the information of 60 dimensions instead of infinitely many.
    drawn = [
        theory.sampled_mutual_information(k, 60, 1.0, 0.1, num_draws=600) for k in (30, 60, 200)
    ]
    found = [np.exp(-2 * one.information / 60) for one in drawn]
    np.testing.assert_allclose(found, [0.340, 0.152, 0.034], atol=6e-4)
    bayes = theory.isotropic_bayes_risk([30, 60, 200], 60, 1.0, 0.1)
    np.testing.assert_allclose(bayes, [0.574, 0.270, 0.040], atol=6e-4)


@settings(max_examples=50, deadline=None)
@given(k=st.floats(0, 500), dims=st.floats(1, 100), noise=st.floats(1e-4, 10))
def test_rate_distortion_is_below_bayes(k, dims, noise):
    bound = theory.rate_distortion_limit(k, dims, 1.0, noise)
    assert bound <= theory.isotropic_bayes_risk(k, dims, 1.0, noise) * (1 + 1e-12)


def test_width_and_context_digits():
    # D = 60, r = 30, k = 60, noise .05: .7170, while a floor plus Bayes gives .700.
    s = np.full(60, 1 / 60)
    assert theory.width_context_limit(60, 30, s, 0.05) == pytest.approx(0.7170, abs=5e-5)
    added = 0.5 + theory.isotropic_bayes_risk(60, 60, 1.0, 0.05)
    assert added == pytest.approx(0.700, abs=5e-4)


@pytest.mark.parametrize("rank", [15, 30, 45])
@pytest.mark.parametrize("k", [30, 60, 200])
def test_width_and_context_against_monte_carlo(rank, k):
    dims, noise = 60, 0.05
    unread = 1 - rank / dims
    # The posterior mean of a learner that sees `rank` covariates: ridge with the noise it meets.
    fit = read_in(np.eye(rank, dims), ridge((noise + unread) * dims))
    found = excess(fit, k, np.ones(dims), np.full(dims, 1 / dims), noise, draws=600)
    s = np.full(dims, 1 / dims)
    assert found.sees(theory.width_context_limit(k, rank, s, noise), slack=0.013), found


@pytest.mark.parametrize("rank", [4, 10, 30])
def test_width_and_context_at_fixed_covariance_against_monte_carlo(rank):
    spectra, noise, k = theory.power_law_spectra(1.2, 0.7, 60), 0.05, 60
    unread = spectra.signal[rank:].sum()
    fit = read_in(np.eye(rank, 60), ridge((noise + unread) / spectra.prior[:rank]))
    found = excess(fit, k, spectra.covariance, spectra.prior, noise, draws=800)
    expected = theory.width_context_limit(k, rank, spectra.signal, noise)
    assert found.sees(expected, slack=0.02), (found, expected)


@settings(max_examples=60, deadline=None)
@given(
    k=st.floats(0, 200), capacity=st.floats(0, 2.5), source=st.floats(0.2, 2),
    noise=st.floats(1e-3, 3), data=st.data(),
)  # fmt: skip
def test_full_rank_is_bayes_and_rank_never_hurts(k, capacity, source, noise, data):
    s = theory.power_law_spectra(capacity, source, 24).signal
    risks = theory.width_context_limit(k, np.arange(26), s, noise)
    assert risks[24] == pytest.approx(theory.bayes_risk(k, s, noise), rel=1e-9)
    assert risks[25] == risks[24]
    assert risks[0] == pytest.approx(s.sum(), rel=1e-12)
    assert np.all(np.diff(risks) <= 1e-12)
    assert np.all(risks >= theory.best_read_in_risk(np.arange(26), s) - 1e-12)


def test_vectorised_over_everything():
    s = theory.power_law_spectra(1.5, 0.7, 12).signal
    k, rank, noise = np.meshgrid([0, 5, 50], [1, 6, 12], [0.0, 0.1], indexing="ij")
    found = theory.width_context_limit(k, rank, s, noise)
    for at in np.ndindex(found.shape):
        one = theory.width_context_limit(float(k[at]), int(rank[at]), s, float(noise[at]))
        assert found[at] == pytest.approx(one, rel=1e-12, abs=1e-15)


def test_other_limits():
    np.testing.assert_allclose(theory.task_limit([5, 10, 30], 20, 2.0), [1.5, 1.0, 0.0])
    rate = theory.sparse_minimax_rate(100, 1000, 5, 0.1)
    assert rate == pytest.approx(0.1 * 5 * np.log(np.e * 200) / 100)
    least, convex = theory.sparse_recovery_context(1000, 5)
    assert (least, convex) == (10, pytest.approx(10 * np.log(200)))


def test_bad_input_is_named():
    with pytest.raises(InvalidValue, match="read_in_rank"):
        theory.width_context_limit(10, 2.5, [1.0, 0.5], 0.1)
