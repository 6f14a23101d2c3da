"""Tables: one row per run, one column per field, and SQL over the same."""

import numpy as np
import pytest

from iclaws.errors import InvalidValue

from .conftest import make_plan, make_point, make_record


@pytest.fixture
def filled(store):
    """Two runs of study `one`, the first of them of study `two` as well, and one of none."""
    points = [make_point(seed, size=seed + 3) for seed in range(3)]
    store.plan([make_plan(points[0]), make_plan(points[1]), make_plan(points[0], study="two")])
    store.plan([make_plan(make_point(9))])  # planned, never trained
    store.add([make_record(point) for point in points])
    store.add([])
    return store


def test_a_run_has_a_row_in_each_study_that_planned_it(filled):
    table = filled.table()
    assert sorted(table["study"].fillna("none")) == ["none", "one", "one", "two"]
    assert list(filled.table("two")["size"]) == [3]
    assert len(filled.table("one")) == 2
    assert filled.table("absent").empty


def test_fields_results_baselines_and_provenance_are_columns(filled):
    row = filled.table("two").iloc[0]
    assert row["task"] == "Part" and row["seed"] == 0
    # A word that two parts use carries the second part's name.
    assert row["size"] == 3 and row["model_size"] == 3 and row["recipe_rate"] == 0.5
    assert row["excess_risk"] == 0.25 and row["predicted_excess_risk"] == 0.2
    assert row["least_squares_excess_risk"] == 0.2 and row["zero_gap"] == -0.75
    assert row["step_size"] == 0.5
    np.testing.assert_array_equal(row["step_sizes"], [0.4, 0.6])
    assert row["made_cores"] == 2 and row["made_iclaws"] == "0.1.0"


def test_a_measure_is_a_vector_in_every_row_or_in_none(store, tmp_path):
    """Steps by layer have one entry where there is one layer."""
    points = [make_point(seed) for seed in range(2)]
    measures = [
        {"step_size": [0.5], "step_sizes": [0.5]},
        {"step_size": [0.5], "step_sizes": [0.4, 0.6]},
    ]
    store.add([make_record(p, measures=m) for p, m in zip(points, measures, strict=True)])
    table = store.table()
    assert [list(value) for value in table["step_sizes"]] == [[0.5], [0.4, 0.6]]
    assert list(table["step_size"]) == [0.5, 0.5]
    table.to_parquet(tmp_path / "table.parquet")
    assert store.sql("select sum(step_sizes[1]) as s from records")["s"][0] == pytest.approx(0.9)


def test_sql_sees_the_table_and_the_plans(filled):
    best = filled.sql("select study, max(size) as largest from records group by study order by 1")
    assert dict(zip(best["study"].fillna("none"), best["largest"], strict=True)) == {
        "one": 4,
        "two": 3,
        "none": 5,
    }
    assert filled.sql("select count(*) as n from plans")["n"][0] == 4


def test_sql_reads_vectors(filled):
    found = filled.sql("select step_sizes[2] as second, list_sum(step_sizes) as s from records")
    np.testing.assert_allclose(found["second"], 0.6)
    np.testing.assert_allclose(found["s"], 1.0)


@pytest.mark.parametrize(
    "query", ["select nothing from records", "select 1 from absent", "selec 1"]
)
def test_a_query_that_duckdb_refuses_is_a_clear_sentence(filled, query):
    with pytest.raises(InvalidValue, match="DuckDB refuses the query"):
        filled.sql(query)


def test_sql_on_an_empty_store_finds_no_rows(store):
    assert store.sql("select id, excess_risk from records").empty
    assert store.sql("select id, bound from plans").empty


def test_sql_needs_no_plans(store):
    store.add([make_record()])
    assert store.sql("select excess_risk from records")["excess_risk"][0] == 0.25
    assert store.sql("select count(*) as n from plans")["n"][0] == 0


def test_sql_cannot_change_the_store(filled):
    before = sorted(path for path in filled.folder.rglob("*"))
    with pytest.raises(InvalidValue):
        filled.sql("delete from records")
    assert sorted(path for path in filled.folder.rglob("*")) == before
