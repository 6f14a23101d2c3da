"""Nothing beats Bayes, deeper is better, bounds lie below what is achieved: over random tasks."""

import numpy as np
from hypothesis import example, given, settings, strategies as st

from iclaws import theory

SLACK = 1 + 1e-9


@settings(max_examples=60, deadline=None)
@given(
    k=st.integers(1, 300), dims=st.integers(1, 60), tau=st.floats(0.1, 10),
    noise=st.one_of(st.just(0.0), st.floats(1e-4, 10)), depth=st.integers(1, 8),
    ridge=st.floats(0, 100),
)  # fmt: skip
@example(k=4, dims=1, tau=2.0, noise=1.0, depth=1, ridge=5e-324)
def test_isotropic_order(k, dims, tau, noise, depth, ridge):
    spectra = theory.isotropic_spectra(dims, tau)
    bayes = theory.isotropic_bayes_risk(k, dims, tau, noise)
    others = [
        theory.least_squares_risk(k, dims, tau, noise),
        theory.ridge_risk(k, spectra.covariance, spectra.signal, noise, ridge),
        theory.optimal_ridge_risk(k, spectra.covariance, spectra.signal, noise),
        theory.linear_attention_risk(k, spectra.covariance, spectra.prior, noise),
        theory.polynomial_bound(depth, k, dims, tau, noise).risk,
        theory.gradient_descent_risk(depth, k, dims, tau, noise).risk,
        theory.gradient_descent_risk(depth, k, dims, tau, noise, tied=False).risk,
        theory.depth_recursion(depth, k, spectra.signal, noise)[-1],
        theory.width_context_limit(k, max(1, dims // 2), spectra.signal, noise),
    ]
    assert min(others) >= bayes / SLACK
    assert bayes <= tau * SLACK
    bound, tied, free = others[4], others[5], others[6]
    assert bound <= free * SLACK
    assert free <= tied * SLACK
    assert tied <= tau * SLACK
    deeper = theory.polynomial_bound(depth + 1, k, dims, tau, noise).risk
    assert deeper <= bound * SLACK


@settings(max_examples=60, deadline=None)
@given(
    k=st.integers(1, 300), dims=st.integers(1, 60), capacity=st.floats(0, 3),
    source=st.floats(0.2, 3), noise=st.one_of(st.just(0.0), st.floats(1e-4, 10)),
    depth=st.integers(1, 8),
)  # fmt: skip
def test_structured_order(k, dims, capacity, source, noise, depth):
    spectra = theory.power_law_spectra(capacity, source, dims)
    bayes = theory.bayes_risk(k, spectra.signal, noise)
    recursion = theory.depth_recursion(depth, k, spectra.signal, noise)
    layer = theory.linear_attention_risk(k, spectra.covariance, spectra.prior, noise)
    best = theory.optimal_ridge_risk(k, spectra.covariance, spectra.signal, noise)
    least = theory.ridge_risk(k, spectra.covariance, spectra.signal, noise, 0.0)
    assert np.all(np.diff(recursion) <= 1e-12)
    assert bayes <= recursion[-1] * SLACK + 1e-15
    # The exact layer counts its own mode as noise once more: a valid lower bound.
    assert recursion[1] <= layer * SLACK
    assert bayes <= best * SLACK + 1e-15
    assert best <= least * SLACK + 1e-15
    assert best <= spectra.signal.sum() * SLACK


@settings(max_examples=40, deadline=None)
@given(
    dims=st.integers(2, 60), capacity=st.floats(0.2, 3), source=st.floats(0.2, 3),
    noise=st.floats(1e-3, 10),
)  # fmt: skip
def test_more_is_never_worse(dims, capacity, source, noise):
    spectra = theory.power_law_spectra(capacity, source, dims)
    lam, s = spectra.covariance, spectra.signal
    k, n = np.geomspace(0.5, 1e4, 25), np.geomspace(1e-3, 1e3, 25)
    assert np.all(np.diff(theory.bayes_risk(k, s, noise)) <= 1e-13)
    assert np.all(np.diff(theory.bayes_risk(20, s, n)) >= -1e-13)
    assert np.all(np.diff(theory.linear_attention_risk(k, lam, spectra.prior, noise)) <= 1e-13)
    # Optimal ridge shows no double descent.
    assert np.all(np.diff(theory.optimal_ridge_risk(k, lam, s, noise)) <= 1e-9)
    assert np.all(np.diff(theory.random_read_in_risk(np.arange(dims + 1), lam, s)) <= 1e-13)
    tasks = theory.finite_pretraining_errors(3, np.geomspace(0.1, 100, 20), np.inf, noise)
    assert np.all(np.diff(tasks.fresh_tasks) <= 1e-12)
