"""The bound that knows each context's spectrum: below every stack, equal where none can gain."""

import numpy as np
import pytest

from iclaws import theory
from iclaws.errors import InvalidValue

from .monte_carlo import descent, descent_with_updates, excess


def contexts(k, dims=8, draws=600):
    spectra = theory.power_law_spectra(1.0, 0.8, dims)
    return spectra, theory.context_statistics(
        k, spectra.covariance, spectra.prior, num_draws=draws, seed=3
    )


@pytest.mark.parametrize(("k", "noise"), [(4, 0.0), (8, 0.1), (30, 0.3)])
def test_no_stack_of_layers_lies_below_it(k, noise):
    spectra, stats = contexts(k)
    args = (k, spectra.covariance, spectra.prior, noise)
    for depth in (1, 3):
        bound = theory.known_spectrum_bound(depth, stats, noise)
        for tied in (True, False):
            steps = theory.sampled_gradient_descent_risk(depth, stats, noise, tied).steps
            steps = [steps] * depth if tied else steps
            found = excess(descent(steps), *args, draws=1500)
            assert bound.risk <= found.mean + 3 * np.hypot(found.error, bound.standard_error)
    made = theory.sampled_gd_plus_plus_risk(2, stats, noise)
    found = excess(descent_with_updates(made.steps, made.updates), *args, draws=1500)
    bound = theory.known_spectrum_bound(4, stats, noise)  # degree (3^2 - 1)/2
    assert bound.risk <= found.mean + 3 * np.hypot(found.error, bound.standard_error)


@pytest.mark.parametrize("noise", [0.0, 0.2])
def test_it_is_the_best_of_every_polynomial_context_by_context(noise):
    _, stats = contexts(12, draws=20)
    generator = np.random.default_rng(0)
    for depth in (1, 2, 3):
        bound = theory.known_spectrum_bound(depth, stats, noise)
        fixed = theory.sampled_polynomial_bound(depth, stats, noise)
        assert bound.risk <= fixed.risk * (1 + 1e-10)
        # Coefficients drawn per context, best scale each: never below the bound.
        for _ in range(20):
            powers = stats.eigenvalues[..., None] ** np.arange(depth)
            gains = (powers * generator.standard_normal((20, 1, depth))).sum(axis=-1)
            assert theory.filter_risk(stats, gains, noise).risk >= bound.risk * (1 - 1e-10)


def test_one_context_is_its_krylov_value():
    # A single context has one spectrum: the fixed polynomial is the best for it.
    _, stats = contexts(20, draws=1)
    for depth in range(1, 7):
        bound = theory.known_spectrum_bound(depth, stats, 0.05).risk
        assert bound == pytest.approx(theory.sampled_polynomial_bound(depth, stats, 0.05).risk)


def test_an_endless_context_shows_the_population():
    spectra, stats = contexts(np.inf, draws=1)
    krylov = theory.krylov_bound(4, spectra.covariance, spectra.signal).risks
    for depth in range(5):
        found = theory.known_spectrum_bound(depth, stats, 0.0).risk
        assert found == pytest.approx(krylov[depth], rel=1e-9)


@pytest.mark.parametrize("ratio", [0.5, 2.0])
def test_in_the_proportional_limit_spectra_do_not_fluctuate(ratio):
    dims, k = 200, int(200 * ratio)
    stats = theory.context_statistics(k, np.ones(dims), np.full(dims, 1 / dims), num_draws=6)
    for depth in (1, 2, 4):
        found = theory.known_spectrum_bound(depth, stats, 0.1).risk
        untied = theory.polynomial_bound(depth, k, dims, 1.0, 0.1).risk
        assert found == pytest.approx(untied, rel=0.02)


def test_depth_never_hurts_and_ends_at_the_posterior():
    stats = theory.context_statistics(40, np.ones(6), np.full(6, 1 / 6), num_draws=200)
    risks = [theory.known_spectrum_bound(depth, stats, 0.3).risk for depth in range(9)]
    assert np.all(np.diff(risks) <= 1e-12)
    assert risks[0] == pytest.approx(stats.signal_var, rel=1e-12)
    # Isotropic: ridge is a function of the spectrum, so full degree is Bayes, context by context.
    ridge = 0.3 / 40 / (stats.signal_var / 6)
    posterior = theory.filter_risk(stats, lambda mu: 1 / (mu + ridge), 0.3).risk
    assert risks[6] == pytest.approx(posterior, rel=1e-9)
    assert risks[8] == pytest.approx(posterior, rel=1e-9)


def test_bad_input_is_named():
    _, stats = contexts(5, draws=3)
    with pytest.raises(InvalidValue, match="depth"):
        theory.known_spectrum_bound(1.5, stats, 0.1)
    with pytest.raises(InvalidValue, match="noise_var"):
        theory.known_spectrum_bound(2, stats, -0.1)
