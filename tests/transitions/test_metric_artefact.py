"""A smooth curve under a harsh metric is an artefact; an exact transition is none."""

import numpy as np
import pytest

from iclaws.errors import InvalidValue
from iclaws.transitions import (
    Curve,
    Reality,
    Status,
    exact_match,
    generalisation_position,
    icl_score,
    in_context_share,
    metric_artefact,
)

from .planted import depth, determined_task, systems

SMOOTH = depth((100, 400, 1600, 6400))


def crossing_width(scale, values):
    """Return the 20-80 % width without a fit."""
    share = (values - values[0]) / (values[-1] - values[0])
    return np.interp(0.8, share, np.log(scale)) - np.interp(0.2, share, np.log(scale))


def test_the_metric_alone_sharpens_a_smooth_curve():
    # Published widths of such a curve: 2.75, 2.52, 1.91, 1.04 for K = 1, 5, 20, 80.
    scale, risk = SMOOTH[400]
    widths = [crossing_width(scale, exact_match(count)(risk)) for count in (1, 5, 20, 80)]
    np.testing.assert_allclose(widths, [2.75, 2.52, 1.91, 1.04], rtol=0.17)


@pytest.mark.parametrize("sizes", [(400,), (100, 400, 1600, 6400)])
def test_it_is_reported_as_an_artefact(sizes):
    curves = {size: Curve(*SMOOTH[size]) for size in sizes}
    found = metric_artefact(curves, levels="ends", num_bootstrap=50)
    assert found.reality is Reality.ARTEFACT, found.sentence
    assert "80 right at once" in found.sentence
    assert found.log_widths["80 right at once"] < 0.6 * found.log_widths["excess risk"]


def test_noise_does_not_change_that():
    rng = np.random.default_rng(0)
    for _ in range(4):
        found = metric_artefact(systems(SMOOTH, rng), levels="ends", num_bootstrap=30)
        assert found.reality is Reality.ARTEFACT, found.sentence


def test_without_a_harsh_metric_the_curve_is_smooth():
    curves = {size: Curve(*curve) for size, curve in depth((100, 200, 400, 1600, 6400)).items()}
    mild = {"half the risk": lambda risk: 0.5 * risk}
    assert metric_artefact(curves, mild, levels="ends").reality is Reality.SMOOTH


def test_a_sharp_transition_is_none():
    exact = determined_task((1e2, 1e3, 1e4, 1e5), np.linspace(-6, 6, 25))
    curves = {size: Curve(*curve) for size, curve in exact.items()}
    found = metric_artefact(curves, shape="kink", num_bootstrap=30)
    assert found.reality is Reality.TRANSITION, found.sentence
    assert "excess risk" in found.sentence


def test_no_curve_and_no_change():
    with pytest.raises(InvalidValue, match="no system"):
        metric_artefact({})
    flat = metric_artefact({1: Curve(np.arange(1, 9), np.full(8, 0.5))})
    assert flat.reality is Reality.UNDECIDED and flat.status is Status.CONSTANT


def test_scores_run_from_zero_to_one():
    np.testing.assert_allclose(icl_score([1.0, 0.6, 0.2, 0.1, 2.0], 1.0, 0.2), [0, 0.5, 1, 1, 0])
    np.testing.assert_allclose(
        generalisation_position([0.0, 1.0, 3.0], [1.0, 0.0, 1.0]), [0, 1, 0.75]
    )
    np.testing.assert_allclose(
        in_context_share([1.0, 0.5, 0.2], [0.2, 0.2, 0.2], 1.0), [0, 0.625, 1]
    )


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: icl_score(0.5, 1.0, 1.0), "nothing to learn"),
        (lambda: icl_score(np.nan, 1.0, 0.1), "finite"),
        (lambda: generalisation_position(0.0, 0.0), "not both zero"),
        (lambda: in_context_share(0.5, 1.0, 1.0), "learnt"),
    ],
)
def test_scores_without_a_meaning_are_refused(call, words):
    with pytest.raises(InvalidValue, match=words):
        call()
