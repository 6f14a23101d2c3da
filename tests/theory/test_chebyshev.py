"""Chebyshev steps: the best polynomial when only the ends of the spectrum are known."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from iclaws import theory
from iclaws.errors import InvalidValue


@settings(max_examples=50, deadline=None)
@given(depth=st.integers(1, 20), low=st.floats(0.01, 1), width=st.floats(0.01, 10))
def test_the_steps_reach_the_factor_everywhere_on_the_interval(depth, low, width):
    high = low + width
    steps = theory.chebyshev_steps(depth, low, high)
    x = np.linspace(low, high, 2001)
    residual = np.prod(1 - steps[:, None] * x, axis=0)
    factor = theory.chebyshev_factor(depth, low, high)
    assert np.abs(residual).max() == pytest.approx(factor, rel=1e-9)
    # Equal ripple: no polynomial of this degree can be smaller at all of these points.
    ripples = np.cos(np.pi * np.arange(depth + 1) / depth)
    at = (high + low) / 2 + (high - low) / 2 * ripples
    values = np.prod(1 - steps[:, None] * at, axis=0)
    np.testing.assert_allclose(np.abs(values), factor, rtol=1e-7)
    assert np.all(np.sign(values[1:]) != np.sign(values[:-1]))


def test_limits():
    assert theory.chebyshev_factor(0, 0.5, 2.0) == 1.0
    assert theory.chebyshev_factor(5, 1.0, 1.0) == 0.0
    assert theory.chebyshev_factor(10**6, 1e-3, 1.0) == 0.0
    assert theory.chebyshev_steps(3, 2.0, 2.0) == pytest.approx(0.5)


def test_bad_input_is_named():
    with pytest.raises(InvalidValue, match="lowest"):
        theory.chebyshev_factor(3, 0.0, 1.0)
    with pytest.raises(InvalidValue, match="exceed"):
        theory.chebyshev_steps(3, 2.0, 1.0)
