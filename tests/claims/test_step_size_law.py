"""C4 finds planted slopes, and tells -1/2 from what gradient descent really uses."""

import numpy as np
import pytest

from iclaws import claims, theory
from iclaws.claims import Verdict

from .tables import SEEDS, table

CELLS = [{"depth": L, "num_dims": D} for L in (1, 2, 4, 8, 16, 32) for D in (5, 10, 20, 40)]


def judged(step, seeds=SEEDS, stage="after training"):
    draw = np.random.default_rng(1)
    rows = table(
        "depth-iso",
        CELLS,
        lambda cell: 1.0,
        seeds=seeds,
        noise_var=0.0,
        step_size=lambda cell: step(cell) * np.exp(0.02 * draw.normal()),
        initial_step_size=lambda cell: np.exp(0.02 * draw.normal()),
        predicted_step_size=step,
    )
    return next(f for f in claims.evaluate(rows, ["step-size-law"]) if stage in f.subject)


def test_the_claimed_law_is_supported():
    found = judged(lambda cell: (cell["depth"] * cell["num_dims"]) ** -0.5)
    assert found.verdict is Verdict.SUPPORTED
    low, high = found.interval
    assert low < -0.5 < high
    assert found.evidence["slope_in_dimension"] == pytest.approx(-0.5, abs=0.02)


def test_the_optimal_steps_of_gradient_descent_refute_it():
    def step(cell):
        k, dims = 2 * cell["num_dims"], cell["num_dims"]
        risk = theory.gradient_descent_risk(cell["depth"], k, dims, 1.0, 0.0, tied=True)
        return float(np.ravel(risk.steps)[0])

    found = judged(step)
    assert found.verdict is Verdict.REFUTED
    assert found.expected == pytest.approx(found.estimate, abs=0.02)


def test_a_slope_near_the_margin_is_left_open():
    assert judged(lambda cell: cell["depth"] ** -0.4 * cell["num_dims"] ** -0.5).verdict is (
        Verdict.INCONCLUSIVE
    )


def test_two_seeds_are_too_few():
    found = judged(lambda cell: 1.0, seeds=range(2))
    assert found.verdict is Verdict.UNTESTED
    assert "needs 3" in found.sentence


def test_initialisation_is_judged_apart():
    law = judged(lambda cell: (cell["depth"] * cell["num_dims"]) ** -0.5, stage="initialisation")
    assert law.verdict is Verdict.REFUTED


def test_the_same_step_in_every_seed_is_judged():
    rows = table("depth-iso", CELLS, lambda cell: 1.0, noise_var=0.0, step_size=1.0)
    found = claims.evaluate(rows, ["step-size-law"])
    trained = next(f for f in found if f.subject.endswith("after training"))
    assert trained.verdict is Verdict.REFUTED and trained.evidence["p_joint"] is None


def test_steps_without_a_logarithm_are_left_out_and_counted():
    rows = table(
        "depth-iso", CELLS, lambda c: 1.0, noise_var=0.0, step_size=lambda c: c["depth"] ** -0.1
    )
    rows.loc[[3, 40], "step_size"] = [np.nan, 0.0]
    trained, initial = claims.evaluate(rows, ["step-size-law"])[:2]
    assert trained.verdict is Verdict.REFUTED
    assert "left out: 2 without a step" in trained.sentence
    assert np.isfinite(trained.estimate)
    assert initial.verdict is Verdict.UNTESTED, "a column that is not there"
    assert f"{len(rows)} without a step" in initial.sentence


def test_from_the_function_deep_stacks_do_not_count():
    rows = table(
        "depth-iso",
        CELLS,
        lambda cell: 1.0,
        noise_var=0.0,
        function_step_size=lambda c: (1.0 if c["depth"] < 8 else 0.1) * c["num_dims"] ** -0.4,
    )
    found = claims.evaluate(rows, ["step-size-law"])
    function = next(f for f in found if f.subject.endswith("from the function"))
    assert function.estimate == pytest.approx(0.0, abs=1e-6)
    assert function.evidence["left_out"]["of depth 8 or more"] == len(rows) // 2
    assert "of depth 8 or more" in function.sentence
