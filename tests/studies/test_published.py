"""Published experiments as studies: every preset builds, and says where it comes from."""

import numpy as np
import pytest

from iclaws._identity import describe, fingerprint
from iclaws.results import Store
from iclaws.studies import run, studies
from iclaws.train.point import revive

PUBLISHED = [name for name in studies.names() if studies.get(name).source]


def test_the_published_experiments_are_here():
    wanted = {"garg-linear", "garg-sparse", "garg-relu", "garg-tree", "raventos-diversity"}
    wanted |= {"oswald-one-layer", "oswald-depth", "ahn-three-layer"}
    wanted |= {"lu-double-descent", "lu-task-diversity", "mqar"}
    # Those of induction have sizes of our own, and say so: no preset is called the paper's.
    assert wanted == {name for name in PUBLISHED if "paper" in studies.get(name).presets}
    assert "induction" in PUBLISHED


@pytest.mark.parametrize("name", PUBLISHED)
def test_every_preset_says_what_differs(name):
    study = studies.get(name)
    assert "quick" in study.presets
    for preset in study.presets:
        notes = study(preset).notes()
        assert set(notes) == {"Source", "Convention", "Deviations"}
        assert "arXiv" in notes["Source"]


@pytest.mark.parametrize("name", PUBLISHED)
def test_every_point_survives_being_stored(name):
    """A point's description gives the point back, so that other machines can train it."""
    for preset in studies.get(name).presets:
        points = studies.get(name)(preset).points()
        assert len({fingerprint(point) for point in points}) == len(points)
        for point in (points[0], points[-1]):
            assert fingerprint(revive(describe(point))) == fingerprint(point)


def test_the_paper_presets_hold_the_published_settings():
    (point,) = studies.get("garg-linear")("paper").points()
    model, recipe = point.model, point.recipe
    assert (model.depth, model.width, model.num_heads) == (12, 256, 8)
    assert (recipe.num_steps, recipe.batch_size, recipe.learning_rate) == (500_001, 64, 1e-4)
    assert (recipe.optimiser, recipe.schedule, recipe.loss_on) == ("adam", "constant", "all")
    # Dimensions 5 to 20 and points 11 to 41, in 15 stretches of 2000 steps.
    for step, dims, examples in ((0, 5, 10), (1999, 5, 10), (2000, 6, 12), (30_000, 20, 40)):
        assert int(recipe.dims_curriculum.at(step, 20)) == dims
        assert int(recipe.context_curriculum.at(step, 40)) == examples
    raventos = studies.get("raventos-diversity")("paper").points()
    assert {p.recipe.num_tasks for p in raventos} == {2**power for power in range(21)}
    assert (raventos[0].task.num_dims, raventos[0].task.num_context) == (8, 15)
    assert raventos[0].task.noise_var == 0.25 and raventos[0].recipe.warmup_steps == 250_000
    oswald = studies.get("oswald-one-layer")("paper").points()[0]
    assert (oswald.task.inputs, oswald.task.input_scale) == ("uniform", "unit-width")
    assert oswald.recipe.adam_decays == (0.9, 0.98) and oswald.recipe.clip_norm == 1e-3
    lu = studies.get("lu-task-diversity")("paper").points()
    assert {p.recipe.num_sequences / p.task.num_dims**2 for p in lu} == {10.0}
    assert {p.task.num_context / p.task.num_dims for p in lu} == {10.0}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["oswald-one-layer", "oswald-depth", "ahn-three-layer"])
def test_paper_presets_train_for_two_hundred_steps(name, tmp_path):
    """Every depth of the presets that a laptop can begin; their risk falls below that of zero."""
    study = studies.get(name)("paper", num_steps=200, eval_contexts=2048)
    study.points = lambda own=study.points: [p for p in own() if p.seed == 0]
    store = Store(tmp_path)
    run(study, store)
    for record in store.records():
        zero = next(c for c in record.baselines if c.name == "zero")
        assert record.status == "trained" and np.isfinite(record.loss_curve[-1])
        assert record.excess_risk < zero.excess_risk + 2 * zero.excess_risk_se


def test_the_notes_reach_the_report_and_the_prediction_is_the_closed_form(tmp_path):
    from iclaws.report.sections import collect
    from iclaws.studies import plan

    store, study = Store(tmp_path), studies.get("oswald-one-layer")()
    plan(study, store)
    (section,) = collect(store)
    assert dict(section.notes) == study.notes()
    predicted = {planned.predicted_excess_risk for planned in store.plans()}
    assert len(predicted) == 1 and predicted.pop() / 2 == pytest.approx(0.206229, abs=1e-6)
