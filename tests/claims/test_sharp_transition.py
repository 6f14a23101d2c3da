"""C5 tells sharp from smooth from a metric's doing, on tables with exact curves in them."""

import numpy as np
import pandas as pd
import pytest

from iclaws import claims, theory
from iclaws.claims import Verdict
from iclaws.claims._rows import Rows
from iclaws.claims._systems import SYSTEMS

from .tables import only, table

DIMS = (8, 16, 32, 64)
RATIOS = np.linspace(0.25, 2.5, 28)


def judged(rows, study):
    return only(claims.evaluate(rows, ["sharp-transition"]), study)


def diversity(risk, seeds=range(4), dims=DIMS, ratios=RATIOS):
    cells = [{"num_dims": d, "num_tasks": round(ratio * d)} for d in dims for ratio in ratios]
    cells = [dict(cell) for cell in {tuple(cell.items()) for cell in cells}]
    cells.sort(key=lambda cell: tuple(cell.values()))
    return table("task-diversity", cells, risk, seeds=seeds, noise=0.02, signal_var=1.0)


def exact(cell):
    dims, tasks = cell["num_dims"], cell["num_tasks"]
    errors = theory.finite_pretraining_errors(10 * dims, tasks / dims, np.inf, 0.1)
    return float(errors.fresh_tasks) - 0.1


def test_the_exact_task_diversity_is_sharp():
    found = judged(diversity(exact), "task-diversity")
    assert found.verdict is Verdict.SUPPORTED, found.sentence
    assert found.evidence["shape"] == "kink" and found.evidence["kind"] == "sharp"
    assert found.estimate == pytest.approx(-0.5, abs=0.12)
    for dims, scale in found.evidence["critical_scales"].items():
        assert scale == pytest.approx(1.0, abs=0.1), dims


def test_a_width_that_stays_refutes_it():
    def smooth(cell):
        return 1 / (1 + (cell["num_tasks"] / cell["num_dims"]) ** 2.5)

    found = judged(diversity(smooth), "task-diversity")
    assert found.verdict is Verdict.REFUTED, found.sentence
    assert found.evidence["kind"] in ("smooth", "metric artefact")


def test_three_sizes_leave_it_untested():
    found = judged(diversity(exact, dims=DIMS[:3]), "task-diversity")
    assert found.verdict is Verdict.UNTESTED and "needs 4" in found.sentence


def test_few_sizes_and_a_harsh_metric_make_an_artefact():
    def smooth(cell):
        return 1 / (1 + cell["num_tasks"] / cell["num_dims"])

    def powers(cell):
        return smooth(cell) ** 1.5

    rows = diversity(powers, dims=(16,), ratios=np.geomspace(0.07, 300, 30))
    found = judged(rows, "task-diversity")
    assert found.evidence["kind"] == "metric artefact", found.sentence
    assert found.verdict is Verdict.REFUTED and "the metric makes" in found.sentence


def curves(study, values, **columns):
    """Return rows whose column holds a curve."""
    rows = []
    for cell, seed, listed in values:
        row = {"study": study, "preset": "quick", "seed": seed, "status": "trained"}
        rows.append(row | {"converged": True} | cell | listed | columns)
    return pd.DataFrame(rows)


def test_the_plateau_is_sharp_and_where_theory_puts_it():
    rng = np.random.default_rng(0)
    values = []
    for weight in (0.07, 0.1, 0.14, 0.2, 0.28, 0.4):
        w = 1 - np.geomspace(1 - weight, 1e-5, 20_000)
        rate = w**4 * (1 - w**5)
        time = np.concatenate([[0.0], np.cumsum(0.5 * np.diff(w) * (1 / rate[1:] + 1 / rate[:-1]))])
        steps = int((1.3 / (3 * weight**3) + 1.5) / 0.1)
        at = (np.arange(100) + 0.5) / 100 * steps * 0.1
        loss = 4 * (1 - np.interp(at, time, w) ** 5) ** 2
        for seed in range(4):
            noisy = loss * np.exp(0.03 * rng.normal(size=100))
            cell = {"init_weight": weight, "num_steps": steps}
            values.append((cell, seed, {"loss_curve": noisy}))
    rows = curves("plateau", values, learning_rate=0.005, signal_var=4.0, num_dims=4, num_factors=5)
    (_, systems) = next(SYSTEMS["plateau"](Rows.of(rows)))
    assert len(systems.curves) == 6
    found = judged(rows, "plateau")
    assert found.verdict is Verdict.SUPPORTED, found.sentence
    for size, scale in found.evidence["critical_scales"].items():
        weight = 1 / float(size)
        if weight <= 0.105:
            assert scale == pytest.approx(theory.plateau_time(1.0, weight), rel=0.05)


def test_identification_judges_bayes_and_the_layer_apart():
    rng = np.random.default_rng(0)
    values = []
    for dims in (12, 16, 24, 32):
        k = np.arange(0.0, 3 * dims + 1)
        for seed in range(4):
            step = 1 / (1 + (k / (0.7 * dims)) ** (0.8 * np.sqrt(dims)))
            slow = 1 / (1 + k / dims)
            noise = 1 + 0.01 * rng.normal(size=(2, len(k)))
            listed = {
                "dmmse_position_excess_risk": step * noise[0],
                "position_excess_risk": slow * noise[1],
            }
            values.append(({"num_dims": dims, "pool_seed": seed}, 0, listed))
    rows = curves("identification", values, signal_var=1.0)
    found = {f.subject: f for f in claims.evaluate(rows, ["sharp-transition"])}
    bayes, layer = found["Bayes"], found["trained layer"]
    assert bayes.verdict is Verdict.SUPPORTED, bayes.sentence
    assert layer.verdict is not Verdict.SUPPORTED, layer.sentence


def test_without_runs_it_is_untested():
    rows = diversity(exact).assign(converged=False)
    assert judged(rows, "task-diversity").verdict is Verdict.UNTESTED
