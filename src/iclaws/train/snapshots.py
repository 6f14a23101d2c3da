"""Weights along training: kept at the log-spaced steps of the learning curve, the start included.

While a group trains, each step's weights lie beside its checkpoint, so that a killed process
loses none of them; when it has finished, every point gets one file, all steps stacked.
"""

import shutil
from pathlib import Path
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from .._identity import fingerprint
from ..errors import InvalidValue, StoreDamaged
from ..models import AbstractModel
from ..results import Store
from ..results.files import write_whole
from .point import Point


class Snapshots(NamedTuple):
    """The models of one run at several steps.

    Attributes:
        steps: Ascending; 0 is the initialisation, the last one the trained model.
        models: The models, stacked along the leading axis of every leaf.
    """

    steps: list[int]
    models: AbstractModel

    def at(self, index: int) -> AbstractModel:
        """Return the model of one of the steps, by its place in `steps`."""
        return jax.tree.map(lambda leaf: leaf[index], self.models)


def snapshot_path(store: Store, point: Point) -> Path:
    """Return where a point's weights along training lie."""
    final = store.weights_path(fingerprint(point))
    return final.with_name(f"{final.stem}.snapshots.safetensors")


class Keeper:
    """Keeps the weights of a group while it trains.

    Attributes:
        folder: Where they lie until the group has finished.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def keep(self, step: int, models: AbstractModel) -> None:
        """Write the weights of all members after some step, replacing an earlier attempt's."""
        leaves = jax.tree.leaves(models)
        arrays = {f"{i:04}": np.ascontiguousarray(leaf) for i, leaf in enumerate(leaves)}
        write_whole(self._path(step), lambda temporary: temporary.write_bytes(save(arrays)))

    def holds(self, steps: list[int]) -> bool:
        """Return whether the weights after all of these steps are kept (none: of step 0 alone)."""
        return steps == [0] or all(self._path(step).exists() for step in steps)

    def file(self, points: tuple[Point, ...], store: Store, models: AbstractModel) -> None:
        """Give every point its own file, and remove what was kept until then.

        A file that is there stays: another process may have trained the same group, filed all
        its steps and removed the folder, so that only this one's last steps are left here.

        Args:
            points: The members, without padding.
            store: Where the files go.
            models: The members, for the names of their weights.
        """
        paths = sorted(self.folder.glob("*.safetensors"))
        kept = [load_file(path) for path in paths]
        steps = np.array([int(path.stem) for path in paths], np.int64)
        for run, point in enumerate(points):
            if not kept or snapshot_path(store, point).exists():
                continue
            arrays = {
                name: np.stack([of_step[f"{i:04}"][run] for of_step in kept])
                for i, name in enumerate(_names(models))
            }
            content = save(arrays | {"steps": steps})
            write_whole(snapshot_path(store, point), lambda t, c=content: t.write_bytes(c))
        shutil.rmtree(self.folder, ignore_errors=True)

    def _path(self, step: int) -> Path:
        return self.folder / f"{step:012}.safetensors"


def load_snapshots(store: Store, point: Point) -> Snapshots:
    """Return the models of a point along its training.

    Raises:
        InvalidValue: the store holds none: the point was trained without keeping them.
        StoreDamaged: its file cannot be read, or holds another model.
    """
    path = snapshot_path(store, point)
    if not path.exists():
        raise InvalidValue(
            f"There are no weights along the training of point {fingerprint(point)} in "
            f"{store.folder}. Train it with `snapshots=True` (`studies.run`, or `snapshots` of "
            "the study)."
        )
    key = jax.random.key(0)
    template = jax.eval_shape(lambda: point.model.init_for(key, point.task.interface))
    try:
        arrays = load_file(path)
        leaves = [jnp.asarray(arrays[name]) for name in _names(template)]
        steps = [int(step) for step in arrays["steps"]]
    except (SafetensorError, OSError, KeyError) as error:
        raise StoreDamaged(
            f"{path} cannot be read as this point's weights along training "
            f"({type(error).__name__}). Remove it, and train the point again."
        ) from error
    return Snapshots(steps, jax.tree.unflatten(jax.tree.structure(template), leaves))


def _names(models: AbstractModel) -> list[str]:
    named = jax.tree_util.tree_flatten_with_path(models)[0]
    return [jax.tree_util.keystr(where).lstrip(".") for where, _ in named]
