"""Figures show what was measured."""

import matplotlib
import numpy as np
import pandas as pd
import pytest

matplotlib.use("Agg")
from matplotlib.figure import Figure

from iclaws.errors import InvalidValue
from iclaws.mechanism.drawing import draw_algorithms, draw_filter, draw_patterns
from iclaws.mechanism.filter import Filter
from iclaws.mechanism.filter_fits import fit_filter


def two_steps(contexts=20, num_dims=4):
    """Return the filter of two steps of 0.5, written down."""
    values = np.sort(np.random.default_rng(0).uniform(0.1, 2.0, (contexts, num_dims)), axis=1)
    ones = np.ones((contexts, 1, num_dims))
    none = np.zeros(contexts)
    carried = ones * (1.0 - (1.0 - 0.5 * values) ** 2)[:, None]
    vectors = np.broadcast_to(np.eye(num_dims), (contexts, num_dims, num_dims))
    return Filter(values, vectors, ones, carried, none, none[:, None], none[:, None])


def test_a_filter_is_drawn_with_its_fits_and_interval():
    axes = Figure().subplots()
    draw_filter(axes, two_steps(), fit_filter(two_steps(), ("gradient-descent",), depths=(2,)))
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert any(label.startswith("gradient-descent, depth 2") for label in labels)
    assert "measured" in labels


def test_cells_name_the_closest_algorithm_or_none():
    row = {
        "depth": 2,
        "identify_steps": [0, 10],
        "along_closest": ["zero", "untied-gd-plus-plus-2"],
        "along_closest_spd": [0.9, 1e-4],
    }
    axes = Figure().subplots()
    draw_algorithms(axes, pd.DataFrame([row]))
    assert [text.get_text() for text in axes.texts] == ["none", "free GD++ 2"]
    with pytest.raises(InvalidValue, match="no algorithms along training"):
        draw_algorithms(axes, pd.DataFrame([{"depth": 2}]))


def test_every_head_has_a_panel():
    figure = Figure()
    draw_patterns(figure, np.ones((2, 3, 5, 5)) / 5)
    assert len(figure.axes) == 6
