"""C3 on planted measurements."""

import pytest

from iclaws import claims
from iclaws.claims import Verdict

from .tables import only, table

GOOD = {"descent_spd": 0.001, "descent_lead": 0.02, "label_scaling": 0.0, "closest": "x"}


def judged(spread=1e-4, **values):
    """Return the finding on five seeds whose measurements scatter a little."""
    rows = table("gd-or-gdpp", [{"depth": 4}], lambda _: 1.0, **(GOOD | values))
    for name in ("descent_spd", "descent_lead", "label_scaling"):
        rows[name] += spread * (rows["seed"] - 2.0)
    return only(claims.evaluate(rows, ["forward-pass"]), "gd-or-gdpp")


def test_close_linear_and_nearest_is_supported():
    found = judged()
    assert found.verdict is Verdict.SUPPORTED
    assert found.estimate == pytest.approx(0.001)


@pytest.mark.parametrize(
    "values",
    [{"descent_spd": 0.2}, {"descent_lead": -0.01}, {"label_scaling": 0.3}],
    ids=["far", "another is nearer", "not linear"],
)
def test_one_failure_refutes(values):
    assert judged(**values).verdict is Verdict.REFUTED


def test_a_lead_within_its_noise_decides_nothing():
    assert judged(spread=0.01, descent_lead=0.001).verdict is Verdict.INCONCLUSIVE


def test_without_measurements_it_is_untested():
    rows = table("gd-or-gdpp", [{"depth": 4}], lambda _: 1.0)
    found = only(claims.evaluate(rows, ["forward-pass"]), "gd-or-gdpp")
    assert found.verdict is Verdict.UNTESTED and "0 measured seeds" in found.sentence


def test_a_lead_within_the_error_that_seeds_share_decides_nothing():
    columns = {"descent_lead_low": -0.02, "descent_lead_high": 0.06}
    found = judged(**columns)
    assert found.verdict is Verdict.INCONCLUSIVE
    assert found.evidence["lead_shared_se"] == pytest.approx(0.02, rel=0.03)
    assert judged(descent_lead_low=0.019, descent_lead_high=0.021).verdict is Verdict.SUPPORTED
