"""Weights along training that two processes keep at once."""

import jax

from iclaws.results import Store
from iclaws.train.snapshots import Keeper, load_snapshots

from .conftest import small_point


def test_a_process_that_went_on_from_anothers_checkpoint_replaces_nothing(tmp_path):
    """The other one filed all steps and removed the folder; this one has its last ones alone."""
    store, point = Store(tmp_path / "store"), small_point()
    model = point.model.init_for(jax.random.key(0), point.task.interface)
    models = jax.tree.map(lambda leaf: leaf[None], model)
    folder = tmp_path / "kept"
    first, second = Keeper(folder), Keeper(folder)
    for step in (0, 1, 2, 4):
        first.keep(step, models)
    first.file((point,), store, models)
    second.keep(4, models)
    second.file((point,), store, models)
    assert load_snapshots(store, point).steps == [0, 1, 2, 4]
    assert not folder.exists()
    second.file((point,), store, models)  # nothing is left to file
    assert load_snapshots(store, point).steps == [0, 1, 2, 4]
