"""Finite-size slopes: near the asymptotic exponent at large size, away from it at small size."""

import numpy as np
import pytest

from iclaws import theory
from iclaws.errors import InvalidValue

FIXED, ROTATED = theory.Setting.FIXED, theory.Setting.ROTATED
POWERS = [
    ("depth", np.geomspace(32, 256, 4), {"setting": ROTATED}, {}, 0.03),
    ("depth", np.array([16.0, 32, 64]), {"setting": ROTATED}, {"tied": False}, 0.05),
    ("width", np.geomspace(16, 128, 4), {"setting": ROTATED}, {}, 0.06),
    ("width", np.geomspace(16, 128, 4), {"setting": FIXED}, {}, 0.05),
    ("context", np.geomspace(64, 1024, 5), {"setting": ROTATED}, {}, 0.06),
    ("context", np.geomspace(64, 1024, 5), {"setting": FIXED}, {}, 0.06),
    ("context", np.geomspace(64, 1024, 5), {"setting": FIXED}, {"depth": 1}, 0.03),
    ("context", np.geomspace(64, 1024, 5), {"setting": FIXED}, {"depth": 3}, 0.03),
    ("context", np.geomspace(64, 1024, 5), {"setting": FIXED, "noise_var": 1.0}, {}, 0.03),
    ("context", np.geomspace(64, 1024, 5), {"setting": ROTATED, "noise_var": 1.0}, {}, 0.03),
    ("time", np.geomspace(1e4, 1e6, 3), {"setting": FIXED}, {}, 0.01),
    ("time", np.geomspace(1e4, 1e6, 3), {"setting": ROTATED}, {}, 0.02),
    ("sequences", np.geomspace(100, 1000, 3), {"setting": FIXED}, {}, 0.03),
]


@pytest.mark.parametrize(("resource", "sizes", "task", "options", "close"), POWERS)
def test_large_sizes_see_the_asymptotic_exponent(resource, sizes, task, options, close):
    structure = theory.TaskStructure(20_000, capacity=1.5, source=0.6, **task)
    found = theory.local_slopes(resource, sizes, structure, **options)
    assert found.prediction.law is theory.Law.POWER
    assert found.fitted == pytest.approx(-found.prediction.exponent, abs=close)
    assert np.all(found.slopes < 0)
    assert found.slopes.mean() == pytest.approx(found.fitted, abs=0.02)


@pytest.mark.parametrize(
    ("resource", "sizes", "options"),
    [
        ("sequences", [4e4, 1e5, 4e5], {"num_context": 100}),
        ("tasks", [1e3, 3e3, 1e4], {"num_context": 100}),
        ("context", [5e3, 2e4], {}),
        ("context", [5e3, 2e4], {"depth": 3}),
    ],
)
def test_isotropic_power_laws(resource, sizes, options):
    structure = theory.TaskStructure(50, noise_var=0.1)
    found = theory.local_slopes(resource, sizes, structure, **options)
    assert found.fitted == pytest.approx(-1, abs=0.06)
    assert found.prediction.exponent == 1


def test_small_dimension_bends_the_context_slope():
    # D = 400, nu = 1.5, beta = .7, noise .1: Bayes -.614, asymptote -.512.
    k = 2.0 ** np.arange(3, 9)
    structure = theory.TaskStructure(400, ROTATED, 1.5, 0.7, 0.1)
    found = theory.local_slopes("context", k, structure)
    assert found.slopes[2:].mean() == pytest.approx(-0.614, abs=3e-3)  # k = 32 .. 256
    assert found.fitted < found.slopes[2:].mean()
    assert found.prediction.exponent == pytest.approx(0.512, abs=5e-4)
    expected = [0.2105, 0.1308, 0.0826, 0.0531, 0.0348, 0.0230]
    np.testing.assert_allclose(found.excess, expected, atol=6e-5)


def test_isotropic_depth_is_not_a_power_law():
    structure = theory.TaskStructure(50)
    found = theory.local_slopes("depth", [2, 4, 8, 16], structure, num_context=100)
    assert found.prediction.law is theory.Law.EXPONENTIAL
    assert np.all(np.diff(found.slopes) < -0.2)
    at_threshold = theory.local_slopes("depth", [20, 40, 80], structure, num_context=50)
    assert at_threshold.fitted == pytest.approx(-0.5, abs=0.01)


def test_sampled_depth_at_finite_context():
    structure = theory.TaskStructure(24, ROTATED, 1.5, 0.7, 0.1)
    tied = theory.local_slopes("depth", [1, 2, 4], structure, num_context=48)
    free = theory.local_slopes("depth", [1, 2, 4], structure, num_context=48, tied=False)
    assert np.all(free.excess + free.limit <= tied.excess + tied.limit + 1e-12)
    # The exact posterior of a learner that knows the rotation lies below both.
    assert free.limit > 0.95 * theory.bayes_risk(48, structure.spectra.signal, 0.1)


@pytest.mark.parametrize(
    ("match", "call"),
    [
        ("finite-size formulas", ("tasks", [1, 2], theory.TaskStructure(9, FIXED), {})),
        ("num_context", ("depth", [1, 2], theory.TaskStructure(9), {})),
        ("limit is reached", ("context", [4, 9], theory.TaskStructure(9), {})),
        ("increasing", ("width", [4, 2], theory.TaskStructure(9), {})),
        ("increasing", ("width", [4], theory.TaskStructure(9), {})),
    ],
)
def test_bad_input_is_named(match, call):
    resource, sizes, structure, options = call
    with pytest.raises(InvalidValue, match=match):
        theory.local_slopes(resource, sizes, structure, **options)
