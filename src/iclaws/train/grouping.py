"""Which points can share one compiled program: those of equal tree structure."""

from collections.abc import Hashable, Iterable, Sequence as Ordered
from typing import TypeVar

import jax
import jax.numpy as jnp
import numpy as np

from .point import Point

Tree = TypeVar("Tree")


def group_points(points: Iterable[Point]) -> list[list[Point]]:
    """Split points into groups, keeping their order.

    Static fields (depth, width, sizes of arrays) decide; everything else varies inside a
    group. Where contexts are drawn as tokens, a group's context lengths lie within a factor
    of two, because every member is padded to the longest.
    """
    groups: dict[Hashable, list[Point]] = {}
    for point in points:
        length = 0 if point.uses_moments else int(point.task.num_context).bit_length()
        groups.setdefault((jax.tree.structure(point), length), []).append(point)
    return list(groups.values())


def stack(trees: Ordered[Tree]) -> Tree:
    """Return one tree whose leaves are the given trees' leaves along a new first axis.

    Whole numbers become int32 and others float32, whatever the members wrote.
    """
    return jax.tree.map(lambda *leaves: _stack_leaves(leaves), *trees)


def _stack_leaves(leaves: tuple) -> jax.Array:
    array = np.stack([np.asarray(leaf) for leaf in leaves])
    kind = np.int32 if np.issubdtype(array.dtype, np.integer) else np.float32
    return jnp.asarray(array.astype(kind))
