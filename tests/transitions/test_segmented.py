"""A change of slope is found where it is; a straight line is left straight."""

import numpy as np
import pytest

from iclaws.errors import InvalidValue
from iclaws.transitions import Curve, Status, segmented

SCALES = np.geomspace(1, 1000, 20)


def broken(at=30.0, before=-0.3, after=-1.2):
    x = np.log(SCALES / at)
    return np.exp(np.where(x < 0, before, after) * x)


def test_a_planted_break_is_found():
    rng = np.random.default_rng(0)
    values = broken() * np.exp(0.03 * rng.normal(size=20))
    found = segmented(Curve(SCALES, values), num_bootstrap=300)
    assert found.status is Status.OK
    assert found.break_scale == pytest.approx(30, rel=0.1)
    assert found.slope_before == pytest.approx(-0.3, abs=0.05)
    assert found.slope_after == pytest.approx(-1.2, abs=0.05)


def test_intervals_of_the_break_cover():
    rng = np.random.default_rng(4)
    hits = 0
    for _ in range(60):
        seeds = np.concatenate([broken(at=30 * np.exp(0.1 * rng.normal())) for _ in range(5)])
        values = seeds * np.exp(0.03 * rng.normal(size=100))
        curve = Curve(np.tile(SCALES, 5), values, np.repeat(np.arange(5), 20))
        low, high = segmented(curve, num_bootstrap=99).interval
        hits += low < 30 < high
    assert hits >= 52


@pytest.mark.parametrize("shared", [0.0, 0.1])
def test_the_p_value_of_a_straight_line_is_uniform(shared):
    # An ordinary F test would reject far too often: the break is chosen as the best of many.
    rng = np.random.default_rng(1)
    p_values = []
    for _ in range(120):
        own = shared * np.repeat(rng.normal(size=4), 20)
        noise = own + 0.05 * rng.normal(size=80)
        values = np.tile(SCALES**-0.5, 4) * np.exp(noise)
        curve = Curve(np.tile(SCALES, 4), values, np.repeat(np.arange(4), 20))
        p_values.append(segmented(curve, num_bootstrap=99).p_value)
    assert np.mean(np.array(p_values) < 0.05) <= 0.12
    assert 0.35 < np.mean(p_values) < 0.65


def test_seeds_that_break_elsewhere_widen_the_interval():
    rng = np.random.default_rng(2)
    together, apart = (
        np.concatenate([broken(at=30 * np.exp(s * rng.normal())) for _ in range(5)])
        * np.exp(0.02 * rng.normal(size=100))
        for s in (0.0, 0.5)
    )
    seeds = np.repeat(np.arange(5), 20)
    widths = []
    for values in (together, apart):
        low, high = segmented(Curve(np.tile(SCALES, 5), values, seeds), num_bootstrap=200).interval
        widths.append(np.log(high / low))
    assert widths[1] > 2 * widths[0]


def test_what_cannot_be_tested_says_so():
    assert segmented(Curve([1, 2, 4], [1, 2, 3])).status is Status.TOO_FEW_POINTS
    assert segmented(Curve(SCALES, np.ones(20))).status is Status.CONSTANT
    line = segmented(Curve(SCALES, SCALES**-0.5), num_bootstrap=50)
    assert line.status in (Status.NO_TRANSITION, Status.OK)
    with pytest.raises(InvalidValue, match="must be positive"):
        segmented(Curve(SCALES, SCALES - 5))
