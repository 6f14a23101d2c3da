"""What is drawn: means, intervals, laws and axes against direct calculation."""

import numpy as np
import pytest
from scipy import stats

from iclaws import laws
from iclaws.claims._rows import Rows
from iclaws.laws.additive import Additive
from iclaws.report import axes
from iclaws.report.law_fits import fit_law
from iclaws.report.panels import draw
from iclaws.report.selection import exploded
from iclaws.report.spread import over_seeds
from iclaws.studies import Figure

from .made import COEFFICIENT, DEPTHS, EXPONENT, Made, fill


@pytest.fixture(scope="module")
def rows(store):
    return Rows.of(store.table())


@pytest.fixture(scope="module")
def drawing(rows):
    return draw(Made().figures()[0], rows)


def traces(drawing, style):
    return [t for panel in drawing.panels for t in panel.data if t["meta"] == style]


def means(drawing):
    return [t for t in traces(drawing, "data") if "error_y" in t]


def test_means_leave_out_what_did_not_converge(drawing, rows):
    table = {
        (d, n, s): (r, bool(c))
        for d, n, s, r, c in zip(
            *(rows.column(c) for c in ("depth", "noise_var", "seed", "excess_risk", "converged")),
            strict=True,
        )
    }
    for noise, trace in zip((0.0, 0.1), means(drawing), strict=True):
        assert trace["x"] == list(DEPTHS)
        for depth, shown in zip(DEPTHS, trace["y"], strict=True):
            counted = [r for (d, n, _), (r, c) in table.items() if (d, n) == (depth, noise) and c]
            assert len(counted) == 4 - ((depth, noise) in {(2, 0.0), (4, 0.1)})
            assert shown == pytest.approx(np.mean(counted), rel=1e-12)


def test_unconverged_runs_are_crosses(drawing):
    (cross,) = traces(drawing, "unconverged")
    assert (cross["x"], cross["y"]) == ([4.0], [0.9])
    assert "x-thin" in cross["marker"]["symbol"]


def test_a_figure_holds_data_law_prediction_limit_and_baseline(drawing):
    assert {"data", "law", "prediction", "limit", "baseline-0", "guide"} <= drawing.styles
    assert drawing.baselines == ((0, "zero"),)


def test_intervals_are_students_over_seeds(key):
    del key
    values = np.array([1.0, 1.1, 0.8, 1.3])
    mean, low, high, count = over_seeds(values)
    expected = stats.t.interval(0.95, 3, loc=mean, scale=stats.sem(values))
    assert (low, high) == pytest.approx(expected)
    assert count == 4
    shared = over_seeds(values, 0.5)
    assert shared[2] - shared[0] == pytest.approx(np.hypot(high - mean, 1.959964 * 0.5), rel=1e-5)


def test_logarithmic_intervals_stay_positive():
    mean, low, high, _ = over_seeds(np.array([0.01, 1.0]), log=True)
    assert 0 < low < mean < high
    assert mean / low == pytest.approx(high / mean)


def test_one_seed_alone_has_no_interval():
    _, low, high, _ = over_seeds(np.array([1.0]))
    assert np.isnan([low, high]).all()


def test_the_law_recovers_what_was_put_in(drawing):
    for fit, factor in zip(drawing.fits, (1.0, 2.0), strict=True):
        found = {estimate.name: estimate for estimate in fit.parameters}
        low, high = found["exponent"].interval
        assert low <= EXPONENT <= high
        assert found["exponent"].expected == pytest.approx(EXPONENT, rel=1e-6)
        assert found["coefficient"].expected == pytest.approx(1.02 * COEFFICIENT * factor, rel=1e-6)


def test_intervals_of_a_law_are_those_of_one_fit_per_seed_if_balanced(rows):
    law = laws.parse("A*depth^-alpha").bind(rows.names)
    complete = (rows.floats("noise_var") == 0.0) & (rows.floats("depth") != 2)
    kept = rows.keep(complete)
    found = fit_law(
        law, kept, y="excess_risk", prediction="predicted_excess_risk", log=True, subject=""
    )
    alphas = []
    for _, seed in kept.groups(["seed"]):
        slope, _ = np.polyfit(np.log(seed.floats("depth")), np.log(seed.floats("excess_risk")), 1)
        alphas.append(-slope)
    # Seeds share their contexts: the slope's error from a 1 % error at each depth comes on top.
    x = np.log(np.unique(kept.floats("depth")))
    shared = 1.96 * 0.01 / np.sqrt(((x - x.mean()) ** 2).sum())
    half = np.hypot(stats.t.ppf(0.975, 3) * stats.sem(alphas), shared)
    assert half > 0.03
    alpha = next(estimate for estimate in found.parameters if estimate.name == "alpha")
    assert alpha.value == pytest.approx(np.mean(alphas), abs=1e-6)
    assert alpha.interval == pytest.approx((alpha.value - half, alpha.value + half), abs=1e-4)


def test_curves_of_one_law_share_one_fit():
    depth, rank, seed = (
        grid.ravel() for grid in np.meshgrid([1.0, 2, 4, 8], [1.0, 2, 4, 8], [0.0, 1, 2])
    )
    columns = {"depth": depth, "read_in_rank": rank, "seed": seed}
    columns["excess_risk"] = 0.5 * depth**-1.0 + 0.3 * rank**-0.5
    table = Rows({name: values.astype(object) for name, values in columns.items()})
    table = table.assign(
        status=np.full(len(depth), "trained", object), converged=np.full(len(depth), True, object)
    )
    law = Additive(over=("depth", "read_in_rank"), with_floor=False)
    drawing = draw(Figure(title="", x="depth", colour="read_in_rank", law=law), table)
    (fit,) = drawing.fits
    values = {estimate.name: estimate.value for estimate in fit.parameters}
    assert values["exponent_depth"] == pytest.approx(1.0, abs=1e-4)
    lines = [t for t in traces(drawing, "law") if "fill" not in t]
    assert len(lines) == 4
    for r, line in zip((1.0, 2.0, 4.0, 8.0), lines, strict=True):
        expected = 0.5 / np.array(line["x"]) + 0.3 * r**-0.5
        np.testing.assert_allclose(line["y"], expected, rtol=1e-4)


def test_a_law_with_too_little_data_is_a_remark(rows):
    law = laws.parse("E + A*depth^-alpha").bind(rows.names)
    few = rows.keep((rows.floats("depth") <= 1) & (rows.column("converged") == True))  # noqa: E712
    found = fit_law(law, few, y="excess_risk", prediction="none", log=True, subject="")
    assert not found.parameters
    assert "one size only" in " ".join(found.remarks)


def test_vectors_become_rows():
    table = Rows({"y": _objects([[3.0, 2.0], [5.0, 4.0, 1.0]]), "seed": _objects([0, 1])})
    found = exploded(table, ["y"], "position")
    assert found.column("y").tolist() == [3.0, 2.0, 5.0, 4.0, 1.0]
    assert found.column("position").tolist() == [0, 1, 0, 1, 2]
    assert found.column("seed").tolist() == [0, 0, 1, 1, 1]


def test_learning_curves_are_lines_over_their_own_steps(rows):
    drawing = draw(Made().figures()[1], rows)
    assert [panel.title for panel in drawing.panels] == [
        "noise variance σ² = 0",
        "noise variance σ² = 0.1",
    ]
    lines = [t for t in traces(drawing, "curve") if "fill" not in t]
    assert all(line["x"] == [1.0, 10.0, 100.0] for line in lines)
    assert len(lines) == 2 * len(DEPTHS)
    assert "strays" in drawing.styles


def test_a_mean_over_different_settings_is_pointed_out(rows):
    drawing = draw(Figure(title="", x="depth"), rows)
    assert drawing.mixed == ("noise variance σ²",)
    assert not draw(Figure(title="", x="depth", facet=("noise_var",)), rows).mixed


def test_a_missing_column_is_a_sentence(rows):
    drawing = draw(Figure(title="", x="depth", y="no_such_column"), rows)
    assert not drawing.panels
    assert "no_such_column" in drawing.trouble


def test_learning_curves_of_diverged_runs_alone_are_a_sentence(tmp_path):
    """Their curves have finite entries up to the step at which they were frozen."""
    study = Made()
    places = [(p.model.depth, float(p.task.noise_var), int(p.seed)) for p in study.points()]
    gone = {"status": "diverged", "excess_risk": None, "converged": None, "diverged_at": 10}
    store = fill(tmp_path / "runs", dict.fromkeys(places, gone))
    drawing = draw(study.figures()[1], Rows.of(store.table()))
    assert not drawing.panels
    assert "No run that did not diverge" in drawing.trouble


def test_far_off_runs_leave_the_axis_and_are_counted(tmp_path):
    store = fill(tmp_path / "runs", {(16, 0.1, 0): {"excess_risk": 1e9}})
    drawing = draw(Made().figures()[0], Rows.of(store.table()))
    assert drawing.panels[0].layout["yaxis"]["range"][1] < 3
    assert drawing.num_beyond == 1


@pytest.mark.parametrize("low", [1e-12, 3e-4, 0.02, 0.9, 7.0])
@pytest.mark.parametrize("ratio", [1.02, 1.5, 4.0, 30.0, 1e4, 1e11])
def test_ticks_are_few_round_and_in_range(low, ratio):
    ticks = axes.log_ticks(low, low * ratio)
    assert len(ticks) <= axes.MOST_TICKS
    assert np.all(np.diff(ticks) > 0)
    room = max(ratio, 2.0) ** 0.1
    assert np.all((ticks >= low / room) & (ticks <= low * ratio * room))
    if ratio >= 1.5:
        assert len(ticks) >= 2


def _objects(values):
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def test_a_run_that_rare_contexts_carry_does_not_move_a_law_of_medians(rows):
    rows = rows.assign(excess_risk_robust=rows.column("excess_risk"))
    heavy = np.asarray(rows.floats("excess_risk"))
    heavy[0], error = 1e30, np.asarray(rows.floats("excess_risk_se"))
    error[0] = 1e30
    rows = rows.assign(excess_risk=heavy.astype(object), excess_risk_se=error.astype(object))
    how = {"prediction": "predicted_excess_risk", "log": True, "subject": ""}
    found = fit_law(
        laws.parse("A*depth^-alpha").bind(rows.names), rows, y="excess_risk_robust", **how
    )
    low, high = next(e.interval for e in found.parameters if e.name == "alpha")
    assert 0.0 < high - low < 2.0


def test_a_refused_fit_is_said_in_its_place(rows):
    rows = rows.assign(excess_risk=np.geomspace(1e-90, 1e90, len(rows)).astype(object))
    how = {"prediction": "predicted_excess_risk", "log": True, "subject": ""}
    found = fit_law(laws.parse("A*depth^-alpha").bind(rows.names), rows, y="excess_risk", **how)
    assert found.parameters == ()
    assert "orders of magnitude" in found.remarks[0]
