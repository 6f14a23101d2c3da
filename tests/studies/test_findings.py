"""What studies say of their own runs, on tables with a planted answer."""

import re

import numpy as np
import pandas as pd

from iclaws.studies import findings, studies
from iclaws.studies.algorithms import closest_algorithms
from iclaws.studies.step_regimes import step_slopes


def step_table(slope, *, noise=0.0, seeds=4):
    """Return runs of linear attention whose step is a power of depth."""
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        [
            {
                "model": "linear-attention",
                "converged": True,
                "tied": True,
                "noise_var": noise,
                "num_dims": 10,
                "depth": depth,
                "seed": seed,
                "step_size": 0.7 * depth**slope * np.exp(0.01 * rng.standard_normal()),
                "predicted_step_size": 0.7 * depth**-0.1,
            }
            for seed in range(seeds)
            for depth in (1, 2, 4, 8, 16, 32)
        ]
    )


def test_slopes_in_words():
    for slope, side in ((-0.1, "outside"), (-0.5, "inside")):
        sentence = step_slopes(step_table(slope))["Step size, tied, noise-free"]
        found = re.match(r"slope in depth after training (\S+) \[(\S+), (\S+)\]", sentence)
        value, low, high = map(float, found.groups())
        assert low < value < high and abs(value - slope) < 0.02
        assert "theory at the same sizes -0.100" in sentence
        assert f"is {side} the interval" in sentence
    assert step_slopes(step_table(-0.1, seeds=2)) == {}


def runs(lead, algorithm="ridge"):
    """Return runs whose lead of gradient descent has an interval of 0.02 about `lead`."""
    return pd.DataFrame(
        {
            "model": ["transformer"] * 3,
            "depth": [4] * 3,
            "tied": [False] * 3,
            "algorithm": [algorithm] * 3,
            "closest": ["ridge"] * 3,
            "closest_spd_high": [0.01, 0.02, 0.03],
            "descent_lead_low": [lead - 0.01] * 3,
            "descent_lead_high": [lead + 0.01] * 3,
        }
    )


def test_algorithms_in_words():
    by = ("model", "depth", "tied")
    ((subject, sentence),) = closest_algorithms(runs(-0.1), by).items()
    assert subject == "Algorithm, transformer, depth 4, not tied"
    assert "ridge in 3 of 3 seeds" in sentence and "at most 0.03" in sentence
    assert "in 0 and farther than the best of them in 3 of 3" in sentence
    (sentence,) = closest_algorithms(runs(0.1, "gradient-descent-4"), by).values()
    assert "in 3 and farther than the best of them in 0 of 3" in sentence
    assert closest_algorithms(runs(0.1).drop(columns="closest"), by) == {}


def test_what_is_not_there_is_not_found():
    study = studies.get("raventos-diversity")()
    assert findings(study, pd.DataFrame()) == {}
    table = pd.DataFrame(
        {
            "study": ["raventos-diversity"] * 2,
            "preset": ["quick"] * 2,
            "status": ["trained"] * 2,
            "num_tasks": [4, 4],
            "seed": [0, 1],
            "ridge_position_distance": [[1.0]] * 2,
            "dmmse_position_distance": [[2.0]] * 2,
        }
    )
    assert "two pool sizes" in findings(study, table)["Not found yet"]
    assert findings(study, table, "paper") == {}
    table["num_tasks"] = [4, 16]
    table["seed"] = 0
    assert "do not cross" in findings(study, table)["Threshold"]
