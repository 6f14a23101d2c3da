"""Scaling functions of the known transitions against the full formulas."""

import numpy as np
import pytest

from iclaws import theory


def test_task_diversity_digits():
    # alpha = 1e4: 3.033/3.025, 1.178/1.171, .510/.500, .184/.171 at u = -3, -1, 0, 1.
    u, rho, alpha = np.array([-3.0, -1.0, 0.0, 1.0]), 0.1, 1e4
    np.testing.assert_allclose(
        theory.task_diversity_scaling(u), [3.025, 1.171, 0.500, 0.171], atol=5.1e-4
    )
    root = np.sqrt((1 + rho) / alpha)
    found = theory.finite_pretraining_errors(alpha, 1 + u * root, np.inf, rho).fresh_tasks - rho
    np.testing.assert_allclose(found / root, [3.033, 1.178, 0.510, 0.184], atol=6e-4)
    scaled = theory.task_diversity_error(1 + u * root, alpha, rho)
    np.testing.assert_allclose(found, scaled, rtol=0.08)


@pytest.mark.parametrize("alpha", [1e2, 1e4, 1e6, 1e8])
def test_task_diversity_becomes_exact(alpha):
    u = np.linspace(-3, 3, 13)
    root = np.sqrt(1.1 / alpha)
    found = theory.finite_pretraining_errors(alpha, 1 + u * root, np.inf, 0.1).fresh_tasks - 0.1
    scaled = theory.task_diversity_error(1 + u * root, alpha, 0.1)
    np.testing.assert_allclose(found, scaled, atol=2.5 * root**2)


@pytest.mark.parametrize("u", [-3.0, -1.0, 0.0, 1.0, 3.0])
def test_context_threshold_digits(u):
    # Four digits at noise 1e-6.
    k = 100 * (1 + u * 1e-3)
    found = theory.context_threshold_risk(k, 100, 1.0, 1e-6)
    assert found == pytest.approx(theory.isotropic_bayes_risk(k, 100, 1.0, 1e-6), rel=6e-4)


def test_scaling_functions_far_away():
    u = np.array([-1e8, 1e8])
    np.testing.assert_allclose(theory.task_diversity_scaling(u), [1e8, 1e-24], rtol=1e-9)
    np.testing.assert_allclose(theory.context_threshold_scaling(u), [1e8, 1e-8], rtol=1e-9)


def test_the_interpolation_peak_is_where_both_errors_are_infinite():
    dims = 30
    ratio = theory.finite_size_data_ratio(theory.interpolation_peak(dims), dims)
    found = theory.finite_pretraining_errors(2, 1, ratio, 0.1)
    assert np.isinf(found.fresh_tasks)
    assert np.isinf(found.pretrain_tasks)


def test_known_transitions():
    found = {one.name: one for one in theory.known_transitions(400, 20, 4096, 1.0, 0.1)}
    assert found["task diversity"].critical_scale == 20
    assert found["determined task"].critical_scale == 20
    assert found["interpolation"].critical_scale == 420
    identified = theory.identification_context(4096, 1.0, 0.1)
    assert found["identification"].critical_scale == identified
    plateau = theory.plateau_time(1 / 20, 0.1)
    assert found["plateau"].critical_scale == pytest.approx(plateau)
    longer = {one.name: one for one in theory.known_transitions(1600, 20, 4096, 1.0, 0.1)}
    ratio = longer["task diversity"].log_width / found["task diversity"].log_width
    assert ratio == pytest.approx(4 ** found["task diversity"].width_exponent)


def test_logistic_width():
    h = 3.0
    scales = np.exp(np.linspace(-5, 5, 100_001))
    score = 1 / (1 + scales**-h)
    width = np.log(scales[np.argmax(score > 0.8)] / scales[np.argmax(score > 0.2)])
    assert theory.logistic_log_width(h) == pytest.approx(width, abs=1e-3)
