"""Averages over positions hide exponents above one."""

import numpy as np
import pytest

from iclaws import theory
from iclaws.errors import InvalidValue


def test_digits_of_hidden_exponents():
    # e = k^-g shows slopes -.49, -.87, -.99 for g = .5, 1, 1.5.
    k = np.arange(1.0, 4097)
    sizes = np.unique(np.geomspace(512, 4096, 12).astype(int))
    for power, expected in ((0.5, -0.49), (1.0, -0.87), (1.5, -0.99)):
        mean = theory.position_average(k**-power)[sizes - 1]
        slope = np.polyfit(np.log(sizes), np.log(mean), 1)[0]
        assert slope == pytest.approx(expected, abs=5e-3)


def test_it_is_the_mean_of_every_prefix():
    risks = np.random.default_rng(0).random((3, 7))
    found = theory.position_average(risks)
    for end in range(1, 8):
        np.testing.assert_allclose(found[:, end - 1], risks[:, :end].mean(axis=1))
    assert theory.position_average(2.0).tolist() == [2.0]


def test_bad_input_is_named():
    with pytest.raises(InvalidValue, match="risks"):
        theory.position_average([1.0, np.nan])
