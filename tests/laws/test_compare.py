"""Laws are compared by what they say of scales they have not seen."""

import numpy as np
import pytest

from iclaws import laws
from iclaws.errors import InvalidValue

SCALE = np.geomspace(1.0, 300.0, 24)


def curve(values, seed=0):
    noise = np.random.default_rng(seed).normal(0.0, 0.005, len(values))
    return {"scale": SCALE, "loss": values * np.exp(noise)}


LAWS = ["power-law", "exponential", "power-law(scale)"]


@pytest.mark.parametrize(
    ("values", "winner"),
    [(0.3 + 2.0 * SCALE**-0.7, "power-law"), (0.3 + 2.0 * np.exp(-SCALE / 40), "exponential")],
)
def test_the_generating_law_is_chosen(values, winner):
    found = laws.compare(["power-law", "exponential"], curve(values), loss=laws.Squared())
    assert type(found.choice.law) is laws.get(winner)
    assert found.choice.extrapolation_error < 0.1


def test_what_is_held_out_can_be_chosen():
    table = {**curve(0.3 + 2.0 * SCALE**-0.7), "test": (SCALE > 100).astype(int)}
    for choice, number in (("test", int(np.sum(SCALE > 100))), (0.5, 12), (SCALE > 200, 2)):
        found = laws.compare(["power-law", "exponential"], table, hold_out=choice)
        assert found.num_held_out == number
    with pytest.raises(InvalidValue, match="A share held out"):
        laws.compare(["power-law", "exponential"], table, hold_out=1.5)
    with pytest.raises(InvalidValue, match="at least two laws"):
        laws.compare(["power-law"], table)
