"""Finite pretraining: the published equations, tables, and direct simulation."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy.optimize import brentq

from iclaws import theory
from iclaws.errors import InvalidValue


def published(train, test, alpha, kappa, tau, rho, lam, alpha_test):
    """The equations as derived, with nested scalar root finding and no rearrangement."""
    mean = np.mean
    x, x_test = (rho + mean(train)) / alpha, (rho + mean(test)) / alpha_test

    def solution(nu):
        """Return c, F, m at a given nu."""

        def gap(c):
            return 1 - 1 / kappa + nu / kappa * mean(1 / (c * train + nu)) - c

        c = brentq(gap, 1e-14, 1.0 + 1e-12, xtol=1e-16, rtol=1e-15)
        f = 1 / (c * train + nu)
        return c, f, mean(f)

    if lam == 0 and tau > 1:
        xi = 0.0
    else:

        def outer(log_xi):
            xi = np.exp(log_xi)
            return 1 - xi * solution(x + xi)[2] - tau + tau * lam / xi

        xi = np.exp(brentq(outer, np.log(1e-12), np.log(1e8), xtol=1e-14))
    nu = x + xi
    _, f, m = solution(nu)
    t = mean(f * train * f)
    slope = -(mean(f**2) + m / kappa * t) / (1 + nu * t / kappa)
    m2 = -slope
    f2 = f * (1 + (m + nu * slope) / kappa * train) * f
    seen = rho + nu - nu**2 * m - xi * (1 - 2 * nu * m + nu**2 * m2)
    seen = tau * seen / (tau - (1 - 2 * xi * m + xi**2 * m2))
    fresh = (
        rho
        + mean(test)
        - 2 * mean(test * (1 - nu * f))
        + mean((test + x_test) * (1 - 2 * nu * f + nu**2 * f2))
        + seen / tau * mean((test + x_test) * (f - xi * f2))
    )
    return fresh, seen


ratios = st.floats(0.2, 8)


@settings(max_examples=60, deadline=None)
@given(
    alpha=ratios, kappa=ratios, tau=ratios, rho=st.floats(0, 1), alpha_test=ratios,
    lam=st.sampled_from([0.0, 1e-3, 0.3]), power=st.floats(0, 1.5), other=st.floats(0, 1.5),
)  # fmt: skip
def test_against_the_published_equations(alpha, kappa, tau, rho, alpha_test, lam, power, other):
    if lam == 0 and abs(tau - 1) < 0.02:
        return
    i = np.arange(1, 13.0)
    train, test = i**-power, i**-other
    args = (alpha, kappa, tau, rho, lam, alpha_test)
    found = theory.structured_pretraining_errors(train, test, *args)
    fresh, seen = published(train, test, *args)
    assert found.fresh_tasks == pytest.approx(fresh, rel=1e-7)
    assert found.pretrain_tasks == pytest.approx(seen, rel=1e-7)


@settings(max_examples=60, deadline=None)
@given(alpha=ratios, kappa=ratios, tau=ratios, rho=st.floats(0, 1), lam=st.floats(1e-6, 3))
def test_structure_at_the_identity_is_the_isotropic_case(alpha, kappa, tau, rho, lam):
    # Not all equal, by an ulp: the general solver runs instead of the quadratic.
    train = np.ones(9)
    train[0] = np.nextafter(1, 2)
    args = (alpha, kappa, tau, rho, lam)
    general = theory.structured_pretraining_errors(train, np.ones(9), *args)
    closed = theory.finite_pretraining_errors(*args)
    np.testing.assert_allclose(general, closed, rtol=1e-10)


def test_table_of_the_source():
    # alpha = tau = 10, rho = .01: fresh, pretrain, difference.
    table = {
        0.2: (0.858, 0.033, 0.825), 0.6: (0.509, 0.071, 0.438), 1: (0.256, 0.093, 0.164),
        2: (0.137, 0.107, 0.0302), 8: (0.1156, 0.1119, 0.00373), 32: (0.1136, 0.1128, 0.00081),
    }  # fmt: skip
    for kappa, (fresh, seen, gap) in table.items():
        found = theory.finite_pretraining_errors(10, kappa, 10, 0.01, 1e-6)
        assert found.fresh_tasks == pytest.approx(fresh, abs=6e-4)
        assert found.pretrain_tasks == pytest.approx(seen, abs=6e-4)
        assert found.fresh_tasks - found.pretrain_tasks == pytest.approx(gap, rel=6e-3)


def test_theory_points_of_the_source():
    for tau, fresh, seen in (
        (0.5, 0.821, 0.246), (0.85, 2.23, 0.427), (1.15, 2.77, 0.431), (2, 0.891, 0.112),
    ):  # fmt: skip
        found = theory.finite_pretraining_errors(10, 0.5, tau, 0.01)
        assert found.fresh_tasks == pytest.approx(fresh, rel=3e-3)
        assert found.pretrain_tasks == pytest.approx(seen, rel=4e-3)
    found = theory.finite_pretraining_errors(1, np.inf, [0.5, 0.9, 1.1, 2, 10], 0.01)
    np.testing.assert_allclose(found.fresh_tasks, [1.27, 5.17, 5.64, 1.025, 0.569], rtol=4e-3)


def test_digits_of_the_own_simulation():
    for args, fresh, seen in (
        ((2, 0.5, 2, 0.1, 1e-6), 1.3384, 0.586),
        ((2, 1, 4, 0.1, 0.1), 0.760, 0.461),
        ((2, 0.5, 0.5, 0.1, 1e-6), 1.330, 0.801),
    ):
        found = theory.finite_pretraining_errors(*args)
        assert found.fresh_tasks == pytest.approx(fresh, abs=5.1e-4)
        assert found.pretrain_tasks == pytest.approx(seen, abs=5.1e-4)


def test_consequences_digits():
    near = theory.finite_pretraining_errors(1, 0.5, [1 - 1e-4, 1 + 1e-4], 0.01).fresh_tasks
    np.testing.assert_allclose(near * 1e-4, 0.430, atol=1e-3)
    alpha = [1, 2.35, 5.5, 9.62, 22.7, 100, 1000]
    found = theory.finite_pretraining_errors(alpha, 0.5, 0.5, 0.1).fresh_tasks
    np.testing.assert_allclose(found, [1.48, 1.30, 1.20, 1.176, 1.23, 1.61, 3.60], atol=6e-3)
    # Unlimited data and tasks: rho + 1 - 1/(1 + x).
    found = theory.finite_pretraining_errors(1.0, np.inf, np.inf, 0.1)
    assert found.fresh_tasks == pytest.approx(1.1 - 1 / 2.1, rel=1e-12)
    assert found.pretrain_tasks == pytest.approx(found.fresh_tasks, rel=1e-12)
    # alpha << tau -> infinity: the tasks never spanned remain.
    found = theory.finite_pretraining_errors(1e6, [0.3, 0.8], 1e10, 0.1).fresh_tasks
    np.testing.assert_allclose(found - 0.1, [0.7, 0.2], rtol=2e-3)


def test_data_and_task_exponents_digits():
    tau = 10 ** np.array([0.5, 1.5, 2.5, 3.5])  # -1.15, -1.01, -1.00 from decade to decade
    gap = theory.finite_pretraining_errors(1, 0.5, tau, 0.01).fresh_tasks
    gap = gap - theory.finite_pretraining_errors(1, 0.5, np.inf, 0.01).fresh_tasks
    slopes = np.diff(np.log(gap)) / np.log(10)
    np.testing.assert_allclose(slopes, [-1.15, -1.01, -1.00], atol=5e-3)
    tau = np.array([10.0, 20, 200, 400, 4000, 8000])
    gap = theory.finite_pretraining_errors(1, 0.5, tau, 0.01).fresh_tasks
    gap = gap - theory.finite_pretraining_errors(1, 0.5, np.inf, 0.01).fresh_tasks
    slopes = np.diff(np.log(gap))[::2] / np.log(2)
    np.testing.assert_allclose(slopes, -np.log((2 * tau[::2] - 1) / (tau[::2] - 1)) / np.log(2))
    kappa = np.array([8.0, 16, 80, 160, 800, 1600])
    gap = theory.finite_pretraining_errors(1, kappa, np.inf, 0.01).fresh_tasks
    gap = gap - theory.finite_pretraining_errors(1, np.inf, np.inf, 0.01).fresh_tasks
    slopes = np.diff(np.log(gap))[::2] / np.log(2)
    np.testing.assert_allclose(slopes, -1, atol=0.12)
    assert np.all(np.diff(slopes) > 0)


def simulated(dims, args, *, seed, train=None, test=None):
    """Pretrain one layer by ridge regression on sequences; exact errors of its weights."""
    alpha, kappa, tau, rho, lam = args
    generator = np.random.default_rng(seed)
    train = np.ones(dims) if train is None else train
    test = np.ones(dims) if test is None else test
    length, count = int(alpha * dims), int(tau * dims**2)
    pool = generator.standard_normal((int(kappa * dims), dims)) * np.sqrt(train)
    tasks = pool[generator.integers(len(pool), size=count)]
    x = generator.standard_normal((count, length, dims)) / np.sqrt(dims)
    y = np.einsum("nld,nd->nl", x, tasks)
    y = y + np.sqrt(rho) * generator.standard_normal(y.shape)
    h = np.einsum("nl,nld->nd", y, x) * dims / length
    q = generator.standard_normal((count, dims)) / np.sqrt(dims)
    labels = (q * tasks).sum(axis=1) + np.sqrt(rho) * generator.standard_normal(count)
    features = (q[:, :, None] * h[:, None, :]).reshape(count, -1)
    gram = features.T @ features + count / dims * lam * np.eye(dims**2)
    weights = np.linalg.solve(gram, features.T @ labels).reshape(dims, dims)
    # Over the context, h has mean w and E hh' = (1 + 1/l) ww' + (|w|^2 + rho d)/l.
    errors = []
    for second in (np.diag(test), pool.T @ pool / len(pool)):
        spread = (1 + 1 / length) * second
        spread = spread + (np.trace(second) + rho * dims) / length * np.eye(dims)
        bias = np.trace(second) - 2 * np.trace(weights @ second)
        errors.append(rho + (bias + np.trace(weights @ spread @ weights.T)) / dims)
    return errors


@pytest.mark.parametrize(
    "args", [(2, 0.5, 2, 0.1, 1e-6), (2, 1, 4, 0.1, 0.1), (2, 0.5, 0.5, 0.1, 1e-6)]
)
def test_against_direct_simulation(args):
    # O(1/d) deviations: two sizes, extrapolated.
    means = {}
    for dims, repeats in ((14, 40), (28, 10)):
        means[dims] = np.mean([simulated(dims, args, seed=s) for s in range(repeats)], axis=0)
    limit = 2 * means[28] - means[14]
    np.testing.assert_allclose(limit, theory.finite_pretraining_errors(*args), rtol=0.06)


def test_structure_against_direct_simulation():
    args, dims = (2, 1.0, 3, 0.1, 0.05), 28
    i = np.arange(1, dims + 1.0)
    train = i**-0.8 / np.mean(i**-0.8)
    test = train[::-1].copy()
    found = theory.structured_pretraining_errors(train, test, *args)
    runs = [simulated(dims, args, seed=s, train=train, test=test) for s in range(10)]
    np.testing.assert_allclose(np.mean(runs, axis=0), found, rtol=0.12)
    same = theory.structured_pretraining_errors(train, train, *args)
    assert same.fresh_tasks < found.fresh_tasks


@settings(max_examples=40, deadline=None)
@given(alpha=ratios, kappa=ratios, rho=st.floats(0, 1), lam=st.floats(1e-3, 3))
def test_risks_are_continuous_across_the_threshold(alpha, kappa, rho, lam):
    tau = 1 + np.array([-1e-9, -1e-12, 0, 1e-12, 1e-9])
    found = theory.finite_pretraining_errors(alpha, kappa, tau, rho, lam)
    for errors in found:
        np.testing.assert_allclose(errors, errors[2], rtol=1e-6)


def test_the_peak_is_continuous_with_ridge_and_infinite_without():
    tau = np.array([1 - 1e-9, 1, 1 + 1e-9])
    found = theory.finite_pretraining_errors(2, 0.5, tau, 0.1, 0.01)
    np.testing.assert_allclose(found.fresh_tasks, found.fresh_tasks[1], rtol=1e-6)
    assert theory.finite_pretraining_errors(2, 0.5, 1, 0.1).fresh_tasks == np.inf


def test_extremes():
    grid = np.meshgrid([1e-8, 1, 1e8], [1e-8, 1, 1e8, np.inf], [1e-8, 2, 1e8, np.inf], [0, 1e12])
    for ridge in (0.0, 1e-8, 1e8):
        found = theory.finite_pretraining_errors(*grid, ridge)
        assert np.isfinite(found.fresh_tasks).all()
        assert np.isfinite(found.pretrain_tasks).all()
        assert np.all(found.fresh_tasks >= grid[3])


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("context_ratio", (0, 1, 2, 0.1)),
        ("task_ratio", (1, 0, 2, 0.1)),
        ("data_ratio", (1, 1, -2, 0.1)),
        ("noise_var", (1, 1, 2, -0.1)),
        ("ridge", (1, 1, 2, 0.1, -1)),
    ],
)
def test_bad_input_is_named(name, args):
    with pytest.raises(InvalidValue, match=name):
        theory.finite_pretraining_errors(*args)


def test_finite_size_substitution():
    assert theory.finite_size_data_ratio(110, 10) == 1.0


@settings(max_examples=100, deadline=None)
@given(alpha=ratios, kappa=ratios, tau=st.floats(1.02, 8), rho=st.floats(0, 1))
def test_the_published_closed_form_without_ridge_beyond_the_peak(alpha, kappa, tau, rho):
    """The error of arXiv 2405.11751 on pretraining tasks for more sequences than weights."""
    x = (1 + rho) / alpha
    shift = x + 1 - 1 / kappa
    stieltjes = 2 / (shift + np.sqrt(shift**2 + 4 * x / kappa))
    expected = tau * (rho + x - x**2 * stieltjes) / (tau - 1)
    found = theory.finite_pretraining_errors(alpha, kappa, tau, rho).pretrain_tasks
    assert found == pytest.approx(expected, rel=1e-12)
