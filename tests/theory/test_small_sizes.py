"""At k, D <= 20 every formula agrees with Monte Carlo within what it says about itself."""

import numpy as np
import pytest

from iclaws import theory

from .monte_carlo import descent, excess, least_squares, read_in, ridge

NOISE, DIMS = 0.2, 12
SPECTRA = {
    "iso": theory.isotropic_spectra(DIMS),
    "power": theory.power_law_spectra(1.0, 0.7, DIMS),
}


def layer(k, spectra):
    gains = theory.linear_attention_gains(k, spectra.covariance, spectra.prior, NOISE)
    risk = theory.linear_attention_risk(k, spectra.covariance, spectra.prior, NOISE)
    return lambda x, y: gains * (x.T @ y) / len(y), risk, 0.0


def bayes(k, spectra):
    accuracy = theory.bayes_accuracy(k, spectra.signal, NOISE)
    return ridge(NOISE / spectra.prior), theory.bayes_risk(k, spectra.signal, NOISE), accuracy


def fixed_ridge(k, spectra):
    risk = theory.ridge_risk(k, spectra.covariance, spectra.signal, NOISE, 1.5)
    return ridge(1.5), risk, theory.ridge_accuracy(k, spectra.covariance, 1.5)


def minimum_norm(k, spectra):
    if spectra is SPECTRA["iso"]:
        return least_squares, theory.least_squares_risk(k, DIMS, 1.0, NOISE), 0.0
    risk = theory.ridge_risk(k, spectra.covariance, spectra.signal, NOISE, 0.0)
    return least_squares, risk, theory.ridge_accuracy(k, spectra.covariance, 0.0)


def tied(k, spectra):
    found = theory.gradient_descent_risk(3, k, DIMS, 1.0, NOISE)
    return descent([found.steps] * 3), found.risk, theory.descent_accuracy(3, DIMS)


def untied(k, spectra):
    found = theory.gradient_descent_risk(2, k, DIMS, 1.0, NOISE, tied=False)
    return descent(found.steps), found.risk, theory.descent_accuracy(2, DIMS, tied=False)


def narrow(k, spectra):
    rank, s = 5, spectra.signal
    unread = s[rank:].sum()
    fit = read_in(np.eye(rank, DIMS), ridge((NOISE + unread) / spectra.prior[:rank]))
    accuracy = theory.bayes_accuracy(k, s[:rank], NOISE + unread)
    return fit, theory.width_context_limit(k, rank, s, NOISE), accuracy


CASES = [
    (predictor, name)
    for predictor in (layer, bayes, fixed_ridge, minimum_norm, narrow)
    for name in SPECTRA
] + [(tied, "iso"), (untied, "iso")]


@pytest.mark.parametrize(
    ("predictor", "name"), CASES, ids=[f"{one.__name__}-{name}" for one, name in CASES]
)
def test_within_three_errors_and_the_stated_accuracy(predictor, name):
    spectra = SPECTRA[name]
    for k in (5, 12, 20):
        if predictor is minimum_norm and k == 12:
            # Infinite at k = D, and said so.
            assert np.isinf(predictor(k, spectra)[1])
            continue
        fit, risk, accuracy = predictor(k, spectra)
        found = excess(fit, k, spectra.covariance, spectra.prior, NOISE, draws=1500, seed=k)
        assert found.sees(risk, slack=accuracy), (k, found, risk, accuracy)


@pytest.mark.parametrize("k", [5, 12, 20])
def test_drawn_values_are_exact_at_small_sizes(k):
    spectra = SPECTRA["power"]
    args = (k, spectra.covariance, spectra.prior)
    stats = theory.context_statistics(*args, num_draws=4000, seed=9)
    for is_tied in (True, False):
        made = theory.sampled_gradient_descent_risk(2, stats, NOISE, is_tied)
        steps = [made.steps] * 2 if is_tied else made.steps
        found = excess(descent(steps), *args, NOISE, draws=2000, seed=k)
        error = np.hypot(found.error, made.standard_error)
        assert abs(found.mean - made.risk) < 3 * error, (found, made)
