"""Sharp transitions of exact theory are called sharp, the smooth control smooth, noise or not."""

import numpy as np
import pytest

from iclaws import theory
from iclaws.errors import InvalidValue
from iclaws.transitions import (
    Curve,
    Kind,
    Status,
    critical_scale,
    from_widths,
    sharpness,
)

from .planted import depth, determined_task, plateau, systems, task_diversity

REPEATS = 100
WIDE = np.linspace(-6, 6, 25)
# Size, shape, and the exact exponent of the log-width.
SHARP = {
    "task diversity": (task_diversity((100, 400, 1600, 6400), WIDE), "kink", -0.5),
    "determined task": (determined_task((1e2, 1e3, 1e4, 1e5), WIDE), "kink", -0.5),
    "plateau": (plateau((0.4, 0.28, 0.2, 0.14, 0.1)), "step", -3.0),
}
CONTROL = depth((100, 200, 400, 800, 1600, 3200, 6400))


def repeated(exact, kind, **how):
    """Return in how many of the repeats the verdict is as expected."""
    rng = np.random.default_rng(0)
    found = [sharpness(systems(exact, rng), num_bootstrap=25, **how) for _ in range(REPEATS)]
    return sum(one.kind is kind for one in found)


@pytest.mark.parametrize("name", SHARP)
def test_the_exponent_of_the_width_is_that_of_theory(name):
    exact, shape, exponent = SHARP[name]
    curves = {size: Curve(*curve) for size, curve in exact.items()}
    found = sharpness(curves, shape=shape, num_bootstrap=20)
    assert found.kind is Kind.SHARP, found.sentence
    assert found.slope == pytest.approx(exponent, rel=0.12)


@pytest.mark.parametrize("name", SHARP)
def test_sharp_transitions_are_called_sharp(name):
    exact, shape, _ = SHARP[name]
    assert repeated(exact, Kind.SHARP, shape=shape) >= 90


def test_the_smooth_control_is_called_smooth():
    assert repeated(CONTROL, Kind.SMOOTH, levels="ends") >= 95


def test_the_control_has_the_slope_of_theory():
    curves = {size: Curve(*curve) for size, curve in CONTROL.items()}
    found = sharpness(curves, levels="ends", num_bootstrap=20)
    assert found.slope == pytest.approx(0.019, abs=0.01)
    assert critical_scale(curves[100]).status is Status.NOT_IN_RANGE


@pytest.mark.slow
def test_identification_sharpens_as_theory_says():
    # ln M = 0.15 D: log-widths fall as about size^-0.37 at these sizes (the limit is -1/2).
    curves = {}
    for dims in (16, 32, 48, 64):
        tasks = round(np.exp(0.15 * dims))
        around = theory.identification_context(tasks, 1.0, 1.0) * np.geomspace(0.12, 3.0, 18)
        lengths = np.unique(around.round()).astype(int)
        lengths = lengths[lengths > 0]
        risks = [
            theory.dmmse_risk(lengths, tasks, dims, 1.0, 1.0, num_draws=(8, 64), seed=seed).risk
            for seed in range(4)
        ]
        curves[dims] = Curve(
            np.tile(lengths, 4), np.concatenate(risks), np.repeat(np.arange(4), len(lengths))
        )
    found = sharpness(curves)
    assert found.slope == pytest.approx(-0.37, abs=0.1), found.sentence
    places = [place.scale for place in found.places.values()]
    np.testing.assert_allclose(places, [6.6, 12.3, 18.2, 24.6], rtol=0.12)


def test_a_slope_near_the_margin_is_undecided():
    sizes = np.array([1.0, 2, 4, 8, 16])
    rng = np.random.default_rng(0)
    found = from_widths(sizes, sizes**-0.1 * np.exp(0.05 * rng.normal(size=5)))
    assert found.kind is Kind.UNDECIDED
    assert from_widths(sizes, sizes**-0.5).kind is Kind.SHARP
    assert from_widths(sizes, sizes**0.02).kind is Kind.SMOOTH


def test_three_sizes_are_too_few():
    exact, shape, _ = SHARP["determined task"]
    curves = {size: Curve(*curve) for size, curve in list(exact.items())[:3]}
    found = sharpness(curves, shape=shape, num_bootstrap=5)
    assert found.status is Status.TOO_FEW_POINTS and found.slope is None
    assert found.kind is Kind.UNDECIDED and "needs 4" in found.sentence


def test_sizes_without_a_width_are_named():
    curves = {size: Curve(np.arange(1, 9), np.full(8, 0.5)) for size in (1, 2, 4, 8)}
    found = sharpness(curves)
    assert found.status is Status.CONSTANT and "8 (constant)" in found.sentence


def test_bad_sizes_are_refused():
    with pytest.raises(InvalidValue, match="system size must be positive"):
        sharpness({0: Curve([1, 2], [1, 2])})
    with pytest.raises(InvalidValue, match="at least 4 sizes"):
        from_widths(np.array([1.0, 2.0]), np.array([1.0, 1.0]))
