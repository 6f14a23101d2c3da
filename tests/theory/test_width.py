"""Width: random and best read-ins against their definitions."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from iclaws import theory
from iclaws.errors import InvalidValue

from .monte_carlo import Estimate


def blind_risk(frame, lam, s):
    """The risk of the best predictor from covariates seen through these rows."""
    seen = frame * lam
    inside = np.linalg.solve(seen @ frame.T, seen)
    return s.sum() - np.trace(inside @ np.diag(s) @ frame.T)


@pytest.mark.parametrize(
    ("capacity", "source", "rank"), [(1.5, 0.5, 32), (1.5, 2.0, 48), (2.0, 1.5, 64)]
)
def test_random_read_in_against_monte_carlo(capacity, source, rank):
    spectra = theory.power_law_spectra(capacity, source, 600)
    generator = np.random.default_rng(0)
    values = [
        blind_risk(generator.standard_normal((rank, 600)), spectra.covariance, spectra.signal)
        for _ in range(60)
    ]
    found = theory.random_read_in_risk(rank, spectra.covariance, spectra.signal)
    assert Estimate(values).sees(found, slack=0.01), (Estimate(values), found)


def test_random_read_in_slopes_digits():
    ranks = np.geomspace(32, 256, 4)
    for capacity, source, expected in (
        (1.5, 0.5, -0.785), (1.5, 0.8, -1.10), (1.5, 2.0, -1.51), (2.0, 1.5, -2.02),
    ):  # fmt: skip
        spectra = theory.power_law_spectra(capacity, source, 4096)
        found = theory.random_read_in_risk(ranks, spectra.covariance, spectra.signal)
        slope = np.polyfit(np.log(ranks), np.log(found), 1)[0]
        assert slope == pytest.approx(expected, abs=0.06)
        assert slope == pytest.approx(-capacity * min(source, 1), abs=0.13)


@settings(max_examples=50, deadline=None)
@given(capacity=st.floats(0, 3), source=st.floats(0.2, 3), dims=st.integers(2, 60), data=st.data())
def test_the_best_read_in_is_at_least_as_good(capacity, source, dims, data):
    rank = data.draw(st.integers(0, dims))
    spectra = theory.power_law_spectra(capacity, source, dims)
    best = theory.best_read_in_risk(rank, spectra.signal)
    blind = theory.random_read_in_risk(rank, spectra.covariance, spectra.signal)
    assert best <= blind + 1e-12
    assert best == pytest.approx(spectra.signal[rank:].sum(), abs=1e-14)


def test_order_of_modes_does_not_matter_for_the_best_read_in():
    s = np.array([0.1, 0.5, 0.05, 0.35])
    np.testing.assert_allclose(
        theory.best_read_in_risk(np.arange(6), s), [1, 0.5, 0.15, 0.05, 0, 0], atol=1e-15
    )


def test_isotropic_read_ins_are_all_alike():
    lam, s = np.ones(40), np.full(40, 1 / 40)
    ranks = np.array([0, 10, 40, 80])
    found = theory.isotropic_read_in_risk(ranks, 40, 1.0)
    np.testing.assert_allclose(found, [1, 0.75, 0, 0])
    np.testing.assert_allclose(theory.random_read_in_risk(ranks, lam, s), found, atol=1e-12)
    np.testing.assert_allclose(theory.best_read_in_risk(ranks, s), found, atol=1e-12)


def test_bad_input_is_named():
    with pytest.raises(InvalidValue, match="read_in_rank"):
        theory.best_read_in_risk(1.5, [1.0, 0.5])
