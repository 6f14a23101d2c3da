"""A fit reaches the optimum from random starts, and says what its numbers assume."""

import numpy as np
import pytest

from iclaws import laws
from iclaws.errors import InvalidValue, UnknownName
from iclaws.laws import FitStatus

TWO_POWERS = laws.get("additive")(over=("params", "tokens"))


def grid(num=6):
    """Return a grid of sizes and the noiseless loss of a known law on it."""
    params, tokens = np.meshgrid(np.geomspace(1e6, 1e9, num), np.geomspace(1e8, 1e11, num))
    params, tokens = params.ravel(), tokens.ravel()
    loss = 1.7 + 400 * params**-0.34 + 1500 * tokens**-0.37
    return {"params": params, "tokens": tokens, "loss": loss}


def noisy(table, *, spread=0.01, seed=0):
    noise = np.random.default_rng(seed).normal(0.0, spread, len(table["loss"]))
    return {**table, "loss": table["loss"] * np.exp(noise)}


@pytest.fixture(scope="module")
def fitted():
    return laws.fit(TWO_POWERS, noisy(grid()), loss=laws.Squared())


def test_a_noiseless_law_is_recovered_in_raw_units():
    found = laws.fit(TWO_POWERS, grid()).parameters
    truth = {
        "floor": 1.7,
        "coefficient_params": 400,
        "coefficient_tokens": 1500,
        "exponent_params": 0.34,
        "exponent_tokens": 0.37,
    }
    for name, value in truth.items():
        assert found[name] == pytest.approx(value, rel=1e-6), name


def test_the_same_key_gives_the_same_fit_and_another_key_the_same_optimum(fitted):
    table = noisy(grid())
    again = laws.fit(TWO_POWERS, table, loss=laws.Squared())
    other = laws.fit(TWO_POWERS, table, loss=laws.Squared(), key=7)
    assert again.parameters == fitted.parameters
    assert other.objective == pytest.approx(fitted.objective, rel=1e-10)
    assert fitted.status is FitStatus.OK


def test_the_optimum_is_stationary_against_scipy(fitted):
    """A local search by another library, started at the fit, finds nothing better."""
    from scipy.optimize import minimize

    table = noisy(grid())
    names = fitted.law.names
    start = np.array([fitted.parameters[name] for name in names])

    def objective(shift):
        params = dict(zip(names, start * (1 + shift), strict=True))
        value = fitted.law.formula(params, table)
        return np.sum((np.log(value) - np.log(table["loss"])) ** 2)

    found = minimize(objective, np.zeros(5), method="Nelder-Mead", options={"fatol": 1e-15})
    assert objective(np.zeros(5)) == pytest.approx(fitted.objective, rel=1e-12)
    assert found.fun >= fitted.objective * (1 - 1e-9)


def test_weights_count_rows():
    table = noisy(grid())
    twice = np.tile([1, 2, 1], 12)
    repeated = {name: np.repeat(values, twice) for name, values in table.items()}
    weighted = laws.fit(TWO_POWERS, table, loss=laws.Squared(), weights=twice)
    copied = laws.fit(TWO_POWERS, repeated, loss=laws.Squared())
    for name, value in weighted.parameters.items():
        assert copied.parameters[name] == pytest.approx(value, rel=1e-6)


def test_predictions_are_those_of_the_formula(fitted):
    table = grid(4)
    expected = fitted.law.formula(fitted.parameters, table)
    np.testing.assert_allclose(fitted.predict(table), expected, rtol=1e-12)


@pytest.mark.parametrize("loss", [laws.Absolute(), laws.Huber(1e-3), laws.Squared(over=3.0)])
def test_every_loss_beats_its_neighbourhood(loss):
    table = noisy(grid(), spread=0.02)
    fit = laws.fit(TWO_POWERS, table, loss=loss)
    generator = np.random.default_rng(1)
    for _ in range(200):
        shift = 1 + 1e-4 * generator.normal(size=5)
        near = dict(
            zip(fit.law.names, np.array(list(fit.parameters.values())) * shift, strict=True)
        )
        residuals = np.log(fit.law.formula(near, table)) - np.log(table["loss"])
        assert np.sum(loss.values(residuals)) >= fit.objective * (1 - 1e-9)


def test_the_huber_likelihood_with_a_narrow_threshold_is_least_absolute_deviations():
    """The reason for two published answers on one data set: a free scale makes Huber absolute."""
    table = noisy(grid(), spread=0.02)
    absolute = laws.fit(TWO_POWERS, table, loss=laws.Absolute())
    free = laws.fit(TWO_POWERS, table, loss=laws.Huber(1e-3, free_scale=True))
    for name, value in absolute.parameters.items():
        assert free.parameters[name] == pytest.approx(value, rel=1e-4)
    assert "least absolute deviations" in free.noise_model


def test_a_floor_at_zero_is_reported_as_not_identified():
    table = grid()
    table["loss"] = table["loss"] - 1.7
    fit = laws.fit(TWO_POWERS, noisy(table, spread=0.05), loss=laws.Squared())
    if fit.parameters["floor"] == 0.0:
        assert fit.status is FitStatus.NOT_IDENTIFIED
        assert any("floor is not identified" in note for note in fit.notes)
    lower, upper = fit.profile("floor").interval
    assert lower == 0.0
    assert 0.0 < upper < 0.2


def test_one_size_only_is_a_status_without_numbers():
    table = noisy(grid())
    table["tokens"] = np.full(36, 1e10)
    fit = laws.fit(TWO_POWERS, table)
    assert fit.status is FitStatus.TOO_FEW_SIZES
    assert fit.parameters == {}
    with pytest.raises(InvalidValue, match="one size only"):
        fit.predict(table)


def test_fewer_rows_than_parameters_is_a_status_without_numbers():
    table = {name: values[:5] for name, values in noisy(grid()).items()}
    fit = laws.fit(TWO_POWERS, table)
    assert fit.status is FitStatus.TOO_FEW_POINTS
    assert fit.parameters == {}


def test_repeats_of_two_sizes_are_too_few_sizes():
    table = {"scale": np.repeat([1.0, 2.0], 10), "loss": np.linspace(1.0, 1.1, 20)}
    assert laws.fit(laws.get("power-law")(), table).status is FitStatus.TOO_FEW_SIZES


def test_bad_values_name_their_rows():
    table = noisy(grid())
    table["loss"][3] = np.nan
    with pytest.raises(InvalidValue, match=r"'loss' has 1 values .* \(rows 3\)"):
        laws.fit(TWO_POWERS, table)


def test_a_negative_loss_has_no_logarithm():
    table = noisy(grid())
    table["loss"][2] = -0.5
    with pytest.raises(InvalidValue, match="has no logarithm: fit raw residuals"):
        laws.fit(TWO_POWERS, table)
    assert laws.fit(TWO_POWERS, table, log_residuals=False).found is not None


def test_an_unknown_column_gets_a_suggestion():
    with pytest.raises(UnknownName, match="Did you mean 'tokens'"):
        laws.fit(laws.get("additive")(over=("params", "token")), noisy(grid()))


def test_units_thirty_orders_apart_change_nothing_but_the_coefficients():
    table = noisy(grid())
    scaled = {
        "params": table["params"] * 1e-18,
        "tokens": table["tokens"] * 1e12,
        "loss": table["loss"] * 1e15,
    }
    fit, other = (laws.fit(TWO_POWERS, t, loss=laws.Squared()) for t in (table, scaled))
    p, q = fit.parameters, other.parameters
    assert q["exponent_params"] == pytest.approx(p["exponent_params"], rel=1e-7)
    assert q["floor"] == pytest.approx(1e15 * p["floor"], rel=1e-7)
    assert q["coefficient_params"] == pytest.approx(
        1e15 * p["coefficient_params"] * 1e-18 ** p["exponent_params"], rel=1e-7
    )


def test_exact_duplicates_are_said():
    table = noisy(grid())
    table = {name: np.concatenate([values, values[:9]]) for name, values in table.items()}
    fit = laws.fit(TWO_POWERS, table)
    assert any("9 of 45 rows repeat" in note for note in fit.notes)


def test_importing_the_package_does_not_import_jax():
    import subprocess
    import sys

    code = "import iclaws.laws, sys; sys.exit('jax' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
