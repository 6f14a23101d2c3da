"""C7 compares the measured exponent with the one predicted at the same sizes."""

import pytest

from iclaws import claims
from iclaws.claims import Verdict

from .tables import only, table

DEPTHS = [{"depth": depth} for depth in (2, 4, 8, 16, 32, 64)]


def judged(measured, predicted):
    rows = table(
        "depth-power-law",
        DEPTHS,
        lambda cell: 0.4 * cell["depth"] ** -measured,
        source=0.5,
        capacity=2.0,
    )
    rows["predicted_excess_risk"] = 0.4 * rows["depth"].astype(float) ** -predicted
    return only(claims.evaluate(rows, ["predicted-exponent"]), "depth-power-law")


def test_a_match_is_supported_and_the_interval_holds_the_prediction():
    found = judged(0.6, 0.6)
    assert found.verdict is Verdict.SUPPORTED
    assert found.evidence["interval_contains_prediction"]
    assert found.estimate == pytest.approx(0.6, abs=0.02)


def test_a_miss_is_refuted():
    found = judged(0.6, 0.9)
    assert found.verdict is Verdict.REFUTED
    assert not found.evidence["interval_contains_prediction"]
