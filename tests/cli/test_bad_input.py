"""What bad input gets: one sentence on standard error, status 1; wrong usage, status 2."""

import json
import os
import re

import pandas as pd
import pyarrow.parquet as pq
import pytest

from iclaws import laws

from .conftest import TINY

LAW = "E + A*N^-alpha + B*D^-beta"


def sentence(answer, *words):
    """Check that an answer is an error in one paragraph that holds the words."""
    assert answer.status == 1, answer
    assert answer.out == ""
    assert answer.err.startswith("iclaws: ")
    assert "Traceback" not in answer.err
    assert "\n" not in answer.err.strip()
    for word in words:
        assert word in answer.err


def test_an_unknown_study_is_answered_with_the_nearest(iclaws, tmp_path):
    sentence(iclaws("run", "depth-isso", "--store", tmp_path), "depth-isso", "depth-iso")


def test_an_unknown_preset(iclaws, tmp_path):
    answer = iclaws("run", "depth-iso", "--preset", "quik", "--store", tmp_path)
    sentence(answer, "quik", "quick")


def test_an_unknown_field(iclaws, tmp_path):
    answer = iclaws("run", "depth-iso", "--set", "num_stepz=3", "--store", tmp_path)
    sentence(answer, "num_stepz", "num_steps")


def test_an_unknown_family_and_claim(iclaws, tmp_path):
    sentence(iclaws("list", "task"), "tasks")
    sentence(iclaws("claims", "step-size", "--store", tmp_path), "step-size-law")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("num_steps=0", ("num_steps", "at least 1", "0")),
        ("noise_var=-1", ("noise_var",)),
        ("num_dims=0", ("num_dims", "0")),
        ("learning_rate=-1", ("learning_rate", "-1")),
        ("num_steps", ("field=value",)),
    ],
)
def test_an_impossible_value_is_quoted_with_its_range(iclaws, tmp_path, change, words):
    study = "depth-power-law" if "noise" in change else "context-length"
    sentence(iclaws("run", study, "--set", change, "--store", tmp_path), *words)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("num_tasks=2.5", ("whole number or None", "2.5")),
        ("num_sequences=2.5", ("whole number or None", "2.5")),
        ("tied=maybe", ("True or False", "'maybe'")),
        ("warmup_steps=0.5", ("whole number", "0.5")),
        ("init_scale=nan", ("a number", "'nan'")),
        ("num_steps=1.5", ("whole number", "1.5")),
        ("num_steps=abc", ("whole number", "'abc'")),
        ("num_steps=20000000000", ("32 bits", "20000000000")),
        ("learning_rate=fast", ("a number", "'fast'")),
        ("learning_rate=None", ("a number", "None")),
        ("batch_size=None", ("whole number", "None")),
        ("batch_size=2.5", ("whole number", "2.5")),
        ("eval_contexts=many", ("whole number", "'many'")),
        ("clip_norm=big", ("a number or None", "'big'")),
        ("num_tasks=(1,2)", ("whole number or None", "(1, 2)")),
        ("num_dims=(1,2)", ("whole number", "(1, 2)")),
        ("dims_curriculum=3", ("Ramp or None", "3")),
        ("adam_decays=0.9", ("tuple of 2", "0.9")),
        ("seed=first", ("whole number", "'first'")),
        ("preset=full", ("No field", "'preset'")),
        ("self=1", ("No field", "'self'")),
    ],
)
def test_a_value_of_the_wrong_type_is_refused_and_nothing_is_planned(
    iclaws, tmp_path, change, words
):
    store = tmp_path / "store"
    name = change.partition("=")[0]
    sentence(iclaws("run", "context-length", "--set", change, "--store", store), name, *words)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_tuple_may_be_written_as_a_list():
    from iclaws.cli._options import make_study

    study = make_study("context-length", "quick", ["adam_decays=[0.9, 0.98]"])
    assert study.points()[0].recipe.adam_decays == (0.9, 0.98)


def test_an_axis_cannot_be_set(iclaws, tmp_path):
    sentence(iclaws("run", "depth-iso", "--set", "depth=3", "--store", tmp_path), "axis")


def test_heads_must_divide_the_width(iclaws, tmp_path):
    answer = iclaws("run", "softmax-depth", "--set", "width=30", "--set", "num_heads=4")
    sentence(answer, "num_heads", "divide")


def test_a_missing_store_says_how_to_make_one(iclaws, tmp_path):
    for command in (["status"], ["table"], ["claims"], ["report"]):
        sentence(iclaws(*command, "--store", tmp_path / "nowhere"), "iclaws run")


def test_a_store_that_is_a_file(iclaws, tmp_path):
    file = tmp_path / "file"
    file.write_text("mine")
    sentence(iclaws("run", "context-length", *TINY, "--store", file), "folder")
    assert file.read_text() == "mine"


def test_a_damaged_part_is_named_and_kept(iclaws, trained, tmp_path):
    copy = _copy(trained, tmp_path)
    part = next((copy / "records").glob("*.parquet"))
    part.write_bytes(part.read_bytes()[:100])
    sentence(iclaws("table", "--store", copy), part.name)
    assert len(part.read_bytes()) == 100


def test_a_newer_format_is_refused(iclaws, trained, tmp_path):
    copy = _copy(trained, tmp_path)
    part = next((copy / "records").glob("*.parquet"))
    table = pq.read_table(part)
    pq.write_table(table.replace_schema_metadata({"iclaws_format": "99"}), part)
    sentence(iclaws("status", "--store", copy), part.name, "99")


def test_a_changed_default_is_named(iclaws, trained, tmp_path):
    copy = _copy(trained, tmp_path)
    part = next((copy / "records").glob("*.parquet"))
    rows = pq.read_table(part).to_pylist()
    for row in rows:
        point = json.loads(row["point"])
        point["recipe"]["warmup_steps"] = 7
        row["point"] = json.dumps(point)
    schema = pq.read_schema(part)
    import pyarrow as pa

    pq.write_table(pa.Table.from_pylist(rows, schema=schema), part)
    answer = iclaws("run", "context-length", *TINY, "--store", copy)
    sentence(answer, "warmup_steps", "7")


def test_a_wrong_query_is_said_in_one_sentence(iclaws, trained):
    sentence(iclaws("table", "--sql", "select nothing from nowhere", "--store", trained))
    sentence(iclaws("table", "--out", "table.xlsx", "--store", trained), ".csv")


def test_an_unknown_study_of_a_table_is_answered_with_the_nearest(iclaws, trained):
    answer = iclaws("table", "context-lenght", "--store", trained)
    sentence(answer, "context-lenght", "Did you mean 'context-length'")
    # A registered study without runs is a fact about the store, not an error.
    assert iclaws("table", "depth-iso", "--store", trained).status == 0


def test_a_study_and_a_query_exclude_each_other(iclaws, trained):
    query = "select id from records"
    answer = iclaws("table", "context-length", "--sql", query, "--store", trained)
    sentence(answer, "STUDY and --sql exclude each other", "where study = 'context-length'")


def test_a_column_of_two_types_is_no_parquet(tmp_path):
    from iclaws.cli.table import write
    from iclaws.errors import InvalidValue

    mixed = pd.DataFrame({"weights": [1.0, [1.0, 2.0]]})
    with pytest.raises(InvalidValue, match=r"one type per column.* weights.*\.jsonl"):
        write(mixed, tmp_path / "table.parquet")
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_no_permission_is_said(iclaws, tmp_path):
    tmp_path.chmod(0o500)
    sentence(iclaws("run", "context-length", *TINY, "--store", tmp_path / "store"), "write")


def test_a_full_disk_leaves_no_half_written_part(iclaws, tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pyarrow.parquet.write_table", full)
    answer = iclaws("run", "context-length", *TINY, "--store", tmp_path)
    sentence(answer, "disk is full")
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_too_few_points_for_a_law_are_a_status_not_a_number(iclaws, tmp_path):
    path = tmp_path / "few.csv"
    pd.DataFrame({"N": [1.0, 2.0], "loss": [0.5, 0.4]}).to_csv(path, index=False)
    answer = iclaws("fit", path, "--law", "E + A*N^-alpha", "--json")
    assert answer.status == 0
    found = json.loads(answer.out)
    assert found["status"] == "TOO_FEW_POINTS"
    assert found["parameters"] == {}


@pytest.fixture(scope="module")
def curve(tmp_path_factory):
    """Return a table of a law in two columns, and its fit."""
    folder = tmp_path_factory.mktemp("curve")
    sizes = [(n, d) for n in (1e2, 1e3, 1e4, 1e5) for d in (1e3, 1e4, 1e5, 1e6)]
    table = pd.DataFrame(sizes, columns=["N", "D"])
    table["loss"] = 1.0 + 4.0 * table["N"] ** -0.3 + 9.0 * table["D"] ** -0.4
    table["se"] = 0.01
    table.to_csv(folder / "curve.csv", index=False)
    laws.fit(LAW, table, "loss").save(folder / "fit.json")
    return folder


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--weights=se", "--standard-errors=se"), ("--weights", "exclude each other")),
        (("--bootstrap=1",), ("--bootstrap", "at least 2", "Got 1")),
        (("--bootstrap=-5",), ("--bootstrap", "at least 2", "Got -5")),
        (("--level=3",), ("--level", "between 0 and 1", "3")),
        (("--derive=Q=1/0*N",), ("--derive", "zero", "Q=1/0*N")),
        (("--where=N > 1/0",), ("--where", "zero", "N > 1/0")),
    ],
)
def test_options_of_a_fit_that_cannot_be(iclaws, curve, options, words):
    sentence(iclaws("fit", curve / "curve.csv", "--law", LAW, *options), *words)


def test_a_fit_is_saved_in_a_new_folder_and_refused_below_a_file(iclaws, curve, tmp_path):
    fit = ("fit", curve / "curve.csv", "--law", LAW, "--save")
    assert iclaws(*fit, tmp_path / "new" / "sub" / "fit.json").status == 0
    assert laws.load(tmp_path / "new" / "sub" / "fit.json").parameters
    (tmp_path / "file").write_text("mine")
    sentence(iclaws(*fit, tmp_path / "file" / "fit.json"), "fit.json", "cannot be written")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--multiple=N=0.5",), ("--multiple", "whole", "N=0.5")),
        (("--multiple=N=64.6",), ("--multiple", "whole", "N=64.6")),
        (("--penalty=Q=4",), ("No column of the law", "'Q'")),
        (("--level=3",), ("--level", "between 0 and 1", "3")),
    ],
)
def test_options_of_an_allocation_that_cannot_be(iclaws, curve, options, words):
    command = ("allocate", curve / "fit.json", "--cost=6*N*D", "--budget=1e12")
    sentence(iclaws(*command, *options), *words)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("risks", "--signal-var=0"), ("--signal-var", "above 0", "Got 0")),
        (("risks", "--num-draws=1"), ("--num-draws", "at least 2", "Got 1")),
        (("limits", "--num-active=7"), ("--num-active", "from 1 to the 5", "Got 7")),
        (("limits", "--num-active=0"), ("--num-active", "from 1 to the 5", "Got 0")),
    ],
)
def test_predictions_of_what_cannot_be(iclaws, arguments, words):
    sentence(iclaws("predict", *arguments, "-k", "10", "-d", "5"), *words)


def test_a_suggestion_says_by_how_much_the_error_shrinks(iclaws, curve):
    answer = iclaws(
        "suggest", curve / "curve.csv", "--law", LAW, "--candidates", curve / "curve.csv",
        "--goal=alpha", "--cost=N", "--budget=2e5", "--bootstrap=0",
    )  # fmt: skip
    assert answer.status == 0, answer.err
    words = " ".join(answer.out.split())
    before, after, by = re.search(r"from (\S+) to (\S+), by (\d+)%", words).groups()
    assert int(by) == pytest.approx(100 * (1 - float(after) / float(before)), abs=1)


def test_wrong_usage_exits_with_2(iclaws):
    assert iclaws("run").status == 2
    assert iclaws("status", "--no-such-option").status == 2


def _copy(folder, tmp_path):
    import shutil

    return shutil.copytree(folder, tmp_path / "copy")
