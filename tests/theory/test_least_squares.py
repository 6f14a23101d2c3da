"""Least squares: double descent, exact at every size."""

import numpy as np
import pytest

from iclaws import theory
from iclaws.errors import InvalidValue

from .monte_carlo import excess, least_squares


def test_digits():
    found = theory.least_squares_risk([10, 16, 30, 60], 20, 1.0, 0.25)
    np.testing.assert_allclose(found, [0.778, 1.533, 0.556, 0.128], atol=5e-4)


@pytest.mark.parametrize(("k", "dims"), [(4, 8), (10, 20), (30, 20), (14, 8), (60, 20)])
def test_against_monte_carlo(k, dims):
    found = excess(least_squares, k, np.ones(dims), np.full(dims, 1 / dims), 0.25, draws=3000)
    assert found.sees(theory.least_squares_risk(k, dims, 1.0, 0.25)), found


def test_the_threshold_is_infinite_only_with_noise():
    assert np.isinf(theory.least_squares_risk([19, 20, 21], 20, 1.0, 0.25)).all()
    np.testing.assert_allclose(
        theory.least_squares_risk([0, 19, 20, 21], 20, 1.0, 0.0), [1, 0.05, 0, 0], atol=1e-15
    )
    assert theory.least_squares_risk(0, 20, 1.0, 1e12) == 1.0


def test_bad_input_is_named():
    with pytest.raises(InvalidValue, match="num_dims"):
        theory.least_squares_risk(3, -1, 1.0, 0.1)
