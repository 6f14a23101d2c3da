"""Tables from files, derived columns, row filters."""

import numpy as np
import pandas as pd
import pytest

from iclaws import laws
from iclaws.errors import InvalidValue, UnknownName

FRAME = pd.DataFrame(
    {
        "Model Size": [1e6, 1e7, 1e8],
        "C": [6e15, 6e17, 6e19],
        "split": ["train", "train", "test"],
        "loss": [4.0, 3.0, 2.5],
    }
)


@pytest.mark.parametrize("suffix", ["csv", "tsv", "parquet", "jsonl"])
def test_every_kind_of_file_holds_the_same_table(tmp_path, suffix):
    path = tmp_path / f"table.{suffix}"
    if suffix == "parquet":
        FRAME.to_parquet(path)
    elif suffix == "jsonl":
        FRAME.to_json(path, orient="records", lines=True)
    else:
        FRAME.to_csv(path, index=False, sep="\t" if suffix == "tsv" else ",")
    found = laws.read_table(path)
    assert list(found) == list(FRAME)
    for name in FRAME:
        assert found[name].tolist() == FRAME[name].tolist()


def test_columns_are_derived_in_order():
    found = laws.derive(FRAME, ["N = `Model Size`", "D = C/(6*N)", "ratio = log(D/N)"])
    np.testing.assert_allclose(found["D"], [1e9, 1e10, 1e11])
    np.testing.assert_allclose(found["ratio"], np.log([1e3, 1e3, 1e3]))


def test_rows_are_filtered_by_numbers_and_words():
    assert len(laws.filter_rows(FRAME, "loss < 3.5")["loss"]) == 2
    assert len(laws.filter_rows(FRAME, "split == 'train' and not `Model Size` < 5e6")["loss"]) == 1
    assert len(laws.filter_rows(FRAME, "1e16 < C <= 6e19 or split == 'train'")["loss"]) == 3


@pytest.mark.parametrize(
    ("action", "message"),
    [
        (lambda: laws.filter_rows(FRAME, "loss"), "no condition"),
        (lambda: laws.filter_rows(FRAME, "loss > 100"), "No row satisfies"),
        (lambda: laws.filter_rows(FRAME, "loss <"), "cannot be read"),
        (lambda: laws.filter_rows(FRAME, "__import__('os').system('true') == 0"), "arithmetic"),
        (lambda: laws.derive(FRAME, ["D"]), "name = expression"),
        (lambda: laws.derive(FRAME, ["D = C//2"]), "not"),
        (lambda: laws.read_table("nowhere.csv"), "no file"),
    ],
)
def test_what_cannot_be_read_is_said(action, message):
    with pytest.raises(InvalidValue, match=message):
        action()


def test_an_unknown_column_of_a_filter_gets_a_suggestion():
    with pytest.raises(UnknownName, match="'loss'"):
        laws.filter_rows(FRAME, "los < 3")


def test_damaged_and_empty_files_are_refused(tmp_path):
    bad = tmp_path / "bad.parquet"
    bad.write_text("no parquet")
    with pytest.raises(InvalidValue, match="cannot be read"):
        laws.read_table(bad)
    empty = tmp_path / "empty.csv"
    empty.write_text("a,b\n")
    with pytest.raises(InvalidValue, match="no rows"):
        laws.read_table(empty)
    other = tmp_path / "table.xlsx"
    other.write_text("a")
    with pytest.raises(InvalidValue, match="should end in"):
        laws.read_table(other)
