"""A planted step is found where it is, as wide as it is, with intervals that cover."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from iclaws import theory
from iclaws.errors import InvalidValue
from iclaws.laws import Squared, fit
from iclaws.laws.sigmoid import Sigmoid
from iclaws.transitions import Curve, Status, critical_scale

from .planted import determined_task, noisy

SCALES = np.geomspace(1, 1000, 25)


def step(scale, *, centre=30.0, steepness=2.0, low=0.1, high=0.9):
    return low + (high - low) / (1 + (centre / scale) ** steepness)


@settings(max_examples=40)
@given(
    centre=st.floats(5, 200),
    steepness=st.floats(0.8, 8),
    low=st.floats(-1, 1),
    height=st.floats(-5, 5).filter(lambda h: abs(h) > 0.05),
    unit=st.floats(-8, 8),
)
def test_a_planted_step_is_found_exactly(centre, steepness, low, height, unit):
    values = step(SCALES, centre=centre, steepness=steepness, low=low, high=low + height)
    found = critical_scale(Curve(SCALES * 10**unit, values), num_bootstrap=2)
    assert found.scale == pytest.approx(centre * 10**unit, rel=1e-4)
    assert found.log_width == pytest.approx(theory.logistic_log_width(steepness), rel=1e-3)
    assert found.start == pytest.approx(low, abs=1e-3 * abs(height))


def test_it_is_the_sigmoid_law():
    rng = np.random.default_rng(0)
    values = step(SCALES, low=0.9, high=0.1) + 0.02 * rng.normal(size=SCALES.size)
    law = fit(
        Sigmoid("scale"), {"scale": SCALES, "loss": values}, loss=Squared(), log_residuals=False
    )
    found = critical_scale(Curve(SCALES, values), num_bootstrap=2)
    assert found.scale == pytest.approx(law.parameters["critical"], rel=1e-3)
    width = theory.logistic_log_width(abs(law.parameters["steepness"]))
    assert found.log_width == pytest.approx(width, rel=1e-3)


@pytest.mark.parametrize("seeds", [None, 5])
def test_intervals_cover(seeds):
    rng = np.random.default_rng(1)
    hits = widths = 0
    for _ in range(100):
        if seeds is None:
            curve = Curve(SCALES, step(SCALES) + 0.03 * rng.normal(size=SCALES.size))
        else:
            shifts = 30 * np.exp(0.1 * rng.normal(size=seeds))
            values = np.array([step(SCALES, centre=shift) for shift in shifts])
            values += 0.03 * rng.normal(size=values.shape)
            curve = Curve(
                np.tile(SCALES, seeds), values.ravel(), np.repeat(np.arange(seeds), len(SCALES))
            )
        found = critical_scale(curve, num_bootstrap=150)
        hits += found.interval[0] < 30 < found.interval[1]
        low, high = found.log_width_interval
        widths += low < theory.logistic_log_width(2.0) < high
    assert hits >= 88
    # Shifted seeds make the mean step a little wider than each of them.
    assert widths >= (88 if seeds is None else 75)


def test_a_kink_is_rounded_as_the_exact_theory_says():
    distances = np.linspace(-10, 10, 81)
    for ratio, (scale, risk) in determined_task((1e3, 1e5), distances).items():
        found = critical_scale(Curve(scale, risk), shape="kink", num_bootstrap=2)
        assert found.scale == pytest.approx(1.0, abs=0.02)
        # F_2(u) = (sqrt(u^2 + 4) - u)/2: delta is 2 roundings, the width 1.5 delta.
        assert found.log_width == pytest.approx(3 / np.sqrt(ratio), rel=0.05)


def test_too_little_is_a_status_and_no_number():
    found = critical_scale(Curve([1, 2, 3, 4], [0, 0, 1, 1]))
    assert found.status is Status.TOO_FEW_POINTS and "at least 5" in found.sentence
    assert found.scale is None and found.log_width is None


def test_constant_data_have_no_transition():
    assert critical_scale(Curve(SCALES, np.full(25, 0.3))).status is Status.CONSTANT
    noise = np.random.default_rng(3).normal(size=25)
    found = critical_scale(Curve(SCALES, noise))
    assert found.status is Status.NO_TRANSITION and found.scale is None


def by_seed(make, seeds, *, shift=0.0):
    """Return curves of seeds on scales that move by `shift` in ln scale from one to the next."""
    scales = [SCALES * np.exp(shift * seed) for seed in range(seeds)]
    values = [make(scale) for scale in scales]
    return Curve(np.concatenate(scales), np.concatenate(values), np.repeat(np.arange(seeds), 25))


@pytest.mark.parametrize(("seeds", "shift"), [(4, 0.0), (4, 0.07), (10, 0.0)])
@pytest.mark.parametrize("shape", ["step", "kink"])
def test_tilts_of_mean_zero_are_no_transition(seeds, shift, shape):
    rng = np.random.default_rng(0)

    def tilted(scale):
        return 0.5 + 0.1 * rng.normal() * np.log(scale / 30) + 0.01 * rng.normal(size=scale.size)

    found = [
        critical_scale(by_seed(tilted, seeds, shift=shift), shape=shape, num_bootstrap=1)
        for _ in range(100)
    ]
    # At 1 %, five or more of 100 happen by chance in 3 of 1000.
    assert sum(one.status is not Status.NO_TRANSITION for one in found) <= 4
    none = next(one for one in found if one.status is Status.NO_TRANSITION)
    assert f"over {seeds} seeds" in none.sentence and none.p_value > 0.01


def test_seeds_that_agree_on_a_step_show_it_through_their_tilts():
    rng = np.random.default_rng(1)

    def tilted(scale):
        tilt = 0.02 * rng.normal() * np.log(scale / 30)
        return step(scale) + 0.3 * rng.normal() + tilt + 0.02 * rng.normal(size=scale.size)

    found = [critical_scale(by_seed(tilted, 4), num_bootstrap=1) for _ in range(20)]
    assert sum(one.p_value < 0.01 for one in found) >= 18


def test_seeds_at_one_scale_each_are_rows():
    values = step(SCALES) + 0.03 * np.random.default_rng(0).normal(size=25)
    alone = critical_scale(Curve(SCALES, values), num_bootstrap=2)
    named = critical_scale(Curve(SCALES, values, np.arange(25)), num_bootstrap=2)
    assert named.p_value == alone.p_value < 1e-6


@pytest.mark.parametrize("centre", [1e-3, 1e6, 3e3])
def test_a_step_outside_the_range_is_not_extrapolated(centre):
    rng = np.random.default_rng(0)
    values = step(SCALES, centre=centre) + 1e-3 * rng.normal(size=SCALES.size)
    found = critical_scale(Curve(SCALES, values))
    assert found.status in (Status.NOT_IN_RANGE, Status.NO_TRANSITION)
    assert found.scale is None


def test_a_jump_between_two_scales_has_a_place_but_no_width():
    values = np.where(SCALES < 30, 0.0, 1.0)
    found = critical_scale(Curve(SCALES, values))
    assert found.status is Status.UNRESOLVED
    below, above = found.interval
    assert below < 30 < above and found.log_width is None


def test_levels_may_be_given_or_read_off_the_ends():
    values = 1 / (1 + SCALES / 2.0)  # a fall that starts at its steepest
    known = critical_scale(Curve(SCALES, values), levels=(1.0, 0.0), num_bootstrap=2)
    assert known.scale == pytest.approx(2.0, rel=1e-4)
    ends = critical_scale(Curve(SCALES, values), levels="ends", num_bootstrap=2)
    assert ends.start == pytest.approx(values[0]) and ends.end == pytest.approx(values[-1])


@pytest.mark.parametrize(
    ("curve", "words"),
    [
        (Curve([0, 1, 2, 3, 4], [0, 1, 2, 3, 4]), "must be positive"),
        (Curve([1, 2, 3], [0, 1]), "one length"),
        (Curve([1, 2, 3, 4, 5], [0, 1, np.nan, 3, 4]), "not finite"),
    ],
)
def test_bad_input_gets_a_sentence(curve, words):
    with pytest.raises(InvalidValue, match=words):
        critical_scale(curve)


def test_the_same_key_gives_the_same_interval():
    curve = noisy(SCALES, step(SCALES), np.random.default_rng(0))
    assert critical_scale(curve, key=3).interval == critical_scale(curve, key=3).interval
    assert critical_scale(curve, key=3).interval != critical_scale(curve, key=4).interval
