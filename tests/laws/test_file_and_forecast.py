"""A stored fit predicts what the fit did; forecasts say how far they reach and what they cover."""

import json
import subprocess
import sys

import numpy as np
import pytest

from iclaws import laws
from iclaws.errors import InvalidValue

SCALE = np.repeat(np.geomspace(1.0, 256.0, 9), 3)


def table(*, noise=0.01, seed=0):
    loss = (0.5 + 2.0 * SCALE**-0.6) * np.exp(
        noise * np.random.default_rng(seed).normal(size=len(SCALE))
    )
    return {"scale": SCALE, "run": np.arange(len(SCALE)) // 3, "loss": loss}


@pytest.fixture(scope="module")
def fitted():
    return laws.fit("power-law", table(), loss=laws.Squared())


@pytest.fixture(scope="module")
def draws(fitted):
    return fitted.bootstrap(300)


@pytest.fixture
def stored(fitted, draws, tmp_path):
    fitted.save(tmp_path / "fit.json", draws=draws)
    return tmp_path / "fit.json"


AHEAD = {"scale": np.array([10.0, 1024.0])}


def test_a_stored_fit_predicts_forecasts_and_keeps_its_words(fitted, draws, stored):
    again = laws.load(stored)
    np.testing.assert_array_equal(again.predict(AHEAD), fitted.predict(AHEAD))
    assert again.parameters == fitted.parameters
    assert again.noise_model == fitted.noise_model
    assert again.status == fitted.status.name
    first, second = fitted.forecast(AHEAD, draws=draws), again.forecast(AHEAD)
    for name, values in first.items():
        np.testing.assert_allclose(second[name], values, rtol=1e-12, err_msg=name)


def test_a_stored_fit_allocates_without_the_optimiser(stored):
    code = (
        "import sys; from iclaws import laws; "
        f"fit = laws.load({str(stored)!r}); "
        "size = fit.allocate(cost='3*scale', budget=30.0).sizes['scale']; "
        "print(round(float(size), 9), 'jax' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.split() == ["10.0", "False"]


def test_an_expression_and_its_bounds_survive_the_file(tmp_path):
    law = laws.parse("E + A*scale^-alpha", bounds={"alpha": (0.1, 2.0)})
    fit = laws.fit(law, table(), loss=laws.Squared())
    fit.save(tmp_path / "fit.json")
    again = laws.load(tmp_path / "fit.json")
    assert again.law == fit.law
    np.testing.assert_array_equal(again.predict(AHEAD), fit.predict(AHEAD))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": 99}, "format 99.*newer"),
        ({"kind": "cake"}, "no fit saved by iclaws"),
        ({"scales": None, "middle": None, "law": {}}, "damaged"),
    ],
)
def test_files_that_are_no_fit_are_refused(stored, change, message):
    stored.write_text(json.dumps({**json.loads(stored.read_text()), **change}))
    with pytest.raises(InvalidValue, match=message):
        laws.load(stored)


def test_a_half_written_file_is_refused(stored):
    stored.write_text(stored.read_text()[:200])
    with pytest.raises(InvalidValue, match="cannot be read"):
        laws.load(stored)


def test_a_function_has_no_stored_form(tmp_path):
    fit = laws.fit(lambda p, c: p["a"] * c["scale"] ** -p["b"], table(), loss=laws.Squared())
    with pytest.raises(InvalidValue, match="no stored form"):
        fit.save(tmp_path / "fit.json")
    assert list(tmp_path.iterdir()) == []


def test_a_forecast_says_how_far_it_reaches(fitted, draws):
    found = fitted.forecast({"scale": np.array([0.5, 16.0, 256.0, 2048.0])}, draws=draws)
    np.testing.assert_allclose(found["doublings"], [1.0, 0.0, 0.0, 3.0], atol=1e-9)
    assert found["extrapolated"].tolist() == [True, False, False, True]
    width = np.log(found["upper"] / found["lower"])
    assert width[3] > 1.5 * width[1]
    assert np.all(found["run_upper"] - found["run_lower"] > found["upper"] - found["lower"])


def test_new_runs_fall_into_their_interval():
    """The interval of one new run covers runs of the same noise; that of the law does not."""
    inside, narrow = [], []
    for seed in range(8):
        fit = laws.fit("power-law", table(seed=seed), loss=laws.Squared())
        found = fit.forecast({"scale": SCALE}, draws=fit.bootstrap(200))
        for other in range(100, 120):
            loss = table(seed=other)["loss"]
            inside.append((found["run_lower"] <= loss) & (loss <= found["run_upper"]))
            narrow.append((found["lower"] <= loss) & (loss <= found["upper"]))
    assert 0.90 <= np.mean(inside) <= 0.99
    assert np.mean(narrow) < 0.8


def test_evaluation_noise_and_run_noise_are_told_apart_by_standard_errors():
    """Runs differ by 2 %; half of them are evaluated ten times as roughly."""
    generator = np.random.default_rng(3)
    scale = np.repeat(np.geomspace(1.0, 256.0, 30), 6)
    errors = np.where(np.arange(len(scale)) % 2, 0.05, 0.005)
    loss = 0.5 + 2.0 * scale**-0.6
    noisy = loss * np.exp(0.02 * generator.normal(size=len(scale)))
    noisy = noisy + errors * loss * generator.normal(size=len(scale))
    data = {"scale": scale, "loss": noisy, "error": errors * loss}
    fit = laws.fit("power-law", data, loss=laws.Squared(), weights=laws.StandardErrors("error"))
    parts = laws.noise_parts(fit)
    assert parts.separated
    assert np.sqrt(parts.run_var) == pytest.approx(0.02, rel=0.25)
    assert np.sqrt(parts.evaluation_var) == pytest.approx(
        np.sqrt((0.05**2 + 0.005**2) / 2), rel=0.1
    )


def test_repeated_evaluations_of_a_run_tell_the_noise_apart():
    generator = np.random.default_rng(4)
    run = np.repeat(np.arange(60), 4)
    scale = np.geomspace(1.0, 256.0, 60)[run]
    noise = 0.03 * generator.normal(size=60)[run] + 0.01 * generator.normal(size=240)
    data = {"scale": scale, "run": run, "loss": (0.5 + 2.0 * scale**-0.6) * np.exp(noise)}
    fit = laws.fit("power-law", data, loss=laws.Squared(), cluster="run")
    parts = laws.noise_parts(fit)
    assert parts.separated
    assert np.sqrt(parts.run_var) == pytest.approx(0.03, rel=0.3)
    assert np.sqrt(parts.evaluation_var) == pytest.approx(0.01, rel=0.15)


def test_without_repeats_all_noise_counts_as_run_to_run(fitted):
    parts = laws.noise_parts(fitted)
    assert not parts.separated
    assert np.sqrt(parts.run_var) == pytest.approx(0.01, rel=0.4)
