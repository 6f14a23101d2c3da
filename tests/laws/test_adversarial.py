"""Whatever a table holds, the answer is a number with a status, or one clear sentence."""

import time

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from iclaws import laws
from iclaws.errors import InvalidValue
from iclaws.laws import FitStatus
from iclaws.laws._status import FAILED

LAW = laws.get("power-law")()
SCALE = np.geomspace(1.0, 1000.0, 12)
SHORT = settings(max_examples=25, deadline=None, derandomize=True)


def curve(floor, coefficient, exponent):
    return floor + coefficient * SCALE**-exponent


@SHORT
@given(floor=st.floats(0.05, 5.0), coefficient=st.floats(0.1, 10.0), exponent=st.floats(0.15, 2.0))
def test_a_law_recovers_its_own_curve(floor, coefficient, exponent):
    table = {"scale": SCALE, "loss": curve(floor, coefficient, exponent)}
    fit = laws.fit(LAW, table, loss=laws.Squared())
    assert fit.status is FitStatus.OK
    assert fit.parameters["floor"] == pytest.approx(floor, rel=1e-5)
    assert fit.parameters["coefficient"] == pytest.approx(coefficient, rel=1e-5)
    assert fit.parameters["exponent"] == pytest.approx(exponent, rel=1e-5)


NOISY = curve(0.5, 2.0, 0.6) * np.exp(0.02 * np.random.default_rng(0).normal(size=12))


@SHORT
@given(size=st.floats(-15.0, 15.0), loss=st.floats(-15.0, 15.0))
def test_units_scale_the_coefficients(size, loss):
    """Thirty orders of magnitude between units change no exponent."""
    base = laws.fit(LAW, {"scale": SCALE, "loss": NOISY}, loss=laws.Squared()).parameters
    table = {"scale": SCALE * 10**size, "loss": NOISY * 10**loss}
    found = laws.fit(LAW, table, loss=laws.Squared()).parameters
    assert found["exponent"] == pytest.approx(base["exponent"], rel=1e-6)
    assert found["floor"] == pytest.approx(base["floor"] * 10**loss, rel=1e-6)
    assert found["coefficient"] == pytest.approx(
        base["coefficient"] * 10**loss * 10 ** (size * base["exponent"]), rel=1e-5
    )


@SHORT
@given(
    scale=st.lists(st.floats(-1e3, 1e12), min_size=1, max_size=12),
    loss=st.lists(st.floats(allow_nan=True, allow_infinity=True), min_size=12, max_size=12),
    raw=st.booleans(),
)
def test_any_table_gets_a_status_or_a_sentence(scale, loss, raw):
    table = {"scale": np.array(scale), "loss": np.array(loss[: len(scale)])}
    try:
        fit = laws.fit(LAW, table, log_residuals=not raw)
    except InvalidValue as trouble:
        assert len(str(trouble)) > 20
        return
    assert (fit.parameters == {}) == (fit.status in FAILED)
    if fit.parameters:
        # Finite numbers, or a note that says which of them mean nothing.
        assert np.all(np.isfinite(list(fit.parameters.values()))) or fit.notes
        assert np.all(np.isfinite(fit.predict(table)))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"loss": np.where(SCALE > 500, np.nan, NOISY)}, r"missing or infinite \(rows 11\)"),
        ({"loss": np.where(SCALE > 500, np.inf, NOISY)}, "missing or infinite"),
        ({"loss": NOISY - 1.0}, "has no logarithm"),
        ({"loss": np.array(["a"] * 12)}, "not numeric"),
        ({"scale": SCALE - 5.0}, "'scale' has values that are not positive"),
        ({"scale": np.zeros(12)}, None),
        ({"loss": NOISY[:5]}, "differ in length"),
    ],
)
def test_each_trouble_has_its_sentence(change, message):
    table = {"scale": SCALE, "loss": NOISY, **change}
    if message is None:
        assert laws.fit(LAW, table).status is FitStatus.TOO_FEW_SIZES
        return
    with pytest.raises(InvalidValue, match=message):
        laws.fit(LAW, table)


def test_a_constant_target_is_no_law():
    fit = laws.fit(LAW, {"scale": SCALE, "loss": np.full(12, 2.0)}, loss=laws.Squared())
    assert fit.status is FitStatus.NOT_IDENTIFIED
    np.testing.assert_allclose(fit.predict({"scale": SCALE}), 2.0, rtol=1e-6)


@pytest.mark.slow
def test_a_million_rows_are_fitted():
    generator = np.random.default_rng(0)
    scale = 10 ** generator.uniform(0, 6, 1_000_000)
    loss = (0.5 + 2.0 * scale**-0.6) * np.exp(0.05 * generator.normal(size=len(scale)))
    start = time.process_time()
    fit = laws.fit(LAW, {"scale": scale, "loss": loss}, loss=laws.Squared())
    assert time.process_time() - start < 120
    assert fit.status is FitStatus.OK
    assert fit.parameters["exponent"] == pytest.approx(0.6, abs=2e-3)
