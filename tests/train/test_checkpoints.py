"""Checkpoints and weights: whole or absent, and taken up without a trace."""

import json
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from safetensors.numpy import load_file, safe_open

from iclaws._identity import describe
from iclaws.errors import InvalidValue, StoreDamaged, StoreUnwritable
from iclaws.models import models
from iclaws.results import Store, files
from iclaws.train import Point, loop
from iclaws.train.checkpoints import (
    describe_text,
    group_identity,
    load_checkpoint,
    load_weights,
    save_checkpoint,
    save_weights,
)
from iclaws.train.runner import run_points

from .conftest import RECIPE, TASK, small_point

STATE = {"a": jnp.arange(6.0).reshape(2, 3), "b": jnp.asarray([1, 2], jnp.int32)}
CURVE = np.array([[0.5, 0.25], [0.125, 0.0625]])


class Stop(Exception):
    pass


def test_a_checkpoint_comes_back_as_it_was(tmp_path):
    path = tmp_path / "c.safetensors"
    save_checkpoint(path, STATE, step=7, curve=CURVE)
    found = load_checkpoint(path, STATE)
    assert found.step == 7
    np.testing.assert_array_equal(found.curve, CURVE)
    for ours, theirs in zip(found.leaves, jax.tree.leaves(STATE), strict=True):
        np.testing.assert_array_equal(ours, theirs)
        assert ours.dtype == theirs.dtype
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize(
    "other",
    [
        {"a": STATE["a"]},
        {"a": STATE["a"], "b": jnp.zeros(2)},
        {"a": STATE["a"].T, "b": STATE["b"]},
    ],
    ids=["fewer leaves", "another type", "another shape"],
)
def test_a_checkpoint_of_another_state_is_not_taken_up(tmp_path, other):
    path = tmp_path / "c.safetensors"
    save_checkpoint(path, STATE, step=7, curve=CURVE)
    assert load_checkpoint(path, other) is None


def test_a_missing_or_damaged_checkpoint_is_none(tmp_path):
    path = tmp_path / "c.safetensors"
    assert load_checkpoint(path, STATE) is None
    save_checkpoint(path, STATE, step=7, curve=CURVE)
    path.write_bytes(path.read_bytes()[:-5])
    assert load_checkpoint(path, STATE) is None


def test_a_group_is_its_members_in_order():
    first, second = small_point(0), small_point(1)
    names = [(first,), (second,), (first, second), (second, first)]
    assert len({group_identity(points) for points in names}) == 4
    assert group_identity((small_point(0), small_point(1))) == group_identity((first, second))


@pytest.mark.parametrize("name", models.names())
def test_weights_come_back_as_they_were_saved(tmp_path, name):
    point = Point(TASK, models.get(name)())
    model = jax.jit(lambda key: point.model.init(key, TASK.num_dims))(jax.random.key(1))
    store = Store(tmp_path)
    path = store.weights_path(point.identity())
    save_weights(path, model, describe_text(describe(point)))
    loaded = load_weights(store, point)
    assert jax.tree.structure(loaded) == jax.tree.structure(model)
    jax.tree.map(np.testing.assert_array_equal, loaded, model)
    with safe_open(path, "numpy") as file:
        assert json.loads(file.metadata()["point"]) == describe(point)
    assert len(load_file(path)) == len(jax.tree.leaves(model))


def test_absent_weights_are_a_clear_sentence(tmp_path):
    with pytest.raises(InvalidValue, match=r"no weights of point [0-9a-f]{16}.*Train it"):
        load_weights(Store(tmp_path), small_point())


def test_damaged_weights_are_a_clear_sentence(tmp_path):
    store = Store(tmp_path)
    path = store.weights_path(small_point().identity())
    path.parent.mkdir()
    path.write_bytes(b"not weights")
    with pytest.raises(StoreDamaged, match=path.name):
        load_weights(store, small_point())


def test_resuming_equals_never_stopping(cache, tmp_path, monkeypatch):
    """Stopped after 40 steps and again after 120, as Ctrl-C does."""
    # So short a run ends before saving would pay: save after every stretch all the same.
    monkeypatch.setattr(loop, "SAVING_SHARE", math.inf)
    point, stopped, whole = small_point(), Store(tmp_path / "a"), Store(tmp_path / "b")
    run_points([point], whole)

    def stop_after(step):
        def watch(progress):
            if progress.step >= step:
                raise Stop

        return watch

    seen = []
    for step in (40, 120):
        with pytest.raises(Stop):
            run_points([point], stopped, watch=stop_after(step))
        assert stopped.records() == []
        assert len(list((stopped.folder / "checkpoints").iterdir())) == 1
    run_points([point], stopped, watch=seen.append)
    assert 120 <= seen[0].step < RECIPE.num_steps
    (expected,), (found,) = whole.records(), stopped.records()
    assert found.provenance["resumed_at"] == seen[0].step
    assert found.excess_risk == pytest.approx(expected.excess_risk, rel=1e-5)
    np.testing.assert_allclose(found.curve_excess_risk, expected.curve_excess_risk, rtol=1e-5)
    np.testing.assert_allclose(found.loss_curve, expected.loss_curve, rtol=1e-5)
    ours, theirs = load_weights(stopped, point), load_weights(whole, point)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-7), ours, theirs)
    assert not list((stopped.folder / "checkpoints").iterdir())


def test_a_full_disk_is_a_clear_sentence_and_finished_groups_stay(cache, tmp_path, monkeypatch):
    store = Store(tmp_path)
    run_points([small_point()], store)
    before = sorted(tmp_path.rglob("*"))

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(StoreUnwritable, match="the disk is full"):
        run_points([small_point(1)], store)
    assert sorted(tmp_path.rglob("*")) == before
    assert [record.id for record in store.records()] == [small_point().identity()]
