"""An ensemble is its members: trained together, apart, split, or beside one that diverges."""

import contextlib

import jax
import numpy as np
import pytest

from iclaws import theory
from iclaws.results import Store
from iclaws.train import program as program_module
from iclaws.train.runner import run_points

from .conftest import RECIPE, TASK, small_point

MEMBERS = [
    small_point(0),
    small_point(1, learning_rate=0.02),
    small_point(2, learning_rate=1e30),  # overflows at the first step
]
GOOD = MEMBERS[:2]


@contextlib.contextmanager
def counted_compilations():
    """Count the programs that are made meanwhile, whether compiled or fetched from the cache."""
    events = []

    def listen(event, duration, **_):
        if event == "/jax/core/compile/jaxpr_to_mlir_module_duration":
            events.append(duration)

    jax.monitoring.register_event_duration_secs_listener(listen)
    try:
        yield events
    finally:
        jax.monitoring.unregister_event_duration_listener(listen)


def run(tmp_path_factory, points, **options):
    store = Store(tmp_path_factory.mktemp("store"))
    assert run_points(points, store, **options) == len(points)
    return store, {record.id: record for record in store.records()}


@pytest.fixture(scope="module")
def together(cache, tmp_path_factory):
    return run(tmp_path_factory, MEMBERS)


@pytest.fixture(scope="module")
def alone(cache, tmp_path_factory):
    records = {}
    for point in GOOD:
        records |= run(tmp_path_factory, [point])[1]
    return records


def assert_same_result(found, expected):
    for name in ("excess_risk", "excess_risk_se", "excess_risk_robust", "tail_share"):
        assert getattr(found, name) == pytest.approx(getattr(expected, name), rel=1e-4), name
    assert found.status == expected.status == "trained"
    assert found.curve_steps == expected.curve_steps
    np.testing.assert_allclose(found.curve_excess_risk, expected.curve_excess_risk, rtol=1e-4)
    np.testing.assert_allclose(found.loss_curve, expected.loss_curve, rtol=1e-4)
    assert found.measures.keys() == expected.measures.keys()
    for name, values in expected.measures.items():
        np.testing.assert_allclose(found.measures[name], values, rtol=1e-3, atol=1e-6)
    for ours, theirs in zip(found.baselines, expected.baselines, strict=True):
        assert ours.name == theirs.name
        for name in ("excess_risk", "excess_risk_se", "gap", "gap_se", "distance"):
            found_value, expected_value = getattr(ours, name), getattr(theirs, name)
            assert found_value == pytest.approx(expected_value, rel=1e-3, abs=1e-6), (
                ours.name,
                name,
            )


@pytest.mark.parametrize("point", GOOD, ids=["first", "second"])
def test_a_member_is_its_run_alone_though_another_diverged(together, alone, point):
    """One check for two promises: ensemble = single runs, and a diverged member harms none."""
    assert_same_result(together[1][point.identity()], alone[point.identity()])


def test_a_diverged_member_is_frozen_and_recorded(together):
    record = together[1][MEMBERS[2].identity()]
    assert record.status == "diverged"
    assert record.diverged_at is not None
    assert 0 < record.diverged_at < RECIPE.num_steps
    assert record.excess_risk is None and record.excess_risk_se is None
    # Its baselines were measured all the same.
    assert {c.name for c in record.baselines} >= {"zero", "ridge"}
    assert all(c.excess_risk > 0 and c.gap is None for c in record.baselines)


def test_a_group_that_does_not_fit_is_split(cache, tmp_path_factory, monkeypatch, alone):
    """With no memory at all every member trains by itself, to the same results."""
    monkeypatch.setattr(program_module, "MEMORY_SHARE", 0.0)
    store, records = run(tmp_path_factory, GOOD)
    assert len(list((store.folder / "records").glob("*.parquet"))) == len(GOOD)
    for point in GOOD:
        assert records[point.identity()].provenance["ensemble_size"] == 1
        assert_same_result(records[point.identity()], alone[point.identity()])


def test_training_reaches_the_optimum_of_theory(together):
    """One layer: the closed form of the population optimum, within 2 % and noise."""
    spectra = TASK.spectra()
    best = theory.linear_attention_risk(5, spectra.covariance, spectra.prior, spectra.noise_var)
    best = float(getattr(best, "risk", best))
    for point in GOOD:
        record = together[1][point.identity()]
        assert record.excess_risk == pytest.approx(
            best, abs=0.02 * best + 3 * record.excess_risk_se
        )
        curve = record.curve_excess_risk
        assert curve[0] > 1.2 * best
        assert curve[-1] == pytest.approx(best, rel=0.1)
        assert record.converged


def test_the_baselines_have_their_exact_risks(together):
    """Closed forms for isotropic covariates; the evaluation contexts are independent draws."""
    record = together[1][GOOD[0].identity()]
    found = {c.name: c for c in record.baselines}
    dims, context, signal, noise = 2, TASK.num_context, 1.0, TASK.noise_var
    total = signal + noise
    exact = {
        "zero": signal,
        # e(gamma = 1) of one linear layer: its bias vanishes and the variance stays.
        "averaging": (signal + dims * total) / context,
        "least-squares": noise * dims / (context - dims - 1),
    }
    step = signal / dims / ((1 + 1 / context) * signal / dims + total / context)
    exact["gradient-descent"] = (
        signal * (1 - step) ** 2 + step**2 * (signal + dims * total) / context
    )
    for name, value in exact.items():
        assert abs(found[name].excess_risk - value) < 4 * found[name].excess_risk_se, name
    generator = np.random.default_rng(0)
    xs = generator.standard_normal((20000, context, dims))
    posterior = np.linalg.inv(xs.swapaxes(1, 2) @ xs / noise + np.eye(dims) * dims / signal)
    bayes = np.trace(posterior, axis1=1, axis2=2).mean()
    assert (
        abs(found["ridge"].excess_risk - bayes) < 4 * found["ridge"].excess_risk_se + 0.01 * bayes
    )


def test_comparisons_are_paired(together):
    """The gap's error is far below what independent contexts would give."""
    for comparison in together[1][GOOD[0].identity()].baselines:
        record = together[1][GOOD[0].identity()]
        gap = record.excess_risk - comparison.excess_risk
        assert comparison.gap == pytest.approx(gap, abs=1e-6)
        assert comparison.distance >= 0.0
        if comparison.name == "gradient-descent":
            # The trained layer is nearly this baseline.
            assert comparison.gap_se < 0.1 * record.excess_risk_se
            assert comparison.distance < 1e-3


def test_the_trained_step_is_the_optimal_one(together):
    context, total_over_signal = TASK.num_context, 1.2
    best = 1 / (1 + 1 / context + 2 * total_over_signal / context)
    for point in GOOD:
        assert together[1][point.identity()].measures["step_size"][0] == pytest.approx(
            best, rel=0.03
        )


def test_nothing_compiles_once_training_has_begun(cache, tmp_path_factory):
    """One program serves every stretch, and the learning curve between them."""
    counts, steps = [], []

    def watch(progress):
        counts.append(len(events))
        steps.append(progress.step)

    with counted_compilations() as events:
        jax.jit(lambda x: 2.0 * x)(1.0)
        assert events  # the counter counts
        run(tmp_path_factory, [GOOD[0]], watch=watch)
        run(tmp_path_factory, [GOOD[0]], watch=watch)
    half = steps.index(RECIPE.num_steps) + 1
    assert len(steps) > 2 * 8
    # Small helpers (an integer put on the device) compile in the first stretch of a process.
    assert counts[half - 1] == counts[2]
    assert counts[-1] == counts[half]


def test_progress_tells_the_step_and_the_loss(cache, tmp_path_factory):
    told = []
    run(tmp_path_factory, [GOOD[0]], watch=told.append)
    assert [p.step for p in told] == sorted({p.step for p in told})
    assert told[0].step == 0 and told[0].loss is None
    assert told[-1].step == told[-1].num_steps == RECIPE.num_steps
    assert told[-1].loss == pytest.approx(told[-2].loss, rel=0.5)
    assert all(p.num_runs == 1 and (p.group, p.num_groups) == (0, 1) for p in told)
    assert "LinearAttention depth 1" in told[0].label


def test_what_is_stored_is_not_trained_again(together):
    store, _ = together
    assert run_points(MEMBERS, store) == 0
