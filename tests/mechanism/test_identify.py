"""Identification: every algorithm is itself, a mixture is none, ties are said to be ties."""

import numpy as np
import pytest

from iclaws.errors import InvalidValue
from iclaws.mechanism import draw_contexts, predict
from iclaws.mechanism.identify import Outcome, identify, identify_predictions, predict_rivals
from iclaws.mechanism.rivals import rivals
from iclaws.tasks.linear_regression import LinearRegression

TASK = LinearRegression(num_dims=5, num_context=10, noise_var=0.2)
DRAWS, CONTEXTS = 100, 64


@pytest.fixture(scope="module")
def named():
    return rivals(TASK, (1, 2, 4), untied=2)


@pytest.fixture(scope="module")
def answers(named):
    """Every rival on a hundred draws of contexts."""
    everything = draw_contexts(TASK, DRAWS * CONTEXTS)
    found = predict_rivals(named, everything)
    return {name: values.reshape(DRAWS, CONTEXTS, -1) for name, values in found.items()}


def test_rivals_are_what_their_names_say(named):
    assert {"ridge", "least-squares", "averaging", "zero", "gradient-descent-4"} <= set(named)
    assert "untied-gradient-descent-2" in named and "untied-gradient-descent-4" not in named
    few = draw_contexts(TASK, 16)
    together = predict_rivals(named, few)
    for name, rival in named.items():
        np.testing.assert_allclose(together[name], predict(rival, few), rtol=1e-4, atol=1e-5)


def test_every_algorithm_fed_as_a_model_is_identified_in_every_draw(answers):
    for name, values in answers.items():
        for draw in range(DRAWS):
            others = {key: other[draw] for key, other in answers.items()}
            found = identify_predictions(values[draw], others, num_draws=200)
            assert (found.outcome, found.algorithm) == (Outcome.IDENTIFIED, name), (draw, found)
            assert found.distances[name].spd < 1e-9


def test_what_is_far_from_all_is_none_of_them(answers):
    first = {key: values[0] for key, values in answers.items()}
    found = identify_predictions(-first["ridge"], first)
    assert (found.outcome, found.algorithm) == (Outcome.NONE, "none of these")
    # Noise of a tenth of the variance on the right algorithm is too much for the rule as well.
    noise = np.random.default_rng(0).normal(size=first["ridge"].shape)
    noisy = first["ridge"] + np.sqrt(0.1 * (first["ridge"] ** 2).mean()) * noise
    assert identify_predictions(noisy, first).outcome is Outcome.NONE


def test_what_intervals_cannot_tell_apart_is_undecided(answers):
    first = {key: values[0] for key, values in answers.items()}
    twin = first["ridge"] + 1e-9 * np.random.default_rng(0).normal(size=first["ridge"].shape)
    found = identify_predictions(first["ridge"] + 1e-8, first | {"twin": twin})
    assert found.outcome is Outcome.UNDECIDED
    assert set(found.candidates) == {"ridge", "twin"}
    assert found.algorithm in ("ridge or twin", "twin or ridge")


def test_distances_are_mean_squares_with_paired_intervals(answers):
    first = {key: values[0] for key, values in answers.items()}
    model = 0.9 * first["ridge"]
    found = identify_predictions(model, first)
    expected = ((model - first["averaging"]) ** 2).mean() / (model**2).mean()
    one = found.distances["averaging"]
    assert one.spd == pytest.approx(expected)
    assert one.low < one.spd < one.high
    assert one.excess == pytest.approx(one.spd - found.distances[found.closest].spd)
    assert list(found.distances) == sorted(found.distances, key=lambda n: found.distances[n].spd)


def test_a_model_is_identified_from_its_call(named):
    few = {name: named[name] for name in ("ridge", "averaging", "least-squares")}
    assert identify(few["ridge"], draw_contexts(TASK, CONTEXTS), few).algorithm == "ridge"


def test_bad_input_is_a_clear_sentence():
    values = np.ones((4, 1))
    with pytest.raises(InvalidValue, match="no rival"):
        identify_predictions(values, {})
    with pytest.raises(InvalidValue, match="at least 2 contexts"):
        identify_predictions(values[:1], {"one": values[:1]})
    with pytest.raises(InvalidValue, match="of one is not finite"):
        identify_predictions(values, {"one": values * np.nan})
