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


def scattered(rng, *, own_scales):
    """Return curves of four seeds, their critical points 0.05 apart, on scales of their own."""
    curves = {}
    for size in (2, 5, 12):
        parts = []
        for seed in range(4):
            scale = np.linspace(1.0, 3.0, 13) + own_scales * 0.04 * seed
            values = np.tanh((scale - 2 - 0.05 * rng.normal()) * size**0.7) + 1.5
            values *= size**-0.2 * np.exp(0.02 * rng.normal(size=13))
            parts.append((scale, values, np.full(13, seed)))
        curves[size] = Curve(*(np.concatenate(part) for part in zip(*parts, strict=True)))
    return curves


@pytest.mark.parametrize("own_scales", [False, True])
def test_intervals_are_over_seeds_and_cover(own_scales):
    repeats, truth = 12, np.array([2.0, 0.7, 0.2])
    rng = np.random.default_rng(2)
    ends = []
    for _ in range(repeats):
        found = collapse(scattered(rng, own_scales=own_scales), num_bootstrap=15)
        ends.append(
            (
                found.critical_interval,
                found.width_exponent_interval,
                found.order_exponent_interval,
            )
        )
        assert found.rms < 0.1
    low, high = np.moveaxis(np.array(ends), 2, 0)
    # At 95 %, eight hits or fewer happen by chance in 2 of 10,000.
    assert np.all(((low < truth) & (truth < high)).sum(axis=0) >= 9)
    # Of twelve runs, known to 0.05 each: not far wider than they need be.
    assert 0.03 < np.mean(high - low, axis=0)[0] < 0.2


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
