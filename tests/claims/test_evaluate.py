"""Claims together: corrected for their number, apart by preset, never silently absent."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from iclaws import claims
from iclaws.claims import AbstractClaim, Verdict
from iclaws.claims._rows import Rows
from iclaws.claims._statistics import holm, over_seeds, p_joint
from iclaws.claims.evaluate import _corrected, _of_one
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


def test_a_p_value_without_a_number_is_refused_by_the_correction():
    with pytest.raises(ValueError, match="finite"):
        holm([0.001, np.nan])


def test_a_statistic_without_a_number_is_untested_and_leaves_the_others_alone():
    @dataclasses.dataclass
    class Two(AbstractClaim):
        label, name, statement, rule = "U1", "two", "Two tests.", "Two tests."
        studies = ("depth-iso",)

        def findings(self, study, rows):
            return [
                self.finding(
                    study, subject, Verdict.INCONCLUSIVE, sentence="x", p_support=p, p_refute=p
                )
                for subject, p in (("known", 0.04), ("unknown", np.nan))
            ]

    rows = Rows.of(pd.DataFrame({"study": ["depth-iso"], "preset": ["quick"]}))
    known, unknown = _corrected(_of_one(Two(), rows))
    assert (known.verdict, known.p_support) == (Verdict.SUPPORTED, 0.04)
    assert unknown.verdict is Verdict.UNTESTED and "not finite" in unknown.sentence


def test_seeds_that_do_not_differ_have_no_joint_test():
    assert p_joint(np.ones((5, 2)), (0.0, 0.0)) is None
    assert p_joint(np.array([[0.0, 1.0], [0.0, 2.0], [0.0, 3.0]]), (0.0, 0.0)) is None
