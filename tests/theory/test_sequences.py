"""Distinct pretraining sequences at fixed covariance: exponents and direct least squares."""

import numpy as np
import pytest

from iclaws import theory
from iclaws.theory.sequences import product_spectrum


def test_exponents_digits():
    # Slopes .312, .571, .643 at k = infinity without noise; with noise .238, .364, .391.
    for capacity, source, quiet, noisy in (
        (1.5, 0.7, -0.312, -0.238), (2.0, 1.0, -0.571, -0.364), (1.5, 2.0, -0.643, -0.391),
    ):  # fmt: skip
        spectra = theory.power_law_spectra(capacity, source, 1_000_000)
        args = (np.inf, spectra.covariance, spectra.prior)
        n = np.array([1e3, 1e4])
        found = theory.sequence_risk(n, *args, 0.0, 0.0)
        assert np.diff(np.log(found))[0] / np.log(10) == pytest.approx(quiet, abs=7e-3)
        n = np.array([1e3, 1e4])
        found = theory.sequence_risk(n, *args, 1.0)
        assert np.diff(np.log(found))[0] / np.log(10) == pytest.approx(noisy, abs=0.012)


def layer_error(n, k, lam, omega, noise, ridge, seed):
    """Fit one layer by ridge regression on drawn sequences; return its exact excess risk."""
    generator = np.random.default_rng(seed)
    dims, s = lam.size, lam * omega
    w = generator.standard_normal((n, dims)) * np.sqrt(omega)
    x = generator.standard_normal((n, k, dims)) * np.sqrt(lam)
    y = np.einsum("nkd,nd->nk", x, w) + np.sqrt(noise) * generator.standard_normal((n, k))
    h = np.einsum("nk,nkd->nd", y, x) / k
    q = generator.standard_normal((n, dims)) * np.sqrt(lam)
    labels = (q * w).sum(axis=1) + np.sqrt(noise) * generator.standard_normal(n)
    features = (q[:, :, None] * h[:, None, :]).reshape(n, -1)
    gram = features.T @ features + ridge * np.eye(dims**2)
    gains = np.linalg.solve(gram, features.T @ labels).reshape(dims, dims)
    # E h h' = diag(lam ((1 + 1/k) s + T/k)); E h w' = diag(s).
    read = lam * ((1 + 1 / k) * s + (s.sum() + noise) / k)
    cross = (lam * np.diag(gains) * s).sum()
    return s.sum() - 2 * cross + (lam[:, None] * gains**2 * read).sum()


@pytest.mark.parametrize("n", [300, 600, 1500])
def test_against_direct_least_squares(n):
    spectra = theory.power_law_spectra(1.0, 0.7, 16)
    lam, omega, k, noise, ridge = spectra.covariance, spectra.prior, 20, 0.1, 0.05
    errors = [layer_error(n, k, lam, omega, noise, ridge, seed) for seed in range(24)]
    found = theory.sequence_risk(n, k, lam, omega, noise, ridge)
    # Features are products, not Gaussian: a few per cent above the equivalent.
    assert np.mean(errors) == pytest.approx(found, rel=0.12)
    assert np.mean(errors) > found * 0.98


def test_the_floor_is_one_exact_layer():
    spectra = theory.power_law_spectra(1.5, 0.7, 30)
    args = (40, spectra.covariance, spectra.prior, 0.1)
    floor = theory.linear_attention_risk(*args)
    found = theory.sequence_risk([1e3, 1e6, 1e9], *args)
    assert np.all(np.diff(found) < 0)
    assert found[-1] == pytest.approx(floor, rel=1e-4)
    assert np.all(found >= floor)


def test_bins_agree_with_the_exact_product():
    spectra = theory.power_law_spectra(1.2, 0.7, 400)
    lam = spectra.covariance
    values, counts = product_spectrum(lam, lam**1.5)
    exact = np.outer(lam, lam**1.5).ravel()
    assert values.size == exact.size
    big = theory.power_law_spectra(1.2, 0.7, 501)
    values, counts = product_spectrum(big.covariance, big.covariance**1.5)
    exact = np.outer(big.covariance, big.covariance**1.5).ravel()
    assert counts.sum() == pytest.approx(exact.size, rel=1e-6)
    for kappa in (1e-1, 1e-4, 1e-7):
        total = (exact / (exact + kappa)).sum()
        assert counts @ (values / (values + kappa)) == pytest.approx(total, rel=1e-4)


def test_extremes():
    spectra = theory.power_law_spectra(1.5, 0.7, 20)
    for noise in (0.0, 1e12):
        found = theory.sequence_risk([1e-3, 1, 1e12], 5, spectra.covariance, spectra.prior, noise)
        assert np.isfinite(found).all()
        assert np.all(found <= 1 + 1e-12)
