"""The emergence rule: digits, consistency with the bounds, monotony."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from iclaws import theory
from iclaws.errors import InvalidValue

IMPOSSIBLE = theory.Emergence.IMPOSSIBLE
ACHIEVABLE = theory.Emergence.ACHIEVABLE
UNDETERMINED = theory.Emergence.UNDETERMINED
ORDER = {IMPOSSIBLE: 0, UNDETERMINED: 1, ACHIEVABLE: 2}

configurations = st.builds(
    theory.Configuration,
    num_context=st.integers(0, 200),
    num_dims=st.integers(2, 40),
    noise_var=st.sampled_from([0.0, 0.1, 1.0]),
    depth=st.integers(0, 12),
    read_in_rank=st.one_of(st.none(), st.integers(1, 40)),
    architecture=st.sampled_from(list(theory.Architecture)),
    num_tasks=st.one_of(st.none(), st.integers(1, 2000)),
    num_sequences=st.one_of(st.none(), st.integers(10, 10**6)),
)


def test_requirements_digits():
    # D = 20, noise .1, level .5: Bayes 12, one layer 23, least squares 25.
    for predictor, expected in (("bayes", 12), ("linear_attention", 23), ("least_squares", 25)):
        assert theory.required_context(0.5, 20, 1.0, 0.1, predictor=predictor) == expected
    s = np.full(20, 0.05)
    assert theory.required_depth(0.5, 20, 20, 1.0, 0.1) == 2
    assert theory.required_rank(0.5, 20, s, 0.1) == 16
    assert theory.required_depth(0.5, 40, 20, 1.0, 0.1) == 1
    assert theory.required_rank(0.5, 40, s, 0.1) == 13
    assert theory.required_depth(0.5, 12, 20, 1.0, 0.1) == 42
    assert theory.required_depth(0.5, 12, 20, 1.0, 0.1, tied=True) is None


def test_required_data_digits():
    # alpha = 4, noise .1: none up to kappa = .5, then 18.5, 5.0, 2.7, 2.15 (in steps of .05).
    assert theory.required_data_ratio(0.5, 4, 0.25, 0.1) is None
    assert theory.required_data_ratio(0.5, 4, 0.5, 0.1) is None
    for kappa, expected in ((0.75, 18.5), (1, 5.0), (2, 2.7), (np.inf, 2.15)):
        found = theory.required_data_ratio(0.5, 4, kappa, 0.1)
        assert expected - 0.05 <= found <= expected
        at = theory.finite_pretraining_errors(4, kappa, found, 0.1)
        assert at.fresh_tasks - 0.1 == pytest.approx(0.5, rel=1e-9)


@pytest.mark.parametrize("predictor", ["bayes", "linear_attention", "least_squares"])
def test_the_required_context_is_the_least(predictor):
    lam, omega = np.ones(20), np.full(20, 0.05)
    risk = {
        "bayes": lambda k: theory.isotropic_bayes_risk(k, 20, 1.0, 0.1),
        "linear_attention": lambda k: theory.linear_attention_risk(k, lam, omega, 0.1),
        "least_squares": lambda k: theory.least_squares_risk(k, 20, 1.0, 0.1),
    }[predictor]
    for level in (0.9, 0.3, 0.02):
        k = theory.required_context(level, 20, 1.0, 0.1, predictor=predictor)
        assert risk(k) <= level
        assert k == 22 or risk(k - 1) > level


@settings(max_examples=120, deadline=None)
@given(configuration=configurations, threshold=st.floats(0.05, 0.95))
def test_verdicts_are_consistent(configuration, threshold):
    found = theory.emergence(configuration, threshold)
    risks = [bound.risk for bound in found.bounds]
    assert risks == sorted(risks, reverse=True)
    if found.verdict is ACHIEVABLE:
        assert found.construction <= found.level
        assert max(risks) <= found.level * (1 + 1e-9)
    if found.verdict is IMPOSSIBLE:
        assert max(risks) > found.level
        assert found.bounds[0].name in found.reason
    if found.construction is not None:
        # No bound may forbid what an explicit construction reaches.
        assert max(risks) <= found.construction * (1 + 1e-9)
    assert found.reason


@settings(max_examples=60, deadline=None)
@given(configuration=configurations)
def test_a_higher_threshold_is_never_easier(configuration):
    places = [ORDER[theory.emergence(configuration, t).verdict] for t in (0.2, 0.5, 0.8)]
    assert places == sorted(places, reverse=True)


def test_examples():
    one = theory.Configuration
    assert theory.emergence(one(40, 20, 0.1)).verdict is ACHIEVABLE
    narrow = theory.emergence(one(40, 20, 0.1, read_in_rank=8))
    assert narrow.verdict is IMPOSSIBLE
    assert narrow.bounds[0].holds_for is theory.Kind.READ_IN
    shallow = theory.emergence(one(60, 60, 0.01, depth=1), 0.95)
    assert shallow.verdict is IMPOSSIBLE
    assert shallow.bounds[0].name == "depth"
    # A model that is not label-linear is not bound by depth.
    general = theory.emergence(
        one(60, 60, 0.01, depth=1, architecture=theory.Architecture.GENERAL), 0.95
    )
    assert general.verdict is UNDETERMINED
    poor = theory.emergence(one(80, 20, 0.1, num_tasks=5))
    assert poor.verdict is IMPOSSIBLE
    assert poor.bounds[0].holds_for is theory.Kind.LAYER_ERM
    rich = theory.emergence(one(80, 20, 0.1, num_tasks=1000, num_sequences=10_000))
    assert rich.verdict is ACHIEVABLE
    assert "ridge regression" in rich.reason


@pytest.mark.parametrize("setting", [theory.Setting.FIXED, theory.Setting.ROTATED])
def test_structured_tasks(setting):
    spectra = theory.power_law_spectra(1.5, 0.7, 40)
    base = {"num_context": 60, "num_dims": 40, "noise_var": 0.01, "setting": setting}
    one = theory.emergence(theory.Configuration(**base, spectra=spectra), 0.5)
    assert one.verdict is ACHIEVABLE
    hard = theory.emergence(theory.Configuration(**base, spectra=spectra), 0.99)
    assert hard.verdict is IMPOSSIBLE
    narrow = theory.Configuration(**base, spectra=spectra, read_in_rank=2, depth=8)
    found = theory.emergence(narrow, 0.9)
    assert found.verdict is IMPOSSIBLE
    # A read-in that cannot know the rotation sees less.
    width = {bound.name: bound.risk for bound in found.bounds}["width and context"]
    best = theory.best_read_in_risk(2, spectra.signal)
    assert width > best


def test_the_rotated_layer_is_the_best_scalar():
    spectra = theory.power_law_spectra(1.5, 0.7, 12)
    configuration = theory.Configuration(
        20, 12, 0.1, setting=theory.Setting.ROTATED, spectra=spectra
    )
    risk, _ = theory.construction(configuration)
    gains = np.linspace(0, 3, 3001)[:, None]
    args = (20, spectra.covariance, spectra.prior, 0.1)
    scan = theory.linear_attention_risk_with(gains * np.ones(12), *args)
    assert risk == pytest.approx(scan.min(), rel=1e-6)
    assert risk <= scan.min()


@pytest.mark.parametrize(
    ("match", "change"),
    [
        ("num_context", {"num_context": -1}),
        ("depth", {"depth": -1}),
        ("spectra", {"setting": theory.Setting.FIXED}),
        ("modes", {"setting": theory.Setting.FIXED, "spectra": theory.isotropic_spectra(3)}),
        ("noise_var", {"noise_var": -0.1}),
        ("num_tasks", {"num_tasks": 0}),
    ],
)
def test_bad_configurations_are_refused(match, change):
    with pytest.raises(InvalidValue, match=match):
        theory.Configuration(**{"num_context": 10, "num_dims": 5, **change})


def test_bad_threshold_and_predictor():
    with pytest.raises(InvalidValue, match="threshold"):
        theory.emergence(theory.Configuration(10, 5), 1.5)
    with pytest.raises(InvalidValue, match="predictor"):
        theory.required_context(0.5, 10, 1.0, 0.1, predictor="oracle")
