"""The change-point in training time: found where it was put, and none where nothing falls."""

import numpy as np
import pandas as pd
import pytest

from iclaws.errors import InvalidValue
from iclaws.studies.formation import DEFINITION, formation_curve, formation_time

BAYES, UNIGRAM, NUM_STEPS, BINS = 0.9, 0.3, 5000, 100


def runs(step, *, end=0.1, width=0.5, seeds=5, noise=0.01, scatter=0.05):
    """Loss curves that fall from uniform to the unigram, and at `step` from there to `end`."""
    time = (np.arange(BINS) + 0.5) / BINS * NUM_STEPS
    rows = []
    for seed in range(seeds):
        generator = np.random.default_rng(seed)
        own = step * np.exp(scatter * generator.normal())
        share = end + (1 - end) / (1 + (time / own) ** (2 * np.log(4) / width))
        share = share + np.exp(-time / 60.0) + noise * generator.normal(size=BINS)
        rows.append({
            "loss_curve": list(BAYES + UNIGRAM * share), "num_steps": NUM_STEPS,
            "cross_entropy": BAYES + UNIGRAM * end, "excess_risk": UNIGRAM * end,
            "unigram_excess_risk": UNIGRAM, "seed": seed,
        })  # fmt: skip
    return pd.DataFrame(rows)


@pytest.mark.parametrize("step", [400, 1000, 2500])
@pytest.mark.parametrize("width", [0.3, 1.0])
def test_the_fall_is_found_where_it_was_put(step, width):
    found = formation_time(runs(step, width=width), num_bootstrap=100)
    assert found.formed
    low, high = found.interval
    # Seeds scatter by 5 %: their mean by 2 %.
    assert low < found.step < high
    assert found.step == pytest.approx(step, rel=0.08)
    assert found.log_width == pytest.approx(width, rel=0.15)
    last = 1 / (1 + (0.95 * NUM_STEPS / step) ** (2 * np.log(4) / width))
    assert found.end == pytest.approx(0.1 + 0.9 * last, abs=0.02)
    assert f"{found.step:.0f}" in found.sentence
    assert found.definition == DEFINITION


def test_a_fall_that_stops_half_way_forms_nothing():
    found = formation_time(runs(1000, end=0.8))
    assert not found.formed
    assert found.step is None and found.interval is None
    assert found.end == pytest.approx(0.8, abs=0.05)
    assert "No formation" in found.sentence


def test_what_is_lost_before_the_unigram_does_not_count():
    curve = formation_curve(runs(1000, noise=0.0))
    assert np.max(curve.order) == 1.0
    early = np.asarray(curve.scale) < 100
    np.testing.assert_allclose(np.asarray(curve.order)[early], 1.0)


def test_stretches_without_a_loss_are_left_out():
    table = runs(1000)
    table.at[0, "loss_curve"] = [np.nan] * 5 + table.at[0, "loss_curve"][5:]
    assert len(formation_curve(table).order) == 5 * BINS - 5


def test_runs_on_other_tasks_are_refused():
    with pytest.raises(InvalidValue, match="unigram_excess_risk"):
        formation_time(runs(1000).drop(columns="unigram_excess_risk"))
    with pytest.raises(InvalidValue, match="no run"):
        formation_time(runs(1000).iloc[:0])


def test_a_fall_within_one_bin_has_a_place_but_no_width():
    found = formation_time(runs(1000, width=0.02, noise=0.0, scatter=0.0), num_bootstrap=20)
    low, high = found.interval
    assert found.formed and found.log_width is None
    assert low < 1000 < high and found.step == pytest.approx(1000, rel=0.1)
    assert "narrower than the bins" in found.sentence


@pytest.mark.parametrize("formed", [5, 4, 3, 2])
def test_seeds_that_do_not_form_are_counted(formed):
    own = [runs(1000, end=0.05 if seed < formed else 0.95).iloc[[seed]] for seed in range(5)]
    found = formation_time(pd.concat(own), num_bootstrap=20)
    assert (found.num_formed, found.num_seeds) == (formed, 5)
    assert f"{formed} of 5 seeds" in found.sentence
    assert found.formed == (formed > 2)
    if found.formed:
        # When those that form do so, whatever the others do.
        assert found.step == pytest.approx(1000, rel=0.08)
        assert found.log_width == pytest.approx(0.5, rel=0.15)


def test_a_run_that_ends_without_a_loss_has_not_formed():
    table = runs(1000)
    table.at[0, "loss_curve"] = table.at[0, "loss_curve"][:60] + [np.nan] * 40
    assert formation_time(table, num_bootstrap=20).num_formed == 4


def test_two_depths_are_not_one_curve():
    with pytest.raises(InvalidValue, match="several runs of one seed"):
        formation_time(pd.concat([runs(1000), runs(1000, end=0.9)]))
