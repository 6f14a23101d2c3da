"""What every probe must do: name its values, measure models in one call, and be filed once."""

import dataclasses

import jax
import numpy as np
import pytest

from iclaws.mechanism import measure_points, probes
from iclaws.mechanism.measure import MOST_STEPS
from iclaws.models.linear_attention import LinearAttention
from iclaws.models.transformer import Transformer
from iclaws.results import Store
from iclaws.tasks.linear_regression import LinearRegression
from iclaws.tasks.markov_chain import MarkovChain
from iclaws.train import Point, Recipe
from iclaws.train.checkpoints import load_weights
from iclaws.train.runner import run_points
from iclaws.train.snapshots import load_snapshots

TASK = LinearRegression(2, 5, noise_var=0.2)
RECIPE = Recipe(num_steps=40, batch_size=32, learning_rate=0.05, warmup_steps=5, eval_contexts=512)
POINTS = [Point(TASK, LinearAttention(depth=2, symmetric=True), RECIPE, seed) for seed in (0, 1)]

TOKEN_POINTS = [
    Point(
        MarkovChain(8, 3),
        Transformer(depth=1, width=8, num_heads=1, mlp_ratio=0, max_points=8),
        dataclasses.replace(RECIPE, batch_size=8),
        seed,
    )
    for seed in (0, 1)
]


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    made = Store(tmp_path_factory.mktemp("store"))
    assert run_points(POINTS, made, snapshots=True) == 2
    return made


def test_names_are_those_of_files_and_columns_are_not_shared():
    columns = [column for name in probes.names() for column in probes.get(name).columns]
    assert len(set(columns)) == len(columns)
    for name in probes.names():
        assert probes.get(name).name == name
        assert probes.get(name).__module__.endswith(name.replace("-", "_"))


def test_snapshots_are_the_start_the_curve_and_the_end(store):
    (record, _) = store.records()
    kept = load_snapshots(store, POINTS[0])
    assert kept.steps == [0, *record.curve_steps]
    final = load_weights(store, POINTS[0])
    jax.tree.map(np.testing.assert_array_equal, kept.at(-1), final)
    assert float(abs(kept.at(0).mixers - final.mixers).max()) > 0.01
    assert not list((store.folder / "checkpoints").rglob("*.safetensors"))
    # Kept already: nothing is trained again.
    assert run_points(POINTS, store, snapshots=True) == 0


def test_a_point_trained_without_snapshots_is_trained_again_and_keeps_its_record(tmp_path):
    made = Store(tmp_path)
    run_points(POINTS[:1], made)
    (before,) = made.records()
    assert run_points(POINTS[:1], made, snapshots=True) == 1
    assert made.records() == [before]
    assert load_snapshots(made, POINTS[0]).steps[-1] == 40


@pytest.fixture(scope="module")
def token_store(tmp_path_factory):
    made = Store(tmp_path_factory.mktemp("tokens"))
    assert run_points(TOKEN_POINTS, made, snapshots=True) == 2
    return made


@pytest.mark.parametrize("name", probes.names())
def test_a_probe_files_every_value_once_and_along_training(store, token_store, name):
    applies = probes.get(name)().applies
    places = [(points, made) for points, made in ((POINTS, store), (TOKEN_POINTS, token_store))
              if applies(points[0])]  # fmt: skip
    assert places, "No point here that the probe measures: add one."
    points, store = places[0]
    assert measure_points(points, store, [name], along=True) == 2 * MOST_STEPS
    assert measure_points(points, store, [name], along=True) == 0
    table = store.table()
    for column in probes.get(name).columns:
        assert table[column].notna().all(), column
        assert f"initial_{column}" in table
        assert len(table[f"along_{column}"][0]) == MOST_STEPS
        assert table[f"along_{column}"][0][-1] == table[column][0]
    steps = table[f"{name.replace('-', '_')}_steps"][0]
    assert (steps[0], steps[-1]) == (0, 40)
