"""C7 compares the measured exponent with the one predicted at the same sizes."""

import numpy as np
import pytest

from iclaws import claims
from iclaws.claims import Verdict

from .tables import only, table

DEPTHS = [{"depth": depth} for depth in (2, 4, 8, 16, 32, 64)]


def planted(**how):
    return table(
        "depth-power-law",
        DEPTHS,
        lambda cell: 0.4 * cell["depth"] ** -0.6,
        source=0.5,
        capacity=2.0,
        **how,
    )


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


def test_runs_missing_here_and_there_leave_the_depths_that_seeds_share():
    rows = planted()
    for seed, depth in ((0, 2), (1, 8), (2, 64)):
        rows.loc[(rows["seed"] == seed) & (rows["depth"] == depth), "converged"] = False
    found = only(claims.evaluate(rows, ["predicted-exponent"]), "depth-power-law")
    assert found.verdict is Verdict.SUPPORTED, found.sentence
    assert found.evidence["depths"] == [2, 4, 16, 32, 64], "of three choices the widest"
    assert "5 depths that 3 seeds share: 15 of 27 runs" in found.sentence
    assert found.evidence["num_not_shared"] == 12 and found.evidence["num_excluded"] == 3


def test_it_says_whether_seeds_or_predictions_are_missing():
    few = only(claims.evaluate(planted(seeds=range(2)), ["predicted-exponent"]), "depth-power-law")
    assert few.verdict is Verdict.UNTESTED and "3 converged seeds" in few.sentence
    rows = planted()
    rows.loc[3, "predicted_excess_risk"] = np.nan
    bare = only(claims.evaluate(rows, ["predicted-exponent"]), "depth-power-law")
    assert bare.verdict is Verdict.UNTESTED and "predicted risk" in bare.sentence


def test_errors_that_drift_along_depth_are_covered():
    draw = np.random.default_rng(0)
    octaves = np.arange(6)
    near = np.linalg.cholesky(0.9 ** np.abs(octaves[:, None] - octaves))  # as neighbours have it
    inside = 0
    for repeat in range(200):
        rows = planted(noise=5e-4, rng=repeat)
        drift = 0.01 * near @ draw.normal(size=6)
        rows["excess_risk"] *= np.exp(drift[np.log2(rows["depth"]).astype(int) - 1])
        found = only(claims.evaluate(rows, ["predicted-exponent"]), "depth-power-law")
        inside += found.evidence["interval_contains_prediction"]
    assert inside / 200 > 0.93


def test_medians_are_not_given_the_error_of_the_contexts_they_leave_out():
    rows = planted()
    rows.loc[rows["depth"] == 64, ["tail_share", "excess_risk", "excess_risk_se"]] = 0.9, 1e6, 1e6
    found = only(claims.evaluate(rows, ["predicted-exponent"]), "depth-power-law")
    assert found.evidence["shared_evaluation_se"] < 0.01
    assert found.verdict is Verdict.SUPPORTED
