"""The way through the commands: run, status, table, claims, report; each also as JSON."""

import json

import pandas as pd
import pytest

from .conftest import TINY

NUM_RUNS = 42


def test_list_names_every_family_and_one_alone(iclaws):
    everything = json.loads(iclaws("list", "--json").out)
    assert {row["family"] for row in everything} >= {"tasks", "models", "laws", "studies"}
    alone = json.loads(iclaws("list", "claims", "--json").out)
    assert {row["family"] for row in alone} == {"claims"}
    assert all(row["what"] for row in everything)


def test_a_second_run_trains_nothing(iclaws, trained):
    answer = iclaws("run", "context-length", *TINY, "--store", trained, "--json")
    assert answer.status == 0, answer.err
    assert json.loads(answer.out)["trained"] == 0
    assert "0 trained now" in iclaws("run", "context-length", *TINY, "--store", trained).out


def test_a_run_tells_its_progress_in_plain_lines_where_there_is_no_terminal(iclaws, tmp_path):
    answer = iclaws("run", "context-length", *TINY, "--set=num_dims=3", "--store", tmp_path)
    assert answer.status == 0, answer.err
    assert f"{NUM_RUNS} runs  step 4/4" in answer.err
    assert "\x1b" not in answer.err
    assert f"{NUM_RUNS} trained now" in answer.out


def test_status_counts(iclaws, trained):
    (row,) = json.loads(iclaws("status", "--store", trained, "--json").out)
    assert row["study"] == "context-length"
    assert row["planned"] == row["trained"] + row["diverged"] == NUM_RUNS
    assert row["missing"] == 0
    assert "context-length" in iclaws("status", "--store", trained).out


def test_table_prints_writes_and_answers_sql(iclaws, trained, tmp_path):
    rows = json.loads(iclaws("table", "context-length", "--store", trained, "--json").out)
    assert len(rows) == NUM_RUNS
    query = "select count(*) as n, min(excess_risk) as least from records"
    (counted,) = json.loads(iclaws("table", "--sql", query, "--store", trained, "--json").out)
    assert counted["n"] == NUM_RUNS
    assert counted["least"] == pytest.approx(min(row["excess_risk"] for row in rows))
    for suffix, read in ((".csv", pd.read_csv), (".parquet", pd.read_parquet)):
        path = tmp_path / f"table{suffix}"
        assert iclaws("table", "--out", path, "--store", trained).status == 0
        assert len(read(path)) == NUM_RUNS


def test_claims_have_verdicts(iclaws, trained):
    found = json.loads(iclaws("claims", "--store", trained, "--json").out)
    verdicts = {(f["claim"], f["study"]): f["verdict"] for f in found}
    assert verdicts["C4", "depth-iso"] == "untested"
    assert verdicts["C9", "context-length"] in ("supported", "refuted")
    assert "untested" in iclaws("claims", "step-size-law", "--store", trained).out


def test_report_is_one_offline_file(iclaws, trained, tmp_path):
    path = tmp_path / "report.html"
    answer = iclaws("report", "--store", trained, "--out", path, "--json")
    assert json.loads(answer.out)["report"] == str(path)
    page = path.read_text(encoding="utf-8")
    assert page.startswith("<!") and "context-length" in page


def test_version_and_help(iclaws):
    assert iclaws("--version").out.startswith("iclaws ")
    assert "reproduce" in iclaws("--help").out
