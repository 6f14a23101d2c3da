"""Bayes predictors of discrete priors against published tables and their own definitions."""

import numpy as np
import pytest

from iclaws import theory
from iclaws.errors import InvalidValue


def half_point(lengths, risks):
    """Where the risk falls to half of its first value, by linear interpolation."""
    level = 0.5 * risks[0]
    place = int(np.argmax(risks < level))
    share = (risks[place - 1] - level) / (risks[place - 1] - risks[place])
    return lengths[place - 1] + share


def test_dmmse_table_of_the_source():
    # D = 8, unit weights, noise .25: mean over positions 0..15, divided by D (arXiv 2306.15063).
    lengths = np.arange(16)
    for tasks, fresh, seen in ((8, 1.26, 0.093), (64, 0.882, 0.154), (256, 0.723, 0.192)):
        for is_fresh, expected in ((True, fresh), (False, seen)):
            found = theory.dmmse_risk(
                lengths, tasks, 8, 8.0, 0.25, fresh_tasks=is_fresh, num_draws=(32, 48)
            )
            error = np.sqrt((found.standard_error**2).sum()) / 16 / 8
            assert found.risk.mean() / 8 == pytest.approx(expected, abs=5 * error + 0.012)


def test_identification_digits():
    # D = 64, noise .1: half points 3.1, 4.2, 5.0 for M = 2^6, 2^8, 2^10.
    lengths = np.arange(12)
    for tasks, expected in ((2**6, 3.1), (2**8, 4.2), (2**10, 5.0)):
        found = theory.dmmse_risk(lengths, tasks, 64, 1.0, 0.1, num_draws=(6, 48))
        assert half_point(lengths, found.risk) == pytest.approx(expected, abs=0.55)
        assert half_point(lengths, found.risk) < theory.identification_context(tasks, 1.0, 0.1)


@pytest.mark.slow
@pytest.mark.parametrize(("noise", "slope"), [(0.1, 0.778), (1.0, 2.78)])
def test_identification_slope_digits(noise, slope):
    # D = 64: half points grow by .778 and 2.78 per unit of ln M (theory .834, 2.89).
    lengths, tasks = np.arange(30), 2 ** np.array([6, 8, 10, 12])
    found = [
        theory.dmmse_risk(lengths, int(count), 64, 1.0, noise, num_draws=(6, 64)).risk
        for count in tasks
    ]
    halves = [half_point(lengths, risk) for risk in found]
    if noise == 0.1:
        assert halves[-1] == pytest.approx(6.5, abs=0.4)
    assert np.polyfit(np.log(tasks), halves, 1)[0] == pytest.approx(slope, rel=0.1)


@pytest.mark.slow
def test_identification_sharpens_with_size():
    # ln M = .15 D, noise 1: half points 6.6, 12.3, 18.2, 24.6 at D = 16, 32, 48, 64.
    dims, lengths, halves, widths = np.array([16, 32, 48, 64]), np.arange(60), [], []
    for size in dims:
        count = round(np.exp(0.15 * size))
        draws = (max(8, 600 // count), 64)
        risk = theory.dmmse_risk(lengths, count, int(size), 1.0, 1.0, num_draws=draws).risk
        halves.append(half_point(lengths, risk))
        at = [np.interp(-level * risk[0], -risk, lengths) for level in (0.8, 0.2)]
        widths.append(np.log(at[1] / at[0]))
    # Eleven tasks (D = 16) overlap: there the half point depends on its definition.
    np.testing.assert_allclose(halves[1:], [12.3, 18.2, 24.6], rtol=0.08)
    assert halves[0] == pytest.approx(6.6, rel=0.25)
    assert np.all(np.diff(widths) < 0)
    assert -0.65 < np.polyfit(np.log(dims), np.log(widths), 1)[0] < -0.15


def test_many_tasks_predict_as_ridge():
    lengths = np.array([0, 2, 4])
    found = theory.dmmse_risk(lengths, 2**13, 3, 1.0, 0.5, fresh_tasks=True, num_draws=(8, 128))
    ridge = [theory.sampled_bayes_risk(int(k), np.full(3, 1 / 3), 0.5).risk for k in lengths]
    np.testing.assert_allclose(found.risk, ridge, rtol=0.12)


def test_one_task_is_known_without_context():
    found = theory.dmmse_risk([0, 3], 1, 5, 1.0, 0.1)
    np.testing.assert_allclose(found.risk, 0, atol=1e-12)
    found = theory.dmmse_risk([0, 3], 1, 5, 1.0, 0.1, fresh_tasks=True, num_draws=(64, 64))
    np.testing.assert_allclose(found.risk, 2.0, rtol=0.1)


def test_sparse_digits():
    # D = 20, s = 2: half points 5.0, 15.2; the dense-prior Bayes needs 13, 31.
    lengths = np.arange(32)
    for noise, expected, dense in ((0.1, 5.0, 13), (1.0, 15.2, 31)):
        found = theory.sparse_bayes_risk(lengths, 20, 2, 1.0, noise, num_draws=512)
        half = half_point(lengths, found.risk)
        assert half == pytest.approx(expected, abs=0.5)
        assert half < theory.sparse_identification_context(20, 2, 1.0, noise)
        risks = theory.isotropic_bayes_risk(np.arange(60), 20, 1.0, noise)
        assert half_point(np.arange(60), risks) == pytest.approx(dense, abs=1.01)
        assert found.risk[0] == pytest.approx(1.0, abs=1e-12)


def test_parity_digits():
    lengths = [4, 6, 8, 9, 10, 12, 14]
    found = theory.parity_bayes_error(lengths, 12, 3, num_draws=4096)
    expected = [0.42, 0.33, 0.155, 0.075, 0.064, 0.020, 0.004]
    # The published run had a few hundred contexts: its own error is about .02.
    np.testing.assert_allclose(found.risk, expected, atol=0.035)
    assert np.all(np.diff(found.risk) < 0)
    assert found.risk[0] < 0.5


def test_parity_of_one_known_bit_is_a_majority():
    # Two bits, parities of one: after one example the two labels agree or tell them apart.
    found = theory.parity_bayes_error([0, 1, 40], 2, 1, num_draws=8192)
    # Without context: error 1/2 where the two parities disagree, half of the inputs.
    np.testing.assert_allclose(found.risk, [0.25, 0.125, 0], atol=0.015)


def test_bad_input_is_named():
    with pytest.raises(InvalidValue, match="enumerated"):
        theory.sparse_bayes_risk(3, 200, 6, 1.0, 0.1)
    with pytest.raises(InvalidValue, match="noise_var"):
        theory.dmmse_risk(3, 4, 5, 1.0, 0.0)
