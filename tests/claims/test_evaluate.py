"""Claims together: corrected for their number, apart by preset, never silently absent."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from iclaws import claims
from iclaws.claims import Verdict
from iclaws.claims._statistics import holm, over_seeds, p_joint
from iclaws.errors import UnknownName

from .tables import table

DEPTHS = [{"depth": depth} for depth in (2, 4, 8, 16, 32, 64)]


def test_what_was_not_run_is_untested_and_says_how_to_run_it():
    found = claims.evaluate(pd.DataFrame({"study": [], "preset": []}))
    assert {finding.verdict for finding in found} == {Verdict.UNTESTED}
    assert all("iclaws run" in finding.sentence for finding in found)


def test_presets_answer_for_themselves():
    first = table("depth-power-law", DEPTHS, lambda c: c["depth"] ** -0.6, source=0.5, capacity=2.0)
    second = first.assign(preset="full", excess_risk=first["excess_risk"] ** 2)
    found = claims.evaluate(pd.concat([first, second]), ["predicted-exponent"])
    assert {(f.preset, f.verdict) for f in found} == {
        ("quick", Verdict.SUPPORTED),
        ("full", Verdict.REFUTED),
    }


def test_an_unknown_claim_is_named_with_the_nearest():
    with pytest.raises(UnknownName, match="step-size-law"):
        claims.evaluate(pd.DataFrame({"study": []}), ["step-size-lam"])


def test_holm_agrees_with_its_definition():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])


def test_intervals_over_seeds_cover():
    rng = np.random.default_rng(0)
    inside = 0
    for _ in range(400):
        low, high = over_seeds(list(rng.normal(1.0, 0.3, size=5))).interval()
        inside += low < 1.0 < high
    assert inside / 400 == pytest.approx(0.95, abs=0.04)


def test_the_joint_test_is_uniform_when_the_claim_is_true():
    rng = np.random.default_rng(0)
    values = [p_joint(rng.normal(size=(6, 2)), (0.0, 0.0)) for _ in range(400)]
    assert stats.kstest(values, "uniform").pvalue > 0.01


def test_every_claim_says_how_it_is_decided():
    for name in claims.claims.names():
        claim = claims.claims.get(name)
        assert claim.name == name
        assert claim.statement.endswith(".") and claim.rule.endswith(".")
        assert claim.studies
