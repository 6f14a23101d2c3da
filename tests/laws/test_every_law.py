"""What every law must do; a new law is tested by being registered."""

import numpy as np
import pytest

from iclaws import laws
from iclaws._registry import registered_as
from iclaws.laws import Kind
from iclaws.laws._base import LOGARITHMIC
from iclaws.laws._problem import column_scales

NAMES = laws.names()
SIDE = {1: 40, 2: 8, 3: 4}


@pytest.fixture(params=NAMES, scope="module")
def law(request):
    return laws.get(request.param)()


def design(law):
    """Return a grid over the law's columns, three decades each."""
    num = SIDE[len(law.columns)]
    axes = [np.geomspace(1.0, 1000.0 * (1 + i), num) for i in range(len(law.columns))]
    grid = np.meshgrid(*axes)
    return {c: values.ravel() for c, values in zip(law.columns, grid, strict=True)}


def truth(law, columns, seed=0):
    """Return natural parameters of a curve that varies over the design, and the curve."""
    scales = column_scales(law, columns)
    centred = {c: v / scales.get(c, 1.0) for c, v in columns.items()}
    ranges = {c: (float(v.min()), float(v.max())) for c, v in centred.items()}
    starts = law.starts(np.random.default_rng(seed), ranges, 200)
    for index in range(200):
        params = {name: float(values[index]) for name, values in starts.items()}
        params = {p.name: params[p.name] * p.factor(params, scales) for p in law.parameters}
        loss = np.asarray(law.formula(params, columns))
        varied = np.isfinite(loss).all() and loss.min() > 1e-6 * loss.max()
        if varied and np.ptp(np.log(loss)) > 0.3:
            return params, loss
    raise AssertionError(f"{law} has no varied curve among its starts")


def test_its_name_is_its_file(law):
    kind, name = registered_as(type(law))
    assert kind == "law"
    assert type(law).__module__.rpartition(".")[2] == name.replace("-", "_")


def test_it_is_stored_by_its_fields(law):
    again = type(law)(**{f: getattr(law, f) for f in law.__dataclass_fields__})
    assert again == law
    assert hash(again) == hash(law)


def test_it_documents_its_attributes(law):
    for field in law.__dataclass_fields__:
        assert f"{field}:" in type(law).__doc__, field


def test_its_expression_names_its_columns(law):
    for column in law.columns:
        assert column in law.expression


def test_its_units_absorb_any_units_of_the_columns(law):
    columns = design(law)
    params, loss = truth(law, columns)
    scales = {c: 3.7 * (i + 2) ** 5 for i, c in enumerate(law.columns)}
    known = {c for p in law.parameters for c, _ in p.units}
    scales = {c: s for c, s in scales.items() if c in known}
    other = {p.name: params[p.name] * p.factor(params, scales) for p in law.parameters}
    scaled = {c: v * scales.get(c, 1.0) for c, v in columns.items()}
    np.testing.assert_allclose(law.formula(other, scaled), loss, rtol=1e-9)


def test_jax_and_numpy_agree(law):
    import jax
    import jax.numpy as jnp

    columns = design(law)
    params, loss = truth(law, columns)
    with jax.enable_x64(True):
        traced = jax.jit(law.formula)(
            {name: jnp.asarray(value) for name, value in params.items()},
            {name: jnp.asarray(value) for name, value in columns.items()},
        )
        np.testing.assert_allclose(np.asarray(traced), loss, rtol=1e-9)


def test_it_recovers_its_own_noiseless_curve(law):
    columns = design(law)
    _, loss = truth(law, columns, seed=1)
    fit = laws.fit(law, {**columns, "loss": loss}, loss=laws.Squared())
    assert np.sqrt(fit.objective / len(loss)) < 1e-6
    np.testing.assert_allclose(fit.predict(columns), loss, rtol=1e-4)


def test_its_starts_lie_inside_its_bounds(law):
    ranges = {c: (0.03, 30.0) for c in law.columns}
    starts = law.starts(np.random.default_rng(0), ranges, 50)
    for parameter in law.parameters:
        values = starts[parameter.name]
        assert np.all(np.isfinite(values))
        if parameter.kind in LOGARITHMIC:
            assert np.all(values > 0)
        if parameter.kind is Kind.EXPONENT:
            lower, upper = parameter.bounds
            assert np.all((values >= lower) & (values <= upper))
