"""Spectra with given capacity and source."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

from iclaws import theory
from iclaws.errors import InvalidValue


@given(capacity=st.floats(0, 4), source=st.floats(0.1, 4), dims=st.integers(1, 200))
def test_the_three_spectra_belong_together(capacity, source, dims):
    spectra = theory.power_law_spectra(capacity, source, dims, 2.5)
    assert spectra.covariance[0] == 1
    assert spectra.signal.sum() == pytest.approx(2.5)
    np.testing.assert_allclose(spectra.covariance * spectra.prior, spectra.signal, rtol=1e-12)


def test_the_tail_has_the_source_exponent():
    spectra = theory.power_law_spectra(1.5, 0.6, 10**6)
    tail = spectra.signal[::-1].cumsum()[::-1]
    i = np.array([1000, 4000])
    slope = np.diff(np.log(tail[i])) / np.diff(np.log(i))
    assert slope[0] == pytest.approx(-0.9, abs=0.01)
    slope = np.diff(np.log(spectra.covariance[i])) / np.diff(np.log(i + 1))
    assert slope[0] == pytest.approx(-1.5, abs=1e-6)


def test_isotropic():
    spectra = theory.isotropic_spectra(5, 2.0)
    assert spectra.covariance.tolist() == [1.0] * 5
    np.testing.assert_allclose(spectra.prior, 0.4)


def test_bad_input_is_named():
    with pytest.raises(InvalidValue, match="source"):
        theory.power_law_spectra(1.5, 0.0, 10)
    with pytest.raises(InvalidValue, match="num_dims"):
        theory.power_law_spectra(1.5, 1.0, 2.5)
