"""Bootstraps and profiles agree with published numbers and with one another."""

import numpy as np
import pytest

from iclaws import laws
from iclaws.errors import InvalidValue
from iclaws.laws._covariance import standard_errors

EPOCH_ERRORS = {"A": 124.5, "B": 1293.0, "E": 0.02566, "alpha": 0.01540, "beta": 0.02060}


@pytest.fixture(scope="module")
def huber(epoch):
    return laws.fit("E + A*params^-alpha + B*tokens^-beta", epoch)


@pytest.fixture(scope="module")
def gaussian(epoch):
    return laws.fit("E + A*params^-alpha + B*tokens^-beta", epoch, loss=laws.Squared())


def test_epochs_bootstrap_is_reproduced(huber):
    """Standard errors of arXiv 2404.10102 from its own 4000 resamples (NumPy's legacy seed 42)."""
    state = np.random.RandomState(42)
    draws = [state.choice(240, 240) for _ in range(4000)]
    counts = np.stack([np.bincount(draw, minlength=240) for draw in draws])
    boot = huber.bootstrap(counts=counts)
    for name, value in EPOCH_ERRORS.items():
        assert boot.std(name) == pytest.approx(value, rel=0.03), name
    assert boot.interval("A") == pytest.approx((285.2, 743.6), rel=5e-3)
    assert boot.interval("beta") == pytest.approx((0.331, 0.415), abs=1e-3)
    share = boot.derived(lambda p: p["beta"] / (p["alpha"] + p["beta"]))
    assert np.std(share, ddof=1) == pytest.approx(0.0200, rel=0.03)
    assert boot.num_unconverged == 0


def test_profile_intervals_match_an_independent_computation(gaussian):
    expected = {
        "alpha": (0.340387, 0.380356),
        "beta": (0.387543, 0.424326),
        "E": (1.835872, 1.891351),
    }
    for name, interval in expected.items():
        found = gaussian.profile(name, calibration="chi2")
        assert found.interval == pytest.approx(interval, abs=2e-6), name


def test_a_profile_in_a_coefficient_ends_where_its_deviance_is_the_threshold(gaussian):
    profile = gaussian.profile("A")
    order = np.argsort(profile.values)
    ends = np.interp(profile.interval, profile.values[order], profile.deviance[order])
    np.testing.assert_allclose(ends, profile.threshold, rtol=1e-3)
    assert profile.deviance.min() >= -1e-9


def test_wald_and_sandwich_match_an_independent_computation(gaussian):
    wald, sandwich = (standard_errors(gaussian, kind) for kind in ("wald", "sandwich"))
    assert wald["alpha"] == pytest.approx(0.01048, rel=1e-3)
    assert wald["beta"] == pytest.approx(0.00907, rel=1e-3)
    assert wald["E"] == pytest.approx(0.01419, rel=1e-3)
    assert sandwich["alpha"] == pytest.approx(0.01302, rel=1e-3)
    assert sandwich["beta"] == pytest.approx(0.02104, rel=1e-3)
    assert sandwich["E"] == pytest.approx(0.02472, rel=1e-3)


def test_information_criteria_match_an_independent_computation(gaussian):
    assert gaussian.aic == pytest.approx(-1694.76, abs=0.005)
    assert gaussian.bic == pytest.approx(-1673.87, abs=0.005)


def line(num_runs=8, num_checkpoints=12, *, shared=0.05):
    """Return checkpoints of runs whose errors are shared within each run."""
    generator = np.random.default_rng(5)
    size = np.repeat(np.geomspace(1.0, 100.0, num_runs), num_checkpoints)
    run = np.repeat(np.arange(num_runs), num_checkpoints)
    noise = shared * generator.normal(size=num_runs)[run]
    noise = noise + 0.005 * generator.normal(size=len(run))
    return {"scale": size, "run": run, "loss": (0.5 + 2.0 * size**-0.6) * np.exp(noise)}


def test_clusters_widen_what_checkpoints_of_a_run_narrow():
    table = line()
    law = laws.get("power-law")()
    rows = laws.fit(law, table, loss=laws.Squared()).bootstrap(400)
    runs = laws.fit(law, table, loss=laws.Squared(), cluster="run").bootstrap(400)
    assert runs.method == "clusters"
    assert runs.std("floor") > 2.0 * rows.std("floor")


@pytest.mark.parametrize("method", ["residual", "wild"])
def test_fixed_design_bootstraps_agree_with_wald(gaussian, method):
    boot = gaussian.bootstrap(600, method=method)
    expected = standard_errors(gaussian, "wald" if method == "residual" else "sandwich")
    for name in ("alpha", "beta", "E"):
        assert boot.std(name) == pytest.approx(expected[name], rel=0.15), (method, name)


def test_the_same_key_draws_the_same_bootstrap(huber):
    first, second = huber.bootstrap(50, key=3), huber.bootstrap(50, key=3)
    np.testing.assert_array_equal(first.coordinates, second.coordinates)


def test_unknown_choices_are_refused(huber):
    with pytest.raises(InvalidValue, match="Bootstraps are 'rows'"):
        huber.bootstrap(10, method="jackknife")
    with pytest.raises(InvalidValue, match="needs clusters"):
        huber.bootstrap(10, method="clusters")
    with pytest.raises(InvalidValue, match="No parameter is named 'gamma'"):
        huber.profile("gamma")
