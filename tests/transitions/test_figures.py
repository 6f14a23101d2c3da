"""Figures show what was found, and refuse to draw what was not."""

import numpy as np
import pytest

from iclaws.errors import InvalidValue
from iclaws.transitions import (
    Curve,
    collapse,
    draw_collapse,
    draw_critical_scales,
    draw_sharpness,
    sharpness,
)

from .planted import determined_task, systems

EXACT = determined_task((1e2, 1e3, 1e4, 1e5), np.linspace(-3, 3, 13))


@pytest.fixture(scope="module")
def curves():
    return systems(EXACT, np.random.default_rng(0))


def test_every_size_has_its_points_and_its_critical_scale(curves):
    found = sharpness(curves, shape="kink", num_bootstrap=20)
    axes = draw_critical_scales(curves, found).axes[0]
    assert len(axes.get_legend().get_texts()) == 4
    lines = {
        round(float(line.get_xdata()[0]), 6) for line in axes.lines if len(line.get_xdata()) == 2
    }
    assert {round(place.scale, 6) for place in found.places.values()} <= lines
    assert len(axes.patches) == 4  # a band each


def test_widths_and_slope_are_drawn(curves):
    found = sharpness(curves, shape="kink", num_bootstrap=20)
    figure = draw_sharpness(found)
    assert f"{found.slope:+.3f}" in figure.axes[0].get_title()
    heights = np.concatenate([line.get_ydata() for line in figure.axes[0].lines])
    assert set(np.round(found.log_widths, 9)) <= set(np.round(heights, 9))


def test_the_collapse_shows_scaled_rows_and_exponents(curves):
    found = collapse(curves, num_bootstrap=3)
    figure = draw_collapse(found)
    drawn = np.concatenate([line.get_xdata() for line in figure.axes[0].lines])
    np.testing.assert_allclose(np.sort(drawn), np.sort(found.x))
    assert f"{found.width_exponent:.3f}" in figure.axes[0].get_xlabel()
    figure.canvas.draw()


def test_nothing_found_is_not_drawn():
    flat = {size: Curve(np.arange(1, 12), np.ones(11)) for size in (1, 2, 4, 8)}
    with pytest.raises(InvalidValue, match="no slope"):
        draw_sharpness(sharpness(flat))
    with pytest.raises(InvalidValue, match="no collapse"):
        draw_collapse(collapse(flat))
