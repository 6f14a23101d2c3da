"""Figures show what they say, and are the same bytes each time."""

import numpy as np
import pytest

from iclaws import laws
from iclaws.errors import InvalidValue, UnknownName
from iclaws.laws._figures import svg

SCALE = np.geomspace(1.0, 300.0, 12)
LOSS = (0.3 + 2.0 * SCALE**-0.7) * np.exp(0.01 * np.random.default_rng(0).normal(size=12))


@pytest.fixture(scope="module")
def fitted():
    return laws.fit("power-law", {"scale": SCALE, "loss": LOSS}, loss=laws.Squared())


@pytest.fixture(scope="module")
def draws(fitted):
    return fitted.bootstrap(50)


def test_the_law_is_drawn_through_its_data(fitted, draws):
    (axis,) = laws.draw("fit", fitted, draws=draws).axes
    points, line = axis.lines[:2]
    np.testing.assert_allclose(points.get_ydata(), LOSS, rtol=1e-12)
    np.testing.assert_allclose(
        line.get_ydata(), fitted.predict({"scale": line.get_xdata()}), rtol=1e-12
    )
    assert axis.get_xlabel() == "scale"
    assert axis.get_ylabel() == "loss"


def test_an_extrapolation_reaches_beyond_the_data(fitted, draws):
    (axis,) = laws.draw("extrapolation", fitted, draws=draws).axes
    assert axis.lines[1].get_xdata().max() == pytest.approx(16 * 300.0)


def test_residuals_are_data_less_law(fitted):
    axis = laws.draw("residuals", fitted).axes[0]
    expected = np.log(LOSS) - np.log(fitted.predict({"scale": SCALE}))
    np.testing.assert_allclose(axis.lines[0].get_ydata(), expected, atol=1e-12)


def test_profiles_and_pairs_have_a_panel_each(fitted, draws):
    profiles = [fitted.profile(name) for name in ("floor", "exponent")]
    assert len(laws.draw("profile", profiles).axes) == 2
    pairs = laws.draw("bootstrap", fitted, draws=draws)
    assert len([axis for axis in pairs.axes if axis.get_visible()]) == 6


def test_a_comparison_shows_every_law():
    found = laws.compare(
        ["power-law", "exponential"], {"scale": SCALE, "loss": LOSS}, loss=laws.Squared()
    )
    (axis,) = laws.draw("comparison", found).axes
    assert len(axis.lines) == 2


@pytest.mark.parametrize("suffix", ["svg", "png"])
def test_the_same_figure_is_the_same_file(fitted, draws, tmp_path, suffix):
    paths = [tmp_path / f"{name}.{suffix}" for name in "ab"]
    for path in paths:
        laws.draw("fit", fitted, draws=draws, path=path)
    first, second = (path.read_bytes() for path in paths)
    assert first == second
    assert len(first) > 1000


def test_svg_is_text_for_a_page(fitted):
    assert "<svg" in svg(laws.draw("fit", fitted))


def test_what_cannot_be_drawn_is_said(fitted):
    with pytest.raises(UnknownName, match="Did you mean 'residuals'"):
        laws.draw("residual", fitted)
    with pytest.raises(InvalidValue, match=r"\.svg"):
        laws.draw("fit", fitted, path="fit.bmp")
    with pytest.raises(InvalidValue, match="pass draws"):
        laws.draw("bootstrap", fitted)
