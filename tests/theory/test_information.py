"""Information in a context, and contexts that identify a discrete task."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from iclaws import theory


@pytest.mark.parametrize(("k", "dims", "noise"), [(60, 100, 0.1), (100, 100, 1.0), (300, 100, 0.3)])
def test_mutual_information_against_monte_carlo(k, dims, noise):
    generator = np.random.default_rng(0)
    values = []
    for _ in range(60):
        x = generator.standard_normal((k, dims))
        values.append(0.5 * np.linalg.slogdet(np.eye(dims) + x.T @ x / (dims * noise))[1])
    error = np.std(values) / np.sqrt(60)
    found = theory.mutual_information(k, dims, 1.0, noise)
    assert abs(np.mean(values) - found) < 3 * error + 2e-3 * found


@settings(max_examples=40, deadline=None)
@given(k=st.floats(0.1, 300), dims=st.floats(1, 100), noise=st.floats(1e-3, 10))
def test_information_grows_by_what_bayes_still_lacks(k, dims, noise):
    # dI/dk = ln(1 + e_Bayes/noise)/2: the next label is worth its own predictive variance.
    step = 1e-4 * k
    up, down = (theory.mutual_information(k + d, dims, 1.0, noise) for d in (step, -step))
    e = theory.isotropic_bayes_risk(k, dims, 1.0, noise)
    assert (up - down) / (2 * step) == pytest.approx(0.5 * np.log1p(e / noise), rel=1e-4)


def test_digits_at_eight_dimensions():
    # D = 8, noise .25, unit weights: I(15) = 15.0, I(8) = 11.0 nats; 2^21.7, 2^15.8 tasks.
    found = theory.mutual_information([15, 8], 8, 8.0, 0.25)
    np.testing.assert_allclose(found, [15.0, 11.0], rtol=0.025)
    bits = theory.task_diversity_bits([15, 8], 8, 8.0, 0.25)
    np.testing.assert_allclose(bits, [21.7, 15.8], rtol=0.025)


def test_finite_size_digits():
    # D = 8, noise .25, unit weights: I(15) = 15.0, I(8) = 11.0 nats; 2^21.7, 2^15.8 tasks.
    for k, nats, bits in ((15, 15.0, 21.7), (8, 11.0, 15.8)):
        found = theory.sampled_mutual_information(k, 8, 8.0, 0.25, num_draws=8192)
        assert found.standard_error < 0.01
        assert found.information == pytest.approx(nats, abs=0.055)
        assert found.information / np.log(2) == pytest.approx(bits, abs=0.055)
        # The proportional limit is high, by less than it says.
        limit = theory.mutual_information(k, 8, 8.0, 0.25)
        assert found.information < limit < 1.025 * found.information


@pytest.mark.parametrize(("k", "dims"), [(5, 12), (12, 12), (40, 12)])
def test_drawn_information_against_determinants(k, dims):
    x = np.random.default_rng(1).standard_normal((4000, k, dims))
    gram = np.eye(dims) + np.swapaxes(x, 1, 2) @ x * (2.0 / (dims * 0.3))
    values = 0.5 * np.linalg.slogdet(gram)[1]
    found = theory.sampled_mutual_information(k, dims, 2.0, 0.3)
    error = np.hypot(values.std() / np.sqrt(values.size), found.standard_error)
    assert abs(found.information - values.mean()) < 3.0 * error


def test_identification_digits():
    found = theory.identification_context(2 ** np.array([6, 8, 10, 12]), 1.0, 0.1)
    np.testing.assert_allclose(found, [3.5, 4.6, 5.8, 6.9], atol=0.05)
    # Slope in ln M: .834 and 2.89.
    slope = np.diff(theory.identification_context([np.e, np.e**2], 1.0, [0.1, 0.1]))[0]
    assert slope == pytest.approx(0.834, abs=5e-4)
    slope = np.diff(theory.identification_context([np.e, np.e**2], 1.0, 1.0))[0]
    assert slope == pytest.approx(2.89, abs=5e-3)
    # ln M = .15 D: 6.9, 13.9, 20.8, 27.7 at noise 1.
    dims = np.array([16, 32, 48, 64])
    found = theory.identification_context(np.exp(0.15 * dims), 1.0, 1.0)
    np.testing.assert_allclose(found, [6.9, 13.9, 20.8, 27.7], atol=0.06)


def test_sparse_and_boolean_digits():
    found = theory.sparse_identification_context(20, 2, 1.0, [0.1, 1.0])
    np.testing.assert_allclose(found, [5.5, 19.1], atol=0.05)
    assert theory.parity_bits(12, 3) == pytest.approx(7.8, abs=0.05)
    assert theory.boolean_identification_context(theory.parity_bits(12, 3)) == 8
    assert theory.tree_bits(20, 4) == pytest.approx(15 * np.log2(20) + 16)


def test_limits():
    assert theory.mutual_information(0, 10, 1.0, 0.1) == 0
    assert theory.sampled_mutual_information(0, 10, 1.0, 0.1).information == 0
    assert theory.mutual_information(5, 10, 1.0, 0.0) == np.inf
    assert theory.mutual_information(5, 10, 0.0, 0.1) == 0
    # Little signal: half of k tau / noise.
    assert theory.mutual_information(5, 10, 1e-9, 1.0) == pytest.approx(2.5e-9, rel=1e-6)
    assert theory.identification_context(1, 1.0, 0.1) == 0
    assert theory.identification_context(100, 1.0, 0.0) == 0
