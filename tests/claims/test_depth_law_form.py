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


def test_an_error_that_seeds_share_is_not_taken_for_a_bend():
    draw, supported = np.random.default_rng(0), 0
    for repeat in range(20):
        shared = dict(zip((2, 4, 8, 16, 32, 64), np.exp(0.004 * draw.normal(size=6)), strict=True))
        rows = table(
            "depth-power-law",
            [{"depth": depth} for depth in shared],
            lambda cell, shared=shared: 0.4 * cell["depth"] ** -0.6 * shared[cell["depth"]],
            noise=5e-4,
            rng=repeat,
        )
        rows["excess_risk_se"] = 0.004 * rows["excess_risk"]
        found = only(claims.evaluate(rows, ["depth-law-form"]), "depth-power-law")
        supported += found.verdict is Verdict.SUPPORTED
    assert supported >= 16, supported  # two tests at 5 %


def test_what_is_missing_is_said():
    rows = table("depth-power-law", DEPTHS, lambda cell: 0.4 * cell["depth"] ** -0.6)
    rows.loc[rows["depth"] == 32, "converged"] = False
    found = only(claims.evaluate(rows, ["depth-law-form"]), "depth-power-law")
    assert found.verdict is Verdict.UNTESTED
    assert "depths 1, 2, 4, 8, 16;" in found.sentence and "5 runs" in found.sentence
    four = rows[rows["depth"] < 16]
    found = only(claims.evaluate(four, ["depth-law-form"]), "depth-power-law")
    assert found.verdict is Verdict.UNTESTED and "5 depths" in found.sentence


def test_risks_that_no_law_fits_are_untested():
    rows = table("depth-power-law", DEPTHS, lambda cell: 0.4 * cell["depth"] ** 0.6)
    found = only(claims.evaluate(rows, ["depth-law-form"]), "depth-power-law")
    assert found.verdict in (Verdict.UNTESTED, Verdict.INCONCLUSIVE)


def test_one_seed_at_the_largest_depth_is_judged_by_the_spread_elsewhere():
    rows = table("depth-power-law", DEPTHS, lambda cell: 0.4 * cell["depth"] ** -0.6)
    rows.loc[(rows["depth"] == 32) & (rows["seed"] > 0), "converged"] = False
    found = only(claims.evaluate(rows, ["depth-law-form"]), "depth-power-law")
    assert found.verdict is Verdict.SUPPORTED and "nan" not in found.sentence
    alone = only(claims.evaluate(rows[rows["seed"] == 0], ["depth-law-form"]), "depth-power-law")
    assert alone.verdict is Verdict.UNTESTED and "two converged seeds" in alone.sentence


def test_an_exponential_is_refuted():
    found = judged(lambda cell: 0.02 + 0.5 * np.exp(-cell["depth"] / 5.0))
    assert found.verdict is Verdict.REFUTED, found.sentence
    assert found.estimate < -6.0


def test_a_bent_curve_is_refuted_where_exponentials_fit_no_better():
    found = judged(lambda cell: 0.4 * cell["depth"] ** (-0.5 - 0.05 * np.log(cell["depth"])))
    assert found.estimate > 6.0, found.sentence  # the power law is the better of two bad ones
    assert found.verdict is Verdict.REFUTED, found.sentence
    assert "local exponent changes by" in found.sentence


def test_a_floor_is_no_bend():
    found = judged(lambda cell: 0.05 + 0.4 / cell["depth"])
    assert found.verdict is not Verdict.REFUTED, found.sentence


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
