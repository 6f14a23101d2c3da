"""C9 stays quiet at a bound, within its noise, and speaks when one is beaten."""

import numpy as np
import pytest

from iclaws import claims
from iclaws.claims import Verdict

from .tables import only, table

DEPTHS = [{"depth": depth} for depth in (1, 2, 4)]


def judged(**columns):
    rows = table("depth-iso", DEPTHS, lambda cell: 0.1, **columns)
    return only(claims.evaluate(rows, ["lower-bounds"]), "depth-iso")


def test_models_at_their_bound_are_fine():
    assert judged(lower_bound=0.1, lower_bound_se=0.0).verdict is Verdict.SUPPORTED


def test_a_beaten_bound_is_named():
    found = judged(lower_bound=lambda cell: 0.2 if cell["depth"] == 2 else 0.0)
    assert found.verdict is Verdict.REFUTED
    assert found.evidence["beaten"] == ["depth=2"]


def test_a_bound_known_only_roughly_is_not_beaten_by_its_own_error():
    assert judged(lower_bound=0.12, lower_bound_se=0.02).verdict is Verdict.SUPPORTED


def test_the_paired_gap_to_bayes_decides_where_there_is_one():
    columns = {"bound": "Bayes", "noise_var": 0.1, "lower_bound": 0.11, "ridge_gap_se": 1e-4}
    assert judged(**columns, ridge_gap=0.002).verdict is Verdict.SUPPORTED
    assert judged(**columns, ridge_gap=-0.002).verdict is Verdict.REFUTED


def test_without_a_bound_nothing_is_tested():
    assert judged(lower_bound=None).verdict is Verdict.UNTESTED


def test_an_unknown_risk_is_reported_apart():
    rows = table("depth-iso", DEPTHS, lambda cell: 0.1, lower_bound=0.05)
    rows.loc[rows["depth"] == 2, "excess_risk"] = np.nan
    found = only(claims.evaluate(rows, ["lower-bounds"]), "depth-iso")
    assert found.verdict is Verdict.SUPPORTED
    assert "0 of 2 configurations" in found.sentence and "Of 1 more" in found.sentence
    assert found.evidence["unknown"] == ["depth=2"]
    rows["excess_risk"] = np.nan
    found = only(claims.evaluate(rows, ["lower-bounds"]), "depth-iso")
    assert found.verdict is Verdict.UNTESTED and "Of 3 more" in found.sentence


@pytest.mark.parametrize(
    ("setting", "values"),
    [
        ("covariates", ("fixed", "updated")),
        ("tied", (True, False)),
        ("num_sequences", (None, 512)),
        ("setting", ("iso", "rrs")),
        ("mask_query", (True, False)),
        ("learning_rate", (0.01, 0.1)),
        ("adam_decays", ([0.9, 0.99], [0.9, 0.999])),
    ],
)
def test_whatever_is_set_tells_configurations_apart(setting, values):
    cells = [{setting: values[0], "lower_bound": 0.2}, {setting: values[1], "lower_bound": 0.0}]
    rows = table("any-study", cells, lambda cell: 0.15, pool_seed=1)
    found = only(claims.evaluate(rows, ["lower-bounds"]), "any-study")
    assert found.verdict is Verdict.REFUTED, "one is beaten, though their mean is not"
    assert "1 of 2 configurations" in found.sentence


def test_seeds_do_not_tell_configurations_apart():
    rows = table("any-study", DEPTHS, lambda cell: 0.1, lower_bound=0.0)
    rows["pool_seed"] = rows["seed"]
    found = only(claims.evaluate(rows, ["lower-bounds"]), "any-study")
    assert "of 3 configurations" in found.sentence
