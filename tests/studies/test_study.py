"""Grids of points, and runs that predict first."""

from concurrent.futures import Executor, Future
from datetime import datetime

import pytest

from iclaws._identity import fingerprint
from iclaws.errors import InvalidValue, UnknownName
from iclaws.models.linear_attention import LinearAttention
from iclaws.models.transformer import Transformer
from iclaws.results import Store
from iclaws.studies import AbstractStudy, Grid, Study, plan, run, studies
from iclaws.studies.study import change
from iclaws.tasks.linear_regression import LinearRegression
from iclaws.theory import linear_attention_risk
from iclaws.train import Point, Recipe
from train.conftest import RECIPE, TASK

TASK_10, MODEL = LinearRegression(), LinearAttention()


def small_study(**axes):
    return Study(task=TASK, model=MODEL, recipe=RECIPE, axes=axes, name="small")


def test_a_grid_is_every_combination_the_last_axis_fastest():
    grid = Grid(
        TASK_10, MODEL, Recipe(), {"depth": (1, 2), "noise_var": (0.0, 0.5), "seed": (7, 8)}
    )
    found = [(p.model.depth, p.task.noise_var, p.seed) for p in grid.points()]
    expected = [(d, n, s) for d in (1, 2) for n in (0.0, 0.5) for s in (7, 8)]
    assert found == expected


def test_an_axis_belongs_to_the_part_that_has_the_field():
    point = change(
        Point(TASK_10, MODEL), {"num_context": 7, "tied": False, "batch_size": 9, "seed": 3}
    )
    assert (point.task.num_context, point.model.tied, point.recipe.batch_size, point.seed) == (
        7,
        False,
        9,
        3,
    )
    # What was not named stays.
    assert point.task.num_dims == TASK_10.num_dims and point.model.depth == MODEL.depth


def test_an_unknown_field_is_named_with_the_nearest():
    with pytest.raises(UnknownName, match=r"'num_contexts'.*Did you mean 'num_context'"):
        change(Point(TASK_10, MODEL), {"num_contexts": 3})


def test_an_impossible_value_is_refused_when_the_point_is_made():
    with pytest.raises(InvalidValue, match="`num_heads`=3 must divide"):
        change(Point(TASK_10, Transformer()), {"num_heads": 3})
    with pytest.raises(InvalidValue, match="exceeds `num_dims`=10"):
        change(Point(TASK_10, MODEL), {"read_in_rank": 11})


def test_an_axis_without_values_is_refused():
    with pytest.raises(InvalidValue, match=r"axis 'depth' has no values"):
        small_study(depth=())


def test_a_study_without_axes_is_refused():
    with pytest.raises(InvalidValue, match="needs an axis"):
        small_study()


def test_a_scale_that_is_no_axis_is_refused():
    with pytest.raises(UnknownName, match="Did you mean 'depth'"):
        Study(task=TASK, model=MODEL, axes={"depth": (1, 2)}, scale="dept")


def test_a_study_of_ones_own_has_a_scale_and_curves():
    study = small_study(depth=(1, 2), noise_var=(0.0, 0.1), seed=(0, 1))
    assert (study.scale, study.curves) == ("depth", ("noise_var",))
    assert len(study.points()) == 8


class Named(AbstractStudy):
    """Two grids that share a point."""

    name, title, question, scale = "named", "Named", "Does it work?", "depth"

    def grids(self):
        return [
            Grid(TASK_10, MODEL, Recipe(), {"depth": (1, 2)}),
            Grid(TASK_10, MODEL, Recipe(), {"depth": (2, 4)}),
        ]


def test_a_point_of_two_grids_counts_once():
    assert [p.model.depth for p in Named().points()] == [1, 2, 4]


def test_a_changed_study_is_another_study():
    study = Named("full", num_steps=7, batch_size=5)
    assert study.preset == "full[batch_size=5,num_steps=7]"
    assert {p.recipe.num_steps for p in study.points()} == {7}
    assert Named("full").preset == "full"


def test_an_axis_cannot_be_changed_as_well():
    with pytest.raises(InvalidValue, match=r"\['depth'\] is an axis of the study 'named'"):
        Named(depth=3).points()


def test_sizes_that_belong_together_are_not_set_alone():
    for name, field in (("task-diversity", "num_dims"), ("identification", "num_dims")):
        with pytest.raises(InvalidValue, match="differs between the grids"):
            studies.get(name)(**{field: 5}).points()
    shorter = studies.get("plateau")(num_steps=7)
    assert {p.recipe.num_steps for p in shorter.points()} == {7}


def test_an_unknown_preset_is_named_with_the_nearest():
    with pytest.raises(UnknownName, match="Did you mean 'quick'"):
        Named("quik")


def test_the_plan_comes_before_the_training_and_stands(tmp_path):
    store, study = Store(tmp_path), small_study(depth=(1, 2), noise_var=(0.0, 0.2))
    points = plan(study, store)
    assert [fingerprint(p) for p in points] == [p.id for p in store.plans()]
    assert not store.records()
    first = store.plans()
    assert all((p.study, p.preset) == ("small", "custom") for p in first)
    by_id = {p.id: p for p in first}
    spectra = TASK.spectra()
    for point in points:
        planned = by_id[fingerprint(point)]
        assert planned.lower_bound <= planned.predicted_excess_risk * 1.02
        if point.model.depth == 1:
            exact = linear_attention_risk(
                TASK.num_context, spectra.covariance, spectra.prior, point.task.noise_var
            )
            exact = float(getattr(exact, "risk", exact))
            error = 4 * planned.predicted_excess_risk_se
            assert abs(planned.predicted_excess_risk - exact) < error + 1e-3
    plan(study, store)
    assert store.plans() == first


class SameProcess(Executor):
    """Runs each job where it is, from what a remote worker would get."""

    def __init__(self):
        self.jobs = []

    def submit(self, function, *args, **kwargs):
        self.jobs.append((*args, kwargs))
        future = Future()
        future.set_result(function(*args, **kwargs))
        return future


def test_a_run_trains_what_is_missing_here_or_by_an_executor(cache, tmp_path):
    store = Store(tmp_path)
    assert run(small_study(seed=(0,)), store) == 1
    executor = SameProcess()
    assert run(small_study(seed=(0, 1)), store, executor=executor, checkpoints=False) == 1
    assert len(executor.jobs) == 1 and executor.jobs[0][0] == str(tmp_path)
    assert executor.jobs[0][-1] == {"checkpoints": False, "snapshots": False}
    assert run(small_study(seed=(0, 1)), store) == 0
    table = store.table("small").sort_values("seed")
    assert list(table["seed"]) == [0, 1]
    assert table["predicted_excess_risk"].notna().all()
    planned = table["planned_at"].map(datetime.fromisoformat)
    begun = table["made_started_at"].map(datetime.fromisoformat)
    assert (planned < begun).all()
