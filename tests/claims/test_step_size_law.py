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
