"""The commands fit, compare, allocate and suggest, as a shell would call them."""

import json
import xml.etree.ElementTree

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from iclaws.cli._app import app
from iclaws.errors import IclawsError

SIZES = np.geomspace(1e6, 1e9, 5)
LAW = "E + A*N^-alpha + B*D^-beta"


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    n, d = (values.ravel() for values in np.meshgrid(SIZES, 100 * SIZES))
    loss = 1.7 + 400 * n**-0.34 + 1500 * d**-0.37
    loss = loss * np.exp(0.005 * np.random.default_rng(0).normal(size=len(n)))
    path = tmp_path_factory.mktemp("data") / "runs.csv"
    pd.DataFrame({"N": n, "C": 6 * n * d, "loss": loss}).to_csv(path, index=False)
    return path


def run(*words):
    done = CliRunner().invoke(app, [str(word) for word in words])
    if isinstance(done.exception, IclawsError):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.output


@pytest.fixture(scope="module")
def fitted(data):
    saved, drawn = data.with_name("fit.json"), data.with_name("fit.svg")
    text = run(
        "fit", data, "--law", LAW, "--derive", "D = C/(6*N)", "--where", "loss < 100",
        "--squared", "--bootstrap", 100, "--predict", "N=1e10,D=1e12", "--profile", "alpha",
        "--save", saved, "--figure", drawn, "--json",
    )  # fmt: skip
    return json.loads(text), saved, drawn


def test_a_fit_prints_its_numbers_and_what_they_assume(fitted):
    found, _, _ = fitted
    assert found["status"] == "OK"
    assert found["parameters"]["alpha"] == pytest.approx(0.34, abs=0.05)
    low, high = found["bootstrap"]["intervals"]["alpha"]
    assert low < 0.34 < high
    low, high = found["profiles"]["alpha"]
    assert low < 0.34 < high
    assert "Gaussian" in found["noise_model"]
    (ahead,) = found["predictions"]
    assert ahead["extrapolated"] is True
    assert ahead["lower"] < 1.7 + 400 * 1e10**-0.34 + 1500 * 1e12**-0.37 < ahead["upper"]


def test_its_figure_is_svg(fitted):
    root = xml.etree.ElementTree.parse(fitted[2]).getroot()
    assert root.tag.endswith("svg")


def test_a_saved_fit_allocates(fitted):
    found = json.loads(
        run("allocate", fitted[1], "--cost", "6*N*D", "--budget", "1e21", "--penalty", "N=1e9",
            "--json")
    )  # fmt: skip
    p = fitted[0]["parameters"]
    assert found["closed_form"] is True
    assert found["exponents"]["N"] == pytest.approx(p["beta"] / (p["alpha"] + p["beta"]), rel=1e-3)
    low, high = found["intervals"]["N"]
    assert low < found["sizes"]["N"] < high
    assert found["penalty"] >= 0


def test_laws_are_compared(data):
    found = json.loads(
        run("compare", data, "--law", "power-law(N)", "--law", "exponential(N)", "--squared",
            "--where", "C < 1e25", "--json")
    )  # fmt: skip
    assert {row["law"] for row in found["laws"]} >= {found["choice"], found["in_sample_winner"]}
    assert found["power_law"]["verdict"] in ("supported", "refuted", "undecided")


def test_runs_are_suggested(data, tmp_path):
    pool = tmp_path / "pool.csv"
    n, d = (values.ravel() for values in np.meshgrid(SIZES, 100 * SIZES))
    pd.DataFrame({"N": n, "D": d}).to_csv(pool, index=False)
    found = json.loads(
        run("suggest", data, "--law", LAW, "--derive", "D = C/(6*N)", "--squared", "--candidates",
            pool, "--goal", "beta/(alpha+beta)", "--cost", "6*N*D", "--budget", "1e20",
            "--bootstrap", 0, "--json")
    )  # fmt: skip
    assert found["expected_error"] < found["standard_error"]
    assert sum(6 * row["N"] * row["D"] for row in found["runs"]) <= 1e20 * (1 + 1e-9)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--law", "power-law(N)", "--target", "losses"], "Did you mean 'loss'"),
        (["--law", "power-law(N)", "--huber", "1e-3", "--absolute"], "Name one loss"),
        (["--law", "power-law(N)", "--where", "loss <"], "cannot be read"),
        (["--law", "power-law(M)"], "M"),
    ],
)
def test_mistakes_get_one_sentence(data, words, message):
    with pytest.raises(IclawsError, match=message):
        run("fit", data, *words)


def test_the_help_of_every_command_imports_no_jax():
    import subprocess
    import sys

    code = (
        "import sys; from typer.testing import CliRunner; from iclaws.cli._app import app\n"
        "for name in ('fit', 'compare', 'allocate', 'suggest'):\n"
        "    assert CliRunner().invoke(app, [name, '--help']).exit_code == 0\n"
        "sys.exit('jax' in sys.modules or 'scipy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
