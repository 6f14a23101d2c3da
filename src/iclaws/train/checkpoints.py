"""States of groups in training, and final weights, as safetensors."""

import contextlib
import hashlib
import json
from pathlib import Path
from typing import NamedTuple, TypeVar

import jax
import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import load_file, save

from .._identity import describe, fingerprint
from ..errors import InvalidValue, StoreDamaged
from ..models import AbstractModel
from ..results import Store
from ..results.files import write_whole
from .point import Point

Tree = TypeVar("Tree")


class Checkpoint(NamedTuple):
    """A group between two stretches of its training.

    Attributes:
        step: Steps done.
        curve: Excess risks of the learning curve so far, one row per recorded step, `(n, R)`.
        leaves: The leaves of the state.
    """

    step: int
    curve: np.ndarray
    leaves: list[np.ndarray]


def group_identity(points: tuple[Point, ...]) -> str:
    """Return the name of a group's checkpoint: it follows from its members, in order.

    From every field, defaults included: a state trained under another default does not fit.
    """
    return hashlib.sha256(json.dumps([*map(describe, points)]).encode()).hexdigest()[:16]


def save_checkpoint(path: Path, state: object, *, step: int, curve: np.ndarray) -> None:
    """Write the state of a group, whole or not at all."""
    arrays = {f"{i:04}": np.asarray(leaf) for i, leaf in enumerate(jax.tree.leaves(state))}
    arrays["curve"] = np.asarray(curve, np.float64)
    metadata = {"step": str(step)}
    _save(path, arrays, metadata)


def load_checkpoint(path: Path, state: object) -> Checkpoint | None:
    """Return what was saved, or None if there is nothing that fits this state."""
    if not path.exists():
        return None
    with contextlib.suppress(SafetensorError, OSError, KeyError, ValueError):
        with safe_open(path, "numpy") as file:
            step = int(file.metadata()["step"])
        arrays = load_file(path)
        curve = arrays.pop("curve")
        leaves = [arrays[name] for name in sorted(arrays)]
        expected = [(leaf.shape, leaf.dtype) for leaf in jax.tree.leaves(state)]
        if [(leaf.shape, leaf.dtype) for leaf in leaves] == expected:
            return Checkpoint(step, curve, leaves)
    return None


def save_weights(path: Path, model: AbstractModel, point_text: str) -> None:
    """Write one model's weights, each under the name of its field, with its point beside them."""
    named = jax.tree_util.tree_flatten_with_path(model)[0]
    arrays = {
        jax.tree_util.keystr(where).lstrip("."): np.ascontiguousarray(leaf) for where, leaf in named
    }
    _save(path, arrays, {"point": point_text})


def load_weights(store: Store, point: Point) -> AbstractModel:
    """Return the trained model of a point.

    Raises:
        InvalidValue: the store holds no weights of it.
        StoreDamaged: its file cannot be read, or holds another model.
    """
    path = store.weights_path(fingerprint(point))
    if not path.exists():
        raise InvalidValue(
            f"There are no weights of point {fingerprint(point)} in {store.folder}. "
            "Train it there first (`studies.run`)."
        )
    key = jax.random.key(0)
    template = jax.eval_shape(lambda: point.model.init_for(key, point.task.interface))
    named, structure = jax.tree_util.tree_flatten_with_path(template)
    try:
        arrays = load_file(path)
        leaves = [
            jax.numpy.asarray(arrays[jax.tree_util.keystr(where).lstrip(".")]) for where, _ in named
        ]
    except (SafetensorError, OSError, KeyError) as error:
        raise StoreDamaged(
            f"{path} cannot be read as the weights of this point ({type(error).__name__}). "
            "Move it out of the store, its record's part as well, and train the point again."
        ) from error
    return jax.tree.unflatten(structure, leaves)


def _save(path: Path, arrays: dict[str, np.ndarray], metadata: dict[str, str]) -> None:
    # As bytes: the library's own writing to a file goes through a temporary file that a
    # killed process would leave, and its errors hide the system's.
    write_whole(path, lambda temporary: temporary.write_bytes(save(arrays, metadata)))


def describe_text(description: dict) -> str:
    """Return a description as the text stored beside weights."""
    return json.dumps(description, sort_keys=True)
