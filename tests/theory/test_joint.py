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
    slope = np.polyfit(np.log(contexts[1:]), np.log(best[1:]), 1)[0]
    assert slope == pytest.approx(-0.626, abs=0.02)
    bayes = theory.bayes_risk(contexts, spectra.signal, 0.1)
    np.testing.assert_allclose(bayes, [0.2105, 0.0826, 0.0230], atol=6e-5)


@pytest.mark.slow
def test_quiet_surface_digits():
    # D = 400, 16 contexts: slopes -.723 (L at k = 256) and -1.17 (k at L = 1024).
    spectra = theory.power_law_spectra(1.5, 0.7, 400)
    depths, contexts = 2 ** np.arange(0, 11), 2 ** np.arange(3, 9)
    found = theory.depth_context_surface(
        depths, contexts, spectra.covariance, spectra.prior, 0.0, num_draws=16
    )
    deep = np.polyfit(np.log(contexts), np.log(found.risk[-1]), 1)[0]
    assert deep == pytest.approx(-1.17, abs=0.06)
    inside = (depths >= 4) & (depths <= 64)
    shallow = np.polyfit(np.log(depths[inside]), np.log(found.risk[inside, -1]), 1)[0]
    assert shallow == pytest.approx(-0.723, abs=0.05)


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


def depth_width(capacity, source):
    """Drawn depth x width surface of a thousand dimensions."""
    spectra = theory.power_law_spectra(capacity, source, 1000)
    depths, ranks = 2 ** np.arange(10), np.unique(np.geomspace(4, 200, 9).astype(int))
    return theory.depth_width_surface(
        depths, ranks, spectra.covariance, spectra.prior, num_draws=12
    )


def smooth(surface, degree=4):
    """Fit a polynomial in both logarithms, to take an argmin through the noise of the draws."""
    x, y = np.meshgrid(np.log(surface.first), np.log(surface.second), indexing="ij")
    terms = [(i, j) for i in range(degree + 1) for j in range(degree + 1 - i)]
    design = np.stack([(x**i * y**j).ravel() for i, j in terms], axis=1)
    weights = np.linalg.lstsq(design, np.log(surface.risk).ravel(), rcond=None)[0]
    return lambda a, b: sum(w * a**i * b**j for w, (i, j) in zip(weights, terms, strict=True))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("capacity", "source", "depth", "excess"),
    [(1.5, 0.6, 0.572, -0.371), (2.0, 0.8, 0.625, -0.525), (1.25, 0.8, 0.540, -0.436)],
)
def test_the_frontier_of_depth_and_width(capacity, source, depth, excess):
    # Direct argmin at B = L r: .572, .625, .540, on the way to nu/(1 + nu).
    surface = depth_width(capacity, source)
    log_risk, budgets = smooth(surface), np.geomspace(100, 2000, 9)
    ends = np.log(surface.second[[0, -1]])
    best, losses = [], []
    for budget in np.log(budgets):
        path = np.linspace(0, np.log(surface.first[-1]), 600)
        path = path[(budget - path >= ends[0]) & (budget - path <= ends[1])]
        values = log_risk(path, budget - path)
        best.append(path[values.argmin()])
        losses.append(values.min())
    slope = np.polyfit(np.log(budgets), best, 1)[0]
    assert slope == pytest.approx(depth, abs=0.04)
    frontier = theory.frontier(capacity, source)
    assert slope == pytest.approx(frontier.depth, abs=0.08)
    fall = np.polyfit(np.log(budgets), losses, 1)[0]
    assert fall == pytest.approx(excess, abs=0.05)
    assert fall == pytest.approx(frontier.excess, abs=0.05)


@pytest.mark.slow
def test_the_cut_off_describes_depth_and_width_better():
    # Without it the depth exponent comes out too high (truth .60, with it about .66).
    from scipy.optimize import least_squares

    surface = depth_width(1.5, 0.6)

    def residual(p, cut):
        law = theory.depth_width_law(
            surface.first[:, None], surface.second, np.exp(p[:2]), np.exp(p[2:4]), cut(p)
        )
        return (np.log(law) - np.log(surface.risk)).ravel()

    start = np.log([0.6, 0.9, 1.0, 1.0])
    plain = least_squares(residual, start, args=(lambda p: 0.0,))
    bent = least_squares(residual, np.append(start, -2.0), args=(lambda p: np.exp(p[4]),))
    rms = [np.sqrt(np.mean(one.fun**2)) for one in (plain, bent)]
    assert rms[1] < 0.8 * rms[0]
    exponents = [np.exp(one.x[0]) for one in (plain, bent)]
    assert 0.6 < exponents[1] < exponents[0]
    assert exponents[1] == pytest.approx(0.66, abs=0.04)


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
