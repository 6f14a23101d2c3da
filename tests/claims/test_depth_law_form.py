"""C1 tells a power law from an exponential, planted with the noise between real seeds."""

import numpy as np
import pytest

from iclaws import claims
from iclaws.claims import Verdict

from .tables import only, table

DEPTHS = [{"depth": depth} for depth in (1, 2, 4, 8, 16, 32)]


def judged(risk, **how):
    rows = table("depth-power-law", DEPTHS, risk, source=0.5, **how)
    return only(claims.evaluate(rows, ["depth-law-form"]), "depth-power-law")


def test_a_power_law_is_supported():
    found = judged(lambda cell: 0.4 * cell["depth"] ** -0.6)
    assert found.verdict is Verdict.SUPPORTED, found.sentence
    assert found.evidence["parameters"]["power law"]["exponent"] == pytest.approx(0.6, abs=0.02)


def test_an_exponential_is_refuted():
    found = judged(lambda cell: 0.02 + 0.5 * np.exp(-cell["depth"] / 5.0))
    assert found.verdict is Verdict.REFUTED, found.sentence
    assert found.estimate < -6.0


def test_curvature_beyond_the_noise_withholds_support_and_is_said():
    found = judged(lambda cell: 0.4 * cell["depth"] ** (-0.5 - 0.05 * np.log(cell["depth"])))
    assert found.verdict is not Verdict.SUPPORTED
    assert found.evidence["quadratic"] == pytest.approx(-0.05, abs=0.01)
    assert "quadratic" in found.sentence


def test_runs_that_rare_contexts_dominate_are_judged_by_medians_of_means():
    rows = table("depth-power-law", DEPTHS, lambda cell: 0.4 * cell["depth"] ** -0.6, source=0.5)
    deepest = rows["depth"] == 32
    rows.loc[deepest, "excess_risk"] = 1e6
    rows.loc[deepest, "tail_share"] = 0.99
    found = only(claims.evaluate(rows, ["depth-law-form"]), "depth-power-law")
    assert found.verdict is Verdict.SUPPORTED
    assert "medians of means" in found.sentence


def test_unconverged_and_diverged_runs_are_left_out_and_counted():
    rows = table("depth-power-law", DEPTHS, lambda cell: 0.4 * cell["depth"] ** -0.6, source=0.5)
    rows.loc[0, ["converged", "excess_risk"]] = [False, 50.0]
    rows.loc[7, "status"] = "diverged"
    rows.loc[7, ["excess_risk", "excess_risk_robust", "tail_share"]] = np.nan
    found = only(claims.evaluate(rows, ["depth-law-form"]), "depth-power-law")
    assert found.verdict is Verdict.SUPPORTED
    assert found.evidence["num_excluded"] == 2
