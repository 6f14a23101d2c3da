"""The best single step: published numbers, the Gaussian formula, and simulation."""

import numpy as np
import pytest

from iclaws import theory


def test_published_numbers():
    """Half the squared error in arXiv 2212.07677: uniform covariates of width 1, d = N = 10."""
    found = theory.one_step_risk(10, 10, 10 / 12, kurtosis=1.8, input_var=1 / 12)
    assert found.risk / 2 == pytest.approx(0.206229, abs=1e-6)
    assert found.step_size / 10 == pytest.approx(0.60606, abs=1e-5)
    # Unit Gaussian coordinates (arXiv 2306.00297): d (d + 1) / (N + d + 1).
    assert theory.one_step_risk(20, 5, 5).risk == pytest.approx(5 * 6 / 26, rel=1e-12)


@pytest.mark.parametrize("noise_var", [0.0, 0.3])
def test_gaussian_covariates_are_those_of_linear_attention(noise_var):
    spectra = theory.isotropic_spectra(7, 2.0)
    known = theory.linear_attention_risk(11, spectra.covariance, spectra.prior, noise_var)
    assert theory.one_step_risk(11, 7, 2.0, noise_var).risk == pytest.approx(known, rel=1e-9)


def test_simulated_uniform_covariates():
    generator, dims, context, noise_var = np.random.default_rng(0), 4, 6, 0.2
    xs = generator.uniform(-0.5, 0.5, (200_000, context, dims))
    weights = generator.standard_normal((len(xs), dims))
    ys = np.einsum("nkd,nd->nk", xs, weights) + np.sqrt(noise_var) * generator.standard_normal(
        xs.shape[:2]
    )
    best = theory.one_step_risk(context, dims, dims / 12, noise_var, kurtosis=1.8, input_var=1 / 12)
    gradients = np.einsum("nkd,nk->nd", xs, ys) / context

    def risk(step):
        errors = ((step * gradients - weights) ** 2).sum(axis=1) / 12
        return errors.mean(), errors.std() / np.sqrt(len(errors))

    mean, error = risk(best.step_size)
    assert abs(mean - best.risk) < 4 * error
    assert min(risk(0.9 * best.step_size)[0], risk(1.1 * best.step_size)[0]) > mean
