"""`iclaws predict`: every command answers in a table and in JSON, with the numbers of theory."""

import json

import pytest
from typer.testing import CliRunner

from iclaws import theory
from iclaws.cli._app import app
from iclaws.errors import InvalidValue, UnknownName

SIZE = ["--num-context", "40", "--num-dims", "20"]
COMMANDS = {
    "risks": [*SIZE, "--depth", "2", "--noise-var", "0.1", "--num-draws", "20"],
    "pretraining": [*SIZE, "--num-tasks", "100", "--num-sequences", "1000"],
    "exponents": ["--capacity", "2", "--source", ".7", "--setting", "rrs"],
    "slopes": ["depth", "--sizes", "8,16,32", "--num-dims", "99", "--setting", "rrs"],
    "surface": ["width-context", "--first", "5,9", "--second", "10,100", "--num-dims", "20"],
    "limits": [*SIZE, "--num-active", "2", "--num-tasks", "64", "--noise-var", "0.1"],
    "emergence": [*SIZE, "--read-in-rank", "8", "--noise-var", "0.1"],
    "step-size": [*SIZE, "--depths", "1,2"],
    "transitions": SIZE,
    "frontier": ["--capacity", "2"],
    "discrete": ["parity", "--num-dims", "6", "--contexts", "0,9"],
}


def run(command, *more):
    found = CliRunner().invoke(app, ["predict", command, *COMMANDS[command], *more])
    if found.exception:
        raise found.exception
    return found.output


def document(command, *more):
    return json.loads(run(command, *more, "--json"))


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_prints_a_table_and_a_document(command):
    assert document(command)
    table = run(command)
    assert len(table.splitlines()) >= 3
    with pytest.raises(json.JSONDecodeError):
        json.loads(table)


def test_help_lists_every_command():
    found = CliRunner().invoke(app, ["predict", "--help"]).output
    assert all(command in found for command in COMMANDS)


def test_exponents_are_those_of_theory():
    rows = {row["resource"]: row for row in document("exponents")}
    found = theory.exponents(2, 0.7, setting="rrs", noisy=False)
    assert {name: row["exponent"] for name, row in rows.items()} == {
        name: getattr(found, name) for name in rows
    }
    untied = {row["resource"]: row for row in document("exponents", "--untied")}
    assert untied["depth"]["exponent"] == pytest.approx(1.4)
    known = document("exponents", "--untied", "--variant", "known-spectrum")
    assert known[0]["exponent"] == pytest.approx(2.8)


def test_risks_come_in_order_with_their_formulas():
    rows = document("risks")
    excess = [row["excess"] for row in rows]
    assert excess == sorted(excess)
    by_name = {row["predictor"]: row["excess"] for row in rows}
    assert by_name["Bayes"] == theory.isotropic_bayes_risk(40, 20, 1.0, 0.1)
    assert by_name["least squares"] == theory.least_squares_risk(40, 20, 1.0, 0.1)
    assert by_name["zero"] == pytest.approx(1)
    assert "GD, 2 tied, drawn" in by_name
    for setting in ("fs", "rrs"):
        assert document("risks", "--setting", setting)


def test_slopes_emergence_and_pretraining_say_what_theory_says():
    found = document("slopes")
    task = theory.TaskStructure(99, theory.Setting.ROTATED)
    assert found["fitted"] == theory.local_slopes("depth", [8, 16, 32], task).fitted
    assert found["prediction"]["exponent"] == 0.7
    finding = document("emergence")
    assert finding["verdict"] == "impossible"
    assert finding["bounds"][0]["risk"] > finding["level"]
    row = document("pretraining")[1]
    errors = theory.finite_pretraining_errors(2, 5, 1000 / 420, 0.0)
    assert row["fresh_tasks"] == pytest.approx(errors.fresh_tasks)
    assert {row["name"] for row in document("step-size", "--hypotheses")} >= {"paper"}


def test_bad_input_names_what_is_known():
    for command, more, error, match in (
        ("exponents", ["--setting", "foo"], InvalidValue, "iso, fs, rrs"),
        ("exponents", ["--variant", "ridgge"], UnknownName, "'ridge'"),
        ("risks", ["--setting", "rsr"], UnknownName, "'rrs'"),
        ("emergence", ["--architecture", "froozen"], UnknownName, "'frozen'"),
        ("slopes", ["--sizes", "8,x"], InvalidValue, "commas"),
    ):
        with pytest.raises(error, match=match):
            run(command, *more)
    for command, first, match in (
        ("surface", "depth-depth", "pair"), ("discrete", "sprse", "'sparse'"),
    ):  # fmt: skip
        arguments = ["predict", command, first, *COMMANDS[command][1:]]
        with pytest.raises(UnknownName, match=match):
            raise CliRunner().invoke(app, arguments).exception
