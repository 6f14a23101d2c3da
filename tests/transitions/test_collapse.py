"""Sizes collapse at the critical scale and with the exponents of exact theory."""

import numpy as np
import pytest

from iclaws import theory
from iclaws.errors import InvalidValue
from iclaws.transitions import Curve, Status, collapse

from .planted import determined_task, noisy, systems, task_diversity

CLOSE = np.linspace(-3, 3, 13)


def check(found, *, exponents=0.5):
    assert found.status is Status.OK
    assert found.critical == pytest.approx(1.0, abs=0.02), found.sentence
    assert found.width_exponent == pytest.approx(exponents, abs=0.03), found.sentence
    assert found.order_exponent == pytest.approx(exponents, abs=0.03), found.sentence


def test_task_diversity_with_noise():
    exact = task_diversity(np.geomspace(1e3, 64e3, 7), CLOSE)
    check(collapse(systems(exact, np.random.default_rng(0), seeds=3), num_bootstrap=4))


def test_task_diversity_in_small_systems_blind():
    # One grid of task ratios for all sizes, nothing known of the scaling.
    ratios = np.linspace(0.6, 1.4, 41)
    rng = np.random.default_rng(0)
    curves = {}
    for alpha in np.geomspace(100, 6400, 7):
        errors = theory.finite_pretraining_errors(alpha, ratios, np.inf, 0.1)
        curves[alpha] = noisy(ratios, np.asarray(errors.fresh_tasks) - 0.1, rng, seeds=3)
    check(collapse(curves, num_bootstrap=4))


def test_the_scaling_function_itself():
    curves = {}
    rng = np.random.default_rng(1)
    for alpha in (100, 400, 1600, 6400):
        kappa = 1 + CLOSE * np.sqrt(1.1 / alpha)
        curves[alpha] = noisy(kappa, theory.task_diversity_error(kappa, alpha, 0.1), rng, seeds=3)
    found = collapse(curves, num_bootstrap=4)
    check(found)
    # The common curve is F: at the critical scale half, in units of (1 + noise)^(1/2).
    centre = np.interp(0.0, np.sort(found.x), found.y[np.argsort(found.x)])
    assert centre == pytest.approx(0.5 * np.sqrt(1.1), rel=0.1)


def test_the_determined_task():
    exact = determined_task((1e2, 1e3, 1e4, 1e5), CLOSE)
    check(collapse(systems(exact, np.random.default_rng(0)), num_bootstrap=4))


def test_intervals_are_over_seeds_and_hold_the_truth():
    rng = np.random.default_rng(2)
    curves = {}
    for size in (2, 5, 12, 30):
        scale = np.linspace(1.0, 3.0, 41)
        values = np.tanh((scale - 2) * size**0.7) + 1.5
        curves[size] = noisy(scale, size**-0.2 * values, rng, seeds=4)
    found = collapse(curves, num_bootstrap=20)
    ends = {
        2.0: found.critical_interval,
        0.7: found.width_exponent_interval,
        0.2: found.order_exponent_interval,
    }
    for truth, (low, high) in ends.items():
        assert low - 0.02 < truth < high + 0.02
    assert found.rms < 0.03


def test_a_window_leaves_out_what_is_far():
    exact = determined_task((1e2, 1e3, 1e4, 1e5), np.linspace(-9, 9, 37))
    found = collapse(
        {size: Curve(*curve) for size, curve in exact.items()}, window=2.0, num_bootstrap=2
    )
    assert np.abs(found.x).max() <= 2.0
    check(found)


def test_what_cannot_be_collapsed_says_so():
    scale = np.linspace(1, 2, 10)
    two = {size: Curve(scale, scale) for size in (1, 2)}
    assert collapse(two).status is Status.TOO_FEW_POINTS
    flat = {size: Curve(scale, np.ones(10)) for size in (1, 2, 4)}
    assert collapse(flat).status is Status.CONSTANT
    with pytest.raises(InvalidValue, match="window"):
        collapse(flat, window=0.0)
