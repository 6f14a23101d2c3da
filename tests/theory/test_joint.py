"""Two resources at once: digits, consistency with single curves, and the frontier."""

import numpy as np
import pytest

from iclaws import theory
from iclaws.errors import InvalidValue


@pytest.fixture(scope="module")
def quiet():
    """Depth x context, no noise, smaller than published so that it stays fast."""
    spectra = theory.power_law_spectra(1.5, 0.7, 256)
    depths, contexts = 2 ** np.arange(2, 11, 2), np.array([8, 16, 32, 64, 256])
    return theory.depth_context_surface(
        depths, contexts, spectra.covariance, spectra.prior, 0.0, num_draws=8
    )


def test_depth_and_context_slopes(quiet):
    # Published at D = 400: L-slope -.72 at long context, k-slope -1.17 at large depth.
    shallow = np.polyfit(np.log(quiet.first[:3]), np.log(quiet.risk[:3, -1]), 1)[0]
    assert shallow == pytest.approx(-0.72, abs=0.12)
    deep = np.polyfit(np.log(quiet.second[:4]), np.log(quiet.risk[-1, :4]), 1)[0]
    assert deep == pytest.approx(-1.17, abs=0.12)


def test_depth_and_context_add_and_do_not_multiply(quiet):
    from scipy.optimize import least_squares

    logs = np.log(quiet.risk)
    depth, context = np.meshgrid(np.log(quiet.first), np.log(quiet.second), indexing="ij")

    def added(p):
        return (np.logaddexp(p[0] - p[1] * depth, p[2] - p[3] * context) - logs).ravel()

    sum_rms = np.sqrt(np.mean(least_squares(added, [0, 0.7, 0, 1.0]).fun ** 2))
    design = np.stack([np.ones(logs.size), depth.ravel(), context.ravel()], axis=1)
    product = logs.ravel() - design @ np.linalg.lstsq(design, logs.ravel(), rcond=None)[0]
    assert sum_rms < 0.12
    assert np.sqrt(np.mean(product**2)) > 3 * sum_rms


@pytest.mark.slow
def test_noisy_surface_digits():
    # D = 400, noise .1: best gradient descent .2325 .. .0234 follows Bayes .2105 .. .0230.
    spectra = theory.power_law_spectra(1.5, 0.7, 400)
    contexts = np.array([8, 32, 256])
    found = theory.depth_context_surface(
        2 ** np.arange(0, 11), contexts, spectra.covariance, spectra.prior, 0.1, num_draws=16
    )
    best = found.risk.min(axis=0)
    np.testing.assert_allclose(best, [0.2325, 0.0859, 0.0234], rtol=0.09)
    bayes = theory.bayes_risk(contexts, spectra.signal, 0.1)
    np.testing.assert_allclose(bayes, [0.2105, 0.0826, 0.0230], atol=6e-5)


def test_full_rank_is_depth_alone():
    spectra = theory.power_law_spectra(1.5, 0.7, 32)
    found = theory.depth_width_surface([1, 4, 16], [4, 32], spectra.covariance, spectra.prior)
    alone = theory.spectral_descent_risk([1, 4, 16], spectra.covariance, spectra.signal).risk
    np.testing.assert_allclose(found.risk[:, 1], alone, rtol=1e-6)
    assert np.all(np.diff(found.risk, axis=0) < 0)
    assert np.all(found.risk[:, 0] > found.risk[:, 1])


def test_deep_and_narrow_is_the_width_floor():
    spectra = theory.power_law_spectra(1.5, 0.7, 300)
    found = theory.depth_width_surface([4096], [8], spectra.covariance, spectra.prior, num_draws=48)
    floor = theory.random_read_in_risk(8, spectra.covariance, spectra.signal)
    assert found.risk[0, 0] == pytest.approx(floor, rel=0.1)


@pytest.mark.slow
@pytest.mark.parametrize(("capacity", "source"), [(1.5, 0.6), (2.0, 0.8)])
def test_the_frontier_of_depth_and_width(capacity, source):
    # L* ~ B^(nu/(1+nu)) at B = L r: .600, .667; excess -.360, -.533.
    spectra = theory.power_law_spectra(capacity, source, 600)
    depths, ranks = 2 ** np.arange(1, 10), np.unique(np.geomspace(3, 60, 10).astype(int))
    surface = theory.depth_width_surface(
        depths, ranks, spectra.covariance, spectra.prior, num_draws=16
    )
    log_depth, log_rank = np.log(depths), np.log(ranks)
    budgets, best, losses = np.geomspace(150, 2000, 8), [], []
    for budget in budgets:
        # Along the budget: interpolate in logs, then the minimum of a parabola.
        path = np.linspace(log_depth[0], log_depth[-1], 200)
        inside = (np.log(budget) - path >= log_rank[0]) & (np.log(budget) - path <= log_rank[-1])
        path = path[inside]
        from scipy.interpolate import RectBivariateSpline

        spline = RectBivariateSpline(log_depth, log_rank, np.log(surface.risk), s=0.002)
        values = spline.ev(path, np.log(budget) - path)
        best.append(path[values.argmin()])
        losses.append(values.min())
    frontier = theory.frontier(capacity, source)
    slope = np.polyfit(np.log(budgets), best, 1)[0]
    assert slope == pytest.approx(frontier.depth, abs=0.12)
    assert np.polyfit(np.log(budgets), losses, 1)[0] == pytest.approx(frontier.excess, abs=0.06)


def test_width_and_context():
    s = theory.power_law_spectra(1.5, 0.7, 20).signal
    found = theory.width_context_surface([5, 20], [10, 100, 1000], s, 0.1)
    assert found.risk.shape == (2, 3)
    np.testing.assert_allclose(found.risk[1], theory.bayes_risk([10, 100, 1000], s, 0.1))
    # Not additive: a longer context is worth less to a narrow read-in.
    gain = found.risk[:, 0] - found.risk[:, 2]
    assert abs(gain[0] - gain[1]) > 1e-3


def test_the_depth_width_law():
    plain = theory.depth_width_law(8, 16, (0.6, 0.9), (1.0, 2.0), 0.0)
    assert plain == pytest.approx((32.0) ** -0.6 + 2 * 16**-0.9)
    # Beyond L ~ r^nu only the width term is left.
    cut = theory.depth_width_law(1e6, 16, (0.6, 0.9), (1.0, 2.0), 1.0)
    assert cut == pytest.approx(2 * 16**-0.9, rel=1e-9)
    # Homogeneous in L/r^nu: scaling both scales the law.
    one = theory.depth_width_law(10, 10, (0.6, 0.9), (1.0, 2.0), 0.5)
    two = theory.depth_width_law(10 * 4**1.5, 40, (0.6, 0.9), (1.0, 2.0), 0.5)
    assert two == pytest.approx(one * 4**-0.9, rel=1e-12)


def test_bad_input_is_named():
    with pytest.raises(InvalidValue, match="between 1 and 2"):
        theory.depth_width_surface([1], [3], [1.0, 0.5], [1.0, 1.0])
