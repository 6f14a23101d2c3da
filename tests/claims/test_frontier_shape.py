"""C6 recovers the exponent of a planted frontier, and refutes it away from 2/3."""

import numpy as np
import pytest

from iclaws import claims, laws
from iclaws.claims import Verdict
from iclaws.claims._rows import Rows
from iclaws.claims._statistics import over_seeds
from iclaws.claims.frontier_shape import LAW, refit, shared_error

from .tables import only, table

CELLS = [{"depth": L, "read_in_rank": r} for L in (1, 2, 4, 8, 16) for r in (2, 4, 8, 16, 32)]


def judged(alpha, beta, noise=0.01):
    rows = table(
        "depth-width",
        CELLS,
        lambda cell: 0.5 * cell["depth"] ** -alpha + 0.6 * cell["read_in_rank"] ** -beta,
        noise=noise,
        capacity=2.0,
        source=0.7,
    )
    return only(claims.evaluate(rows, ["frontier-shape"]), "depth-width")


def test_two_thirds_is_supported():
    found = judged(0.5, 1.0)
    assert found.verdict is Verdict.SUPPORTED
    low, high = found.interval
    assert low < 2 / 3 < high
    assert found.evidence["direct_exponent"] == pytest.approx(2 / 3, abs=0.12)


def test_another_shape_is_refuted_and_its_exponent_found():
    found = judged(0.7, 0.7)
    assert found.verdict is Verdict.REFUTED
    assert found.estimate == pytest.approx(0.5, abs=0.03)
    assert found.expected == pytest.approx(0.5, abs=1e-3)


def test_noise_leaves_it_open():
    # Some seeds then determine no fit; with too few of them there is no test.
    assert judged(0.5, 1.0, noise=0.6).verdict in (Verdict.INCONCLUSIVE, Verdict.UNTESTED)


def planted(**how):
    return table(
        "depth-width",
        CELLS,
        lambda cell: 0.5 * cell["depth"] ** -0.5 + 0.6 / cell["read_in_rank"],
        capacity=2.0,
        source=0.7,
        **how,
    )


def test_the_interval_holds_the_truth_when_seeds_share_an_error():
    rows = planted(noise=0.0, seeds=range(1))
    rows["excess_risk_se"] = 0.02 * rows["excess_risk"]
    exact = Rows.of(rows)
    shared = shared_error(exact, "excess_risk", laws.fit(LAW, rows, "excess_risk"))
    sizes, risks = np.log(rows[["depth", "read_in_rank"]].to_numpy(float)), rows["excess_risk"]
    draw, inside = np.random.default_rng(1), 0
    for _ in range(400):
        same = np.log(risks) + 0.02 * draw.normal(size=len(rows))
        seeds = [same + 0.001 * draw.normal(size=len(rows)) for _ in range(5)]
        values = [refit(sizes, np.asarray(seed), (0.5, 1.0)) for seed in seeds]
        low, high = over_seeds(values, shared_se=shared).interval()
        inside += low < 2 / 3 < high
    assert inside / 400 == pytest.approx(0.95, abs=0.03)


def test_an_error_that_seeds_share_widens_the_interval():
    narrow = judged(0.5, 1.0)
    rows = planted()
    rows["excess_risk_se"] = 0.05 * rows["excess_risk"]
    wide = only(claims.evaluate(rows, ["frontier-shape"]), "depth-width")
    assert wide.estimate == narrow.estimate
    assert np.diff(wide.interval) > 3.0 * np.diff(narrow.interval)


def test_seeds_whose_cells_determine_no_fit_are_left_out_and_counted():
    rows = planted()
    few = (rows["seed"] == 0) & ~((rows["depth"] == 1) & (rows["read_in_rank"] < 5))
    rows.loc[few, "converged"] = False
    found = only(claims.evaluate(rows, ["frontier-shape"]), "depth-width")
    assert found.verdict is Verdict.SUPPORTED
    assert found.evidence["num_seeds_without_fit"] == 1 and "1 seeds left out" in found.sentence
    rows.loc[rows["depth"] > 1, "converged"] = False
    found = only(claims.evaluate(rows, ["frontier-shape"]), "depth-width")
    assert found.verdict is Verdict.UNTESTED and "0 of 5 seeds" in found.sentence
