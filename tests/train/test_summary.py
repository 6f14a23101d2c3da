"""Averages that say when a few contexts dominate, and whether a loss curve ends flat."""

import numpy as np
import pytest

from iclaws.train.summary import flatness, risk

GENERATOR = np.random.default_rng(0)


def test_the_mean_and_its_error_are_the_usual_ones():
    values = GENERATOR.exponential(size=5000)
    found = risk(values)
    assert found.mean == pytest.approx(values.mean(), rel=1e-12)
    assert found.se == pytest.approx(values.std(ddof=1) / np.sqrt(5000), rel=1e-12)


def test_squares_of_gaussians_have_a_light_tail():
    """The worst 1 % of squared normals hold E[z^2; |z| > 2.576] = 8.1 % of the total."""
    found = risk(GENERATOR.standard_normal(200_000) ** 2)
    assert found.tail_share == pytest.approx(0.0846, abs=0.004)
    assert found.robust == pytest.approx(found.mean, rel=0.02)


def test_a_dominating_context_shows():
    values = np.ones(6400)
    values[17] = 64_000.0
    found = risk(values)
    assert found.robust == 1.0
    assert found.mean == pytest.approx(11.0, rel=1e-3)
    assert found.tail_share > 0.9
    assert found.se > 9.0


def test_no_error_at_all_has_no_tail():
    assert risk(np.zeros(100)) == (0.0, 0.0, 0.0, 0.0)


def test_large_float32_sums_keep_their_digits():
    found = risk(np.full(300_000, 0.1, np.float32))
    assert found.mean == pytest.approx(float(np.float32(0.1)), rel=1e-9)


def curve(drop, noise):
    """Return a curve that falls by a share of its level over its last fifth."""
    line = 1.0 - drop * np.clip((np.arange(100) - 80) / 19, -4.0, 1.0)
    return line + noise * np.random.default_rng(1).standard_normal(100)


@pytest.mark.parametrize(
    ("drop", "noise", "converged"),
    [
        (0.0, 0.0, True),
        (0.01, 0.001, True),  # real, but small
        (0.2, 0.005, False),  # still falling
        (0.05, 0.3, True),  # hidden in the noise
        (-0.2, 0.005, False),  # rising
    ],
)
def test_a_curve_has_converged_when_its_end_is_flat_against_its_noise(drop, noise, converged):
    found = flatness(curve(drop, noise))
    assert found.converged is converged
    assert abs(found.drop - drop) < 4 * found.drop_se + 0.03


def test_gaps_are_skipped_and_too_few_values_say_nothing():
    values = curve(0.2, 0.005)
    values[82:90] = np.nan
    assert flatness(values).converged is False
    values[80:95] = np.nan
    assert flatness(values) is None
