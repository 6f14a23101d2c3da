"""Laws written as text mean what they say, and refuse what is no law."""

import numpy as np
import pytest

from iclaws import laws
from iclaws.errors import InvalidValue, UnknownName
from iclaws.laws import Kind

COLUMNS = ("params", "tokens", "depth")


def kinds(text, columns=COLUMNS):
    return {p.name: p.kind for p in laws.parse(text, columns=columns).parameters}


def units(text, columns=COLUMNS):
    law = laws.parse(text, columns=columns)
    values = {name: 0.3 + 0.2 * i for i, name in enumerate(law.names)}
    scales = {column: 7.0 + i for i, column in enumerate(columns)}
    return values, scales, {p.name: p.factor(values, scales) for p in law.parameters}


def test_kinds_are_inferred():
    assert kinds("E + A*params^-alpha + B/tokens^beta") == {
        "E": Kind.COEFFICIENT, "A": Kind.COEFFICIENT, "alpha": Kind.EXPONENT,
        "B": Kind.COEFFICIENT, "beta": Kind.EXPONENT,
    }  # fmt: skip
    broken = kinds("a + b*params^-c*(1 + (params/d)^(1/f))^(-g*f)")
    assert broken["d"] is Kind.SCALE
    assert broken["f"] is Kind.POSITIVE


@pytest.mark.parametrize(
    "text",
    [
        "E + A*params^-alpha + B*tokens^-beta",
        "E + A*params^-alpha*tokens^-beta",
        "((P/params)^(a/b) + T/tokens)^b",
        "E + A*(params^-a + R*tokens^-b)^k",
        "E + A*exp(-(depth/decay)^shape)",
        "a + b*params^-c*(1 + (params/d)^(1/f))^(-g*f)",
        "low + high*sigmoid(h*log(params/(P*tokens^q)))",
        "E + max(A*params^-a, B*tokens^-b)",
    ],
)
def test_rescaling_columns_is_absorbed_by_units(text):
    """The formula in centred units equals the formula in the user's units."""
    law = laws.parse(text, columns=COLUMNS)
    values, scales, factors = units(text)
    table = {c: np.array([1.5, 2.5, 4.0]) * (1 + i) for i, c in enumerate(law.columns)}
    centred = law.formula(values, table)
    natural = law.formula(
        {name: value * factors[name] for name, value in values.items()},
        {c: table[c] * scales[c] for c in law.columns},
    )
    np.testing.assert_allclose(natural, centred, rtol=1e-10)


def test_columns_that_units_cannot_absorb_stay_as_they_are():
    law = laws.parse("E + A*(1 + params)^-alpha", columns=COLUMNS)
    assert all(not p.units for p in law.parameters)
    params = np.geomspace(1.0, 1e4, 12)
    fit = laws.fit(law, {"params": params, "loss": 1.0 + 3.0 * (1 + params) ** -0.4})
    assert fit.parameters["alpha"] == pytest.approx(0.4, rel=1e-5)


def test_a_broken_power_law_does_not_overflow():
    law = laws.parse("b*params^-c*(1 + (params/d)^(1/f))^(-g*f)", columns=COLUMNS)
    values = {"b": 2.0, "c": 0.1, "d": 1e8, "f": 1e-3, "g": 0.5}
    table = {"params": np.array([1e2, 1e8, 1e14])}
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        found = law.formula(values, table)
    expected = 2.0 * table["params"] ** -0.1 * np.array([1.0, 2.0**-5e-4, 1e-3])
    np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_names_with_spaces_are_quoted():
    table = {"Model Size": np.geomspace(1e6, 1e9, 9)}
    table["loss"] = 2.0 + 50.0 * table["Model Size"] ** -0.3
    fit = laws.fit("E + A*`Model Size`^-alpha", table)
    assert fit.parameters["alpha"] == pytest.approx(0.3, rel=1e-6)


def test_a_registered_law_is_named_with_its_columns():
    assert laws.parse("power-law(tokens)") == laws.get("power-law")(column="tokens")
    assert laws.parse("additive(width, depth)").columns == ("width", "depth")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("E + A*params^", "cannot be read"),
        ("E + 1/0*params^-A", "divides by zero"),
        ("E + A(params)", "no known function"),
        ("E + A*params[0]", "is not arithmetic"),
        ("__import__('os')", "no known function"),
        ("power-law(tokens", "is not closed"),
        ("additive-law(tokens)", "is not arithmetic|no known function"),
    ],
)
def test_what_is_no_law_is_refused(text, message):
    with pytest.raises(InvalidValue, match=message):
        laws.parse(text)


def test_a_misspelt_column_is_not_taken_for_a_parameter():
    with pytest.raises(UnknownName, match="Did you mean 'tokens'"):
        laws.parse("E + A*token^-alpha + B*params^-beta", columns=COLUMNS)


def test_bounds_replace_what_is_inferred():
    law = laws.parse("E + A*params^-alpha", columns=COLUMNS, bounds={"E": (None, None)})
    assert law.parameters[0].bounds == (-np.inf, np.inf)
    with pytest.raises(UnknownName, match="No parameter is named 'beta'"):
        laws.parse("E + A*params^-alpha", columns=COLUMNS, bounds={"beta": (0, 1)})


def test_a_function_is_a_law():
    import jax.numpy as jnp

    def two_terms(params, columns):
        return params["E"] + params["A"] * jnp.exp(-params["alpha"] * jnp.log(columns["scale"]))

    scale = np.geomspace(1e3, 1e6, 12)
    table = {"scale": scale, "loss": 0.7 + 30.0 * scale**-0.5}
    fit = laws.fit(two_terms, table)
    kinds = {p.name: p.kind for p in fit.law.parameters}
    assert kinds == {"E": Kind.COEFFICIENT, "A": Kind.COEFFICIENT, "alpha": Kind.POSITIVE}
    assert fit.parameters["A"] == pytest.approx(30.0, rel=1e-5)
    np.testing.assert_allclose(fit.predict(table), table["loss"], rtol=1e-7)
