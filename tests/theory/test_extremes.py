"""No overflow, no NaN: zero context, zero depth, a million modes, ratios of 1e-8 and 1e8."""

import numpy as np
import pytest

from iclaws import theory
from iclaws.errors import InvalidValue

K = np.array([0.0, 1e-8, 1.0, 20.0, 1e8])
NOISE = np.array([0.0, 1e-12, 1.0, 1e12])
GRID = [array.ravel() for array in np.meshgrid(K, NOISE)]
SPECTRA = [
    theory.isotropic_spectra(12),
    theory.power_law_spectra(1.5, 0.7, 12),
    theory.power_law_spectra(8.0, 2.0, 12),  # eigenvalues down to 1e-9
]

OPTIMAL = {  # never above the risk of answering zero
    "bayes": lambda k, n, s: theory.bayes_risk(k, s.signal, n),
    "best ridge": lambda k, n, s: theory.optimal_ridge_risk(k, s.covariance, s.signal, n),
    "layer": lambda k, n, s: theory.linear_attention_risk(k, s.covariance, s.prior, n),
    "recursion": lambda k, n, s: theory.depth_recursion(5, k, s.signal, n)[..., -1],
    "rank": lambda k, n, s: theory.width_context_limit(k, 3, s.signal, n),
    "isotropic bayes": lambda k, n, s: theory.isotropic_bayes_risk(k, 12, 1.0, n),
    "isotropic bound": lambda k, n, s: theory.polynomial_bound(7, k, 12, 1.0, n).risk,
    "tied": lambda k, n, s: theory.gradient_descent_risk(7, k, 12, 1.0, n).risk,
    "untied": lambda k, n, s: theory.gradient_descent_risk(3, k, 12, 1.0, n, tied=False).risk,
    "rate-distortion": lambda k, n, s: theory.rate_distortion_limit(k, 12, 1.0, n),
}
ANY = {  # may be infinite, never NaN or negative
    "least squares": lambda k, n, s: theory.least_squares_risk(k, 12, 1.0, n),
    "ridge": lambda k, n, s: theory.ridge_risk(k, s.covariance, s.signal, n, 0.3),
    "ridgeless": lambda k, n, s: theory.ridge_risk(k, s.covariance, s.signal, n, 0.0),
    "information": lambda k, n, s: theory.mutual_information(k, 12, 1.0, n),
    "bits": lambda k, n, s: theory.task_diversity_bits(k, 12, 1.0, n),
    "accuracy": lambda k, n, s: theory.bayes_accuracy(k, s.signal, n),
    "identification": lambda k, n, s: theory.identification_context(1 + k, 1.0, n),
    "sparse": lambda k, n, s: theory.sparse_identification_context(12, 3, 1.0, n),
    "gains": lambda k, n, s: theory.linear_attention_step(k, 12, 1.0, n),
    "peak": lambda k, n, s: theory.context_threshold_risk(k, 12, 1.0, n + 1e-12),
    "diversity": lambda k, n, s: theory.task_diversity_error(k, k + 1e-8, n),
}


ISOTROPIC = ("isotropic bayes", "isotropic bound", "tied", "untied", "rate-distortion")
PLACES = [(name, place) for name in OPTIMAL for place in range(1 if name in ISOTROPIC else 3)]


@pytest.mark.parametrize(("name", "place"), PLACES)
def test_optimal_risks_stay_between_zero_and_the_signal(name, place):
    spectra, (k, noise) = SPECTRA[place], GRID
    with np.errstate(all="raise", under="ignore"):
        found = np.asarray(OPTIMAL[name](k, noise, spectra))
    assert np.isfinite(found).all()
    assert np.all((found >= 0) & (found <= 1 + 1e-9))
    # No context, or nothing but noise: nothing learnt.
    np.testing.assert_allclose(found[(k == 0) | ((k <= 1) & (noise == 1e12))], 1, rtol=1e-6)
    # An endless context without noise: all that full rank and enough layers can learn.
    if name not in ("rank", "tied", "rate-distortion"):
        assert found[(k == 1e8) & (noise == 0)].item() < 1e-3


@pytest.mark.parametrize("place", range(3))
@pytest.mark.parametrize("name", ANY)
def test_other_values_are_numbers(name, place):
    k, noise = GRID
    with np.errstate(all="raise", under="ignore"):
        found = np.asarray(ANY[name](k, noise, SPECTRA[place]))
    assert not np.isnan(found).any()
    assert np.all(found >= 0)


def test_depth_zero_predicts_nothing():
    spectra, args = SPECTRA[1], (20, 12, 1.0, 0.1)
    both = (spectra.covariance, spectra.signal)
    stats = theory.context_statistics(20, spectra.covariance, spectra.prior, num_draws=4)
    for risk in (
        theory.gradient_descent_risk(0, *args).risk,
        theory.gradient_descent_risk(0, *args, tied=False).risk,
        theory.polynomial_bound(0, *args).risk,
        theory.depth_recursion(0, 20, spectra.signal, 0.1)[0],
        theory.gd_plus_plus_risk(0, *args).risk,
        theory.gd_plus_plus_spectrum_risk(0, *both).risk,
        theory.spectral_descent_risk(0, *both).risk,
        theory.krylov_bound(0, *both).risks[0],
        theory.sampled_gradient_descent_risk(0, stats, 0.1).risk,
        theory.sampled_polynomial_bound(0, stats, 0.1).risk,
        theory.known_spectrum_bound(0, stats, 0.1).risk,
        theory.smeared_polynomial_risk(0, 0.7),
    ):
        assert risk == pytest.approx(1, rel=1e-12)
    found = theory.emergence(theory.Configuration(20, 12, 0.1, depth=0))
    assert found.verdict is theory.Emergence.IMPOSSIBLE


def test_a_million_modes():
    spectra = theory.power_law_spectra(1.5, 0.7, 1_000_000)
    lam, s, omega = spectra.covariance, spectra.signal, spectra.prior
    found = [
        theory.bayes_risk(1000, s, 0.1),
        theory.ridge_risk(1000, lam, s, 0.1, 1.0),
        theory.linear_attention_risk(1000, lam, omega, 0.1),
        theory.depth_recursion(2, 1000, s, 0.1)[-1],
        theory.width_context_limit(1000, 5000, s, 0.1),
        theory.random_read_in_risk(1000, lam, s),
        theory.best_read_in_risk(1000, s),
        theory.layer_flow_risk(1e4, np.inf, lam, omega, 0.1),
        theory.spectral_descent_risk(16, lam, s).risk,
        theory.krylov_bound(3, lam, s).risks[-1],
        theory.sequence_risk(1000, np.inf, lam, omega, 0.0, 0.0),
    ]
    assert np.isfinite(found).all()
    assert np.all((np.array(found) > 0) & (np.array(found) < 1))


def test_ratios_of_many_decades():
    for ratio in (1e-8, 1e8):
        k = 100 * ratio
        step = theory.step_size(4, k, 100, 1.0, 0.1)
        assert np.isfinite(step).all()
        found = theory.allocate([0.5, 1.0], [ratio, 1.0], [1, 2], 1e6, 1 / ratio)
        assert np.isfinite(found.sizes).all()
        assert np.isfinite(theory.shape_penalty(np.log(ratio), (0.5, 1.0)))
        assert np.isfinite(theory.power_mean_loss(ratio, 1 / ratio, (0.5, 1.0), (1.0, 2.0)))
        assert np.isfinite(theory.paper_step_optimum(1, 0.5, (1.0, ratio), 1e6)).all()
        optimum = theory.exponential_depth_optimum(ratio, 1.0, (1.0, 1.0), 1e9)
        assert np.isfinite(optimum).all()
        assert np.isfinite(theory.rotated_flow_risk(ratio, [1.0, 0.5], [0.5, 0.5]))
        assert np.isfinite(theory.layer_flow_risk(ratio, 5, [1.0, 0.5], [0.5, 0.5], 0.1))
        exponents = theory.exponents(max(ratio, 1e-3), ratio, setting="rrs", noisy=True)
        assert np.isfinite([exponents.depth, exponents.width, exponents.context]).all()
        errors = theory.structured_pretraining_errors([1.0, ratio], [ratio, 1.0], 2, 1, 3, 0.1)
        assert np.isfinite(errors).all()
        law = theory.depth_width_law(1 / ratio, ratio, (0.6, 0.9), (1.0, 1.0), 1.0)
        assert np.isfinite(law)


FINE = np.array([1.0, 0.5])
BAD = {
    "noise_var": [
        lambda: theory.bayes_risk(3, FINE, -0.1),
        lambda: theory.ridge_risk(3, FINE, FINE, -0.1, 0.0),
        lambda: theory.linear_attention_risk(3, FINE, FINE, -0.1),
        lambda: theory.least_squares_risk(3, 2, 1.0, -0.1),
        lambda: theory.gradient_descent_risk(3, 3, 2, 1.0, -0.1),
        lambda: theory.polynomial_bound(3, 3, 2, 1.0, np.nan),
        lambda: theory.depth_recursion(3, 3, FINE, -0.1),
        lambda: theory.gd_plus_plus_risk(1, 3, 2, 1.0, -0.1),
        lambda: theory.sampled_bayes_risk(3, FINE, -0.1),
        lambda: theory.finite_pretraining_errors(1, 1, 2, -0.1),
        lambda: theory.width_context_limit(3, 1, FINE, -0.1),
        lambda: theory.mutual_information(3, 2, 1.0, -0.1),
        lambda: theory.sampled_mutual_information(3, 2, 1.0, 0.0),
        lambda: theory.identification_context(3, 1.0, -0.1),
        lambda: theory.rotated_sequence_risk(9, 3, FINE, FINE, -0.1),
    ],
    "depth": [
        lambda: theory.gradient_descent_risk(2.5, 3, 2, 1.0, 0.1),
        lambda: theory.polynomial_bound(-1, 3, 2, 1.0, 0.1),
        lambda: theory.depth_recursion(0.5, 3, FINE, 0.1),
        lambda: theory.spectral_descent_risk(1.5, FINE, FINE),
        lambda: theory.krylov_bound(1.5, FINE, FINE),
        lambda: theory.smeared_polynomial_risk(1.5, 0.7),
        lambda: theory.chebyshev_factor(1.5, 0.1, 1.0),
        lambda: theory.step_size(0.5, 3, 2, 1.0, 0.1),
        lambda: theory.exponents(1.5, 0.7, setting="fs", noisy=False, depth=0),
        lambda: theory.depth_bound_share(1.5, 3, 2),
    ],
    "same modes": [
        lambda: theory.linear_attention_risk(3, FINE, [1.0], 0.1),
        lambda: theory.sequence_risk(3, 3, FINE, [1.0], 0.1),
        lambda: theory.krylov_bound(2, FINE, [1.0]),
        lambda: theory.rotated_sequence_risk(9, 3, FINE, [1.0], 0.1),
    ],
    "increasing|order": [
        lambda: theory.local_slopes("width", [9, 4], theory.TaskStructure(20)),
        lambda: theory.local_slopes("width", [4, 4], theory.TaskStructure(20)),
    ],
    "must be": [
        lambda: theory.bayes_risk("many", FINE, 0.1),
        lambda: theory.allocate([1.0, -1.0], [1.0, 1.0], [1.0, 1.0], 10),
        lambda: theory.shape_penalty(0.1, (0.5,)),
        lambda: theory.finite_pretraining_errors(1, -1, 2, 0.1),
        lambda: theory.known_transitions(3.5, 2, 4, 1.0, 0.1),
        lambda: theory.frontier(0.0, 0.7),
    ],
}


@pytest.mark.parametrize("match", BAD)
def test_bad_input_gets_a_sentence(match):
    for call in BAD[match]:
        with pytest.raises(InvalidValue, match=match) as caught:
            call()
        text = str(caught.value)
        assert text.endswith(".")
        assert len(text) > 25
