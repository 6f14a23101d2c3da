"""Statistics of drawn contexts: the quadratic form is the risk of the layers themselves."""

import numpy as np
import pytest

from iclaws import theory
from iclaws.errors import InvalidValue

from .monte_carlo import descent, excess, read_in


def spectral(steps):
    """The gains of gradient descent with these steps, as a function of the eigenvalue."""

    def gains(mu):
        total, residual = np.zeros_like(mu), np.ones_like(mu)
        for step in steps:
            total = total + step * residual
            residual = residual * (1 - step * mu)
        return total

    return gains


@pytest.mark.parametrize("k", [3, 8, 30])
@pytest.mark.parametrize("rank", [None, 4, 8])
def test_filter_risk_against_the_layers_themselves(k, rank):
    spectra = theory.power_law_spectra(0.8, 0.9, 8)
    matrix = None if rank is None else np.random.default_rng(0).standard_normal((rank, 8)) / 3
    stats = theory.context_statistics(
        k, spectra.covariance, spectra.prior, read_in=matrix, num_draws=6000, seed=5
    )
    steps = [0.5, 0.3, 0.2]
    found = theory.filter_risk(stats, spectral(steps), 0.2)
    fit = descent(steps) if matrix is None else read_in(matrix, descent(steps))
    estimate = excess(fit, k, spectra.covariance, spectra.prior, 0.2, draws=6000)
    error = np.hypot(estimate.error, found.standard_error)
    assert abs(estimate.mean - found.risk) < 3.0 * error, (estimate, found)


@pytest.mark.parametrize("k", [5, 8, 20])
@pytest.mark.parametrize("rank", [None, 4])
def test_the_two_forms_of_the_risk_are_one(k, rank):
    spectra = theory.power_law_spectra(1.3, 0.9, 8)
    matrix = None if rank is None else np.random.default_rng(0).standard_normal((rank, 8))
    stats = theory.context_statistics(
        k, spectra.covariance, spectra.prior, read_in=matrix, num_draws=20, seed=5
    )
    gains = spectral([0.4, 0.3])(stats.eigenvalues)
    linear = stats.signal_var - 2 * (stats.linear * gains).sum(axis=1)
    square = np.einsum("nl,nlm,nm->n", gains, stats.quadratic, gains)
    noise = 0.3 * (stats.noise * gains**2).sum(axis=1)
    expected = (linear + square + noise).mean()
    assert theory.filter_risk(stats, gains, 0.3).risk == pytest.approx(expected, rel=1e-10)


def test_bartlett_and_direct_draws_have_one_law():
    # Just above and just below k = D the two ways of drawing meet.
    spectra = theory.power_law_spectra(1.0, 0.8, 12)
    moments = []
    for k in (11, 12, 13):
        stats = theory.context_statistics(
            k, spectra.covariance, spectra.prior, num_draws=20_000, seed=k
        )
        traces = stats.eigenvalues.sum(axis=1)
        expected = spectra.covariance.sum()
        assert abs(traces.mean() - expected) < 4 * traces.std() / np.sqrt(20_000)
        squares = (stats.eigenvalues**2).sum(axis=1)
        lam = spectra.covariance
        expected = (1 + 1 / k) * (lam**2).sum() + lam.sum() ** 2 / k
        assert abs(squares.mean() - expected) < 4 * squares.std() / np.sqrt(20_000)
        moments.append(squares.mean())
    assert moments[0] > moments[1] > moments[2]


def test_long_contexts_tend_to_the_population():
    spectra = theory.power_law_spectra(1.5, 0.7, 32)
    stats = theory.context_statistics(10**7, spectra.covariance, spectra.prior, num_draws=4)
    expected = (spectra.signal * (1 - 0.5 * spectra.covariance) ** 2).sum()
    found = theory.filter_risk(stats, lambda mu: np.full_like(mu, 0.5), 0.0).risk
    assert found == pytest.approx(expected, rel=1e-3)


def test_a_rotation_changes_nothing_without_a_read_in_and_something_with_one():
    spectra = theory.power_law_spectra(1.5, 0.7, 16)
    best = np.eye(16)[:4]  # reads the four best modes, if it knew where they are
    fixed = theory.context_statistics(
        200, spectra.covariance, spectra.prior, read_in=best, num_draws=300
    )
    turned = theory.context_statistics(
        200, spectra.covariance, spectra.prior, read_in=best, rotated=True, num_draws=300
    )
    gains = spectral([1.0] * 30)
    seen = theory.filter_risk(fixed, gains, 0.0).risk
    blind = theory.filter_risk(turned, gains, 0.0).risk
    assert seen < 0.5 * blind
    assert seen > spectra.signal[4:].sum()


def test_same_seed_same_contexts():
    args = (9, np.ones(4), np.full(4, 0.25))
    one, two = (theory.context_statistics(*args, num_draws=5, seed=7) for _ in range(2))
    other = theory.context_statistics(*args, num_draws=5, seed=8)
    assert np.array_equal(one.eigenvalues, two.eigenvalues)
    assert not np.array_equal(one.eigenvalues, other.eigenvalues)


def test_top_share_sees_a_heavy_tail():
    stats = theory.context_statistics(12, np.ones(10), np.full(10, 0.1), num_draws=4000)
    calm = theory.filter_risk(stats, spectral([0.3]), 0.0)
    wild = theory.filter_risk(stats, spectral([0.55] * 20), 0.0)
    assert calm.top_share < 0.03
    assert wild.top_share > 0.5


@pytest.mark.parametrize(
    ("match", "change"),
    [
        ("num_context", {"num_context": 0}),
        ("num_draws", {"num_draws": 0.5}),
        ("same modes", {"prior_spectrum": [1.0, 2.0]}),
        ("read_in", {"read_in": np.ones((2, 5))}),
    ],
)
def test_bad_input_is_named(match, change):
    kwargs = {"num_context": 5, "covariance_spectrum": np.ones(3), "prior_spectrum": np.ones(3)}
    with pytest.raises(InvalidValue, match=match):
        theory.context_statistics(**{**kwargs, **change})


def test_gains_of_another_shape_are_refused():
    stats = theory.context_statistics(5, np.ones(3), np.ones(3), num_draws=4)
    with pytest.raises(InvalidValue, match="gains"):
        theory.filter_risk(stats, lambda mu: mu[:, :1], 0.0)
