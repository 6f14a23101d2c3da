"""Laws are compared by what they say of scales they have not seen."""

import numpy as np
import pandas as pd
import pytest

from iclaws import laws
from iclaws.errors import InvalidValue

from .published import SCALEBENCH, language_curves, published

SCALE = np.geomspace(1.0, 300.0, 24)


def curve(values, seed=0):
    noise = np.random.default_rng(seed).normal(0.0, 0.005, len(values))
    return {"scale": SCALE, "loss": values * np.exp(noise)}


@pytest.fixture(scope="module")
def powers():
    return laws.compare(
        ["power-law", "exponential"], curve(0.3 + 2.0 * SCALE**-0.7), loss=laws.Squared()
    )


@pytest.fixture(scope="module")
def decays():
    return laws.compare(
        ["power-law", "exponential"], curve(0.3 + 2.0 * np.exp(-SCALE / 40)), loss=laws.Squared()
    )


def test_the_generating_law_is_chosen(powers, decays):
    assert type(powers.choice.law) is laws.get("power-law")
    assert type(decays.choice.law) is laws.get("exponential")


def test_a_power_law_is_supported_on_its_own_data_and_refuted_on_an_exponential(powers, decays):
    assert powers.power_law.verdict == "supported"
    assert decays.power_law.verdict == "refuted"


def test_the_winner_in_the_sample_is_never_announced_alone(powers):
    text = powers.summary()
    assert "extrapolation" in text
    assert "it also fits best in the sample" in text or "would win" in text


def test_errors_are_those_of_fits_that_have_not_seen_the_rows(powers):
    """One origin, redone by hand."""
    table = curve(0.3 + 2.0 * SCALE**-0.7)
    kept = {name: values[:12] for name, values in table.items()}
    last = {name: values[12:] for name, values in table.items()}
    fit = laws.fit("power-law", kept, loss=laws.Squared())
    error = np.sqrt(np.mean(np.log(fit.predict(last) / last["loss"]) ** 2))
    assert powers.held_out[0] == 12
    assert powers.candidates[0].errors[0] == pytest.approx(error, rel=1e-6)


def test_the_average_lies_between_its_laws(powers):
    table = {"scale": np.array([500.0, 1000.0])}
    parts = np.stack([one.fit.predict(table) for one in powers.candidates])
    average = powers.predict(table)
    assert powers.weights.sum() == pytest.approx(1.0)
    assert np.all(average >= parts.min(axis=0) - 1e-12)
    assert np.all(average <= parts.max(axis=0) + 1e-12)


def test_what_is_held_out_can_be_chosen():
    table = {**curve(0.3 + 2.0 * SCALE**-0.7), "test": (SCALE > 100).astype(int)}
    for choice, number in (("test", int(np.sum(SCALE > 100))), (0.5, 12), (SCALE > 200, 2)):
        found = laws.compare(["power-law", "exponential"], table, hold_out=choice)
        assert found.held_out == (number,)


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        (1.5, "A share held out"),
        (SCALE > 1e9, "0 of 24 are held out"),
        (SCALE > 0, "24 of 24 are held out"),
        ("loss", "neither a column of the laws nor a column of flags"),
        (np.ones(3, dtype=bool), "has shape"),
    ],
)
def test_impossible_choices_are_refused(choice, message):
    with pytest.raises(InvalidValue, match=message):
        laws.compare(["power-law", "exponential"], curve(2.0 * SCALE**-0.7), hold_out=choice)


def test_one_law_is_no_comparison():
    with pytest.raises(InvalidValue, match="at least two laws"):
        laws.compare(["power-law"], curve(2.0 * SCALE**-0.7))


def test_too_few_rows_for_any_law_are_said():
    table = {"scale": np.array([1.0, 2.0, 4.0]), "loss": np.array([3.0, 2.0, 1.5])}
    with pytest.raises(InvalidValue, match="No law could be fitted"):
        laws.compare(["power-law", "exponential"], table)


@pytest.mark.slow
@pytest.mark.parametrize("target", ["test_error", "test_loss", "train_loss"])
def test_no_power_law_holds_on_double_descent(target):
    table = published("double_descent_nlp_model_width.csv")
    found = laws.compare(laws.candidates("n"), table, target, loss=laws.Squared())
    assert found.power_law.verdict == "refuted"
    assert found.power_law.sentence.startswith("No power law holds")


SPACE = np.repeat([2.0, 4.0, 8.0, 16.0, 32.0], 3)
FORMS = {
    "power": (lambda x: x**-0.7, True),
    "power with floor": (lambda x: 0.1 + x**-0.7, True),
    "exponential": (lambda x: np.exp(-x / 8), False),
    "exponential with floor": (lambda x: 0.02 + np.exp(-x / 8), False),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMS)
def test_five_sizes_and_three_seeds_tell_power_laws_from_exponentials(name):
    """3 % noise: never the wrong verdict, and the right family every time (60 of 60 in theory)."""
    form, is_power = FORMS[name]
    generator = np.random.default_rng(0)
    rivals = ["power-law", laws.get("power-law")(with_floor=False), "exponential",
              laws.get("exponential")(with_floor=False)]  # fmt: skip
    for _ in range(20):
        loss = form(SPACE) * np.exp(0.03 * generator.normal(size=len(SPACE)))
        found = laws.compare(rivals, {"scale": SPACE, "loss": loss}, loss=laws.Squared())
        wrong = "refuted" if is_power else "supported"
        assert found.power_law.verdict != wrong
        assert isinstance(found.choice.law, laws.get("power-law")) == is_power


def log_error(predicted, table):
    return float(np.sqrt(np.mean((np.log(predicted) - np.log(table.loss)) ** 2)))


def test_the_published_column_of_straight_lines_is_reproduced():
    """M1 is a closed form: Alabdulmohsin et al. (arXiv 2209.06640), tables 2 and 3."""
    expected = published("reference_extrapolation_lang.csv")
    law = laws.get("power-law")(with_floor=False)
    found = []
    for train, test in language_curves():
        fit = laws.fit(law, train, loss=laws.Squared())
        found.append(log_error(fit.predict(test), test))
    np.testing.assert_allclose(np.sort(found), np.sort(expected.M1), rtol=1e-4)


@pytest.mark.slow
def test_the_automatic_choice_extrapolates_as_well_as_the_best_form_in_hindsight():
    errors: dict[str, list[float]] = {}
    for train, test in language_curves():
        found = laws.compare(laws.candidates("scale"), train, loss=laws.Squared())
        for one in found.candidates:
            errors.setdefault(one.law.expression, []).append(log_error(one.fit.predict(test), test))
        errors.setdefault("choice", []).append(log_error(found.choice.fit.predict(test), test))
        errors.setdefault("average", []).append(log_error(found.predict(test), test))
    mean = {name: float(np.mean(values)) for name, values in errors.items()}
    choice, average = mean.pop("choice"), mean.pop("average")
    best = min(mean.values())
    assert choice <= 1.1 * best
    assert average <= 1.1 * best


@pytest.mark.slow
@pytest.mark.parametrize("name", SCALEBENCH)
def test_the_automatic_choice_predicts_the_target_region(name):
    columns, limit = SCALEBENCH[name]
    predicted, averaged, truth = [], [], []
    for _, group in published(f"scalebench_{name}.csv").groupby("group"):
        train, test = group[group.split == "train"], group[group.split != "train"]
        found = laws.compare(laws.candidates(columns), train, loss=laws.Squared())
        predicted.append(found.choice.fit.predict(test))
        averaged.append(found.predict(test))
        truth.append(test.loss.to_numpy())
        if name == "farseer":
            sums = [c for c in found.candidates if isinstance(c.law, laws.get("additive"))]
            plain = max(sums, key=lambda one: -one.aicc)
            rest = 1 - np.sum((plain.fit.predict(test) - test.loss) ** 2) / np.sum(
                (test.loss - test.loss.mean()) ** 2
            )
            assert rest < 0  # the best sum of powers fails where the choice does not
    truth = np.concatenate(truth)
    for values in (predicted, averaged):
        rest = np.sum((np.concatenate(values) - truth) ** 2)
        assert 1 - rest / np.sum((truth - truth.mean()) ** 2) >= limit


def test_a_table_of_any_kind_is_accepted():
    import pyarrow as pa

    table = curve(0.3 + 2.0 * SCALE**-0.7)
    kinds = (table, pd.DataFrame(table), pa.table(table))
    fits = [laws.fit("power-law", kind).parameters for kind in kinds]
    assert fits[0] == fits[1] == fits[2]
