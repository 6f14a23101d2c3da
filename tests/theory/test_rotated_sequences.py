"""One scalar learnt from sequences of rotated tasks, against direct least squares."""

import numpy as np
import pytest

from iclaws import theory
from iclaws.errors import InvalidValue


def fitted_gains(n, k, spectra, noise, repeats=400):
    """Fit the scalar by least squares on n drawn sequences, many times over."""
    generator = np.random.default_rng(0)
    lam, omega = spectra.covariance, spectra.prior
    gains = np.empty(repeats)
    for at in range(repeats):
        w = generator.standard_normal((n, lam.size)) * np.sqrt(omega)
        x = generator.standard_normal((n, k, lam.size)) * np.sqrt(lam)
        y = np.einsum("nkd,nd->nk", x, w) + np.sqrt(noise) * generator.standard_normal((n, k))
        q = generator.standard_normal((n, lam.size)) * np.sqrt(lam)
        feature = np.einsum("nd,nk,nkd->n", q, y, x) / k
        label = (q * w).sum(axis=1) + np.sqrt(noise) * generator.standard_normal(n)
        gains[at] = feature @ label / (feature @ feature)
    return gains


@pytest.mark.parametrize(("k", "noise"), [(6, 0.0), (12, 0.3), (30, 0.1)])
def test_against_direct_least_squares(k, noise):
    n, spectra = 600, theory.power_law_spectra(1.0, 0.7, 10)
    args = (k, spectra.covariance, spectra.prior, noise)
    gains = fitted_gains(n, k, spectra, noise)
    risks = theory.linear_attention_risk_with(gains[:, None] * np.ones(10), *args)
    scan = np.linspace(0, 2, 4001)[:, None]
    floor = theory.linear_attention_risk_with(scan * np.ones(10), *args).min()
    excess, error = risks.mean() - floor, risks.std() / np.sqrt(gains.size)
    found = theory.rotated_sequence_risk([n, 1e300], *args, num_draws=40_000)
    assert found[1] == pytest.approx(floor, rel=0.02)
    # Leading order in 1/n: a few per cent at n = 600.
    assert found[0] - found[1] == pytest.approx(excess, abs=3 * error + 0.1 * excess)


def test_the_exponent_is_one():
    task = theory.TaskStructure(40, theory.Setting.ROTATED, noise_var=0.1)
    found = theory.local_slopes("sequences", [1e3, 1e4, 1e5], task, num_context=50)
    assert found.fitted == pytest.approx(-1, abs=1e-6)
    assert found.prediction.exponent == 1
    configuration = theory.Configuration(
        50, 40, 0.1, setting=theory.Setting.ROTATED, spectra=task.spectra
    )
    layer, _ = theory.construction(configuration)
    assert found.limit == pytest.approx(layer, rel=0.05)


def test_extremes_and_bad_input():
    for noise in (0.0, 1e12):
        found = theory.rotated_sequence_risk([1.0, 1e8], np.inf, [1.0, 0.5], [1.0, 1.0], noise)
        assert np.isfinite(found).all()
    with pytest.raises(InvalidValue, match="num_sequences"):
        theory.rotated_sequence_risk(0, 5, [1.0], [1.0], 0.1)
