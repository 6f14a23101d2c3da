"""The compiled programs of one group, and whether they fit in memory."""

import dataclasses
import os
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from jaxtyping import Array, PyTree

from ..models import AbstractModel
from ..tasks import AbstractTask
from .devices import choose_mesh
from .ensemble import Start, State, advance, start
from .evaluate import BY_CONTEXT, RUNS, draw_batch, predict_batch
from .grouping import stack
from .point import Point

Tree = TypeVar("Tree")

MEMORY_SHARE = 0.6  # of the memory there is, for all programs of a group


class TooLarge(Exception):
    """The group does not fit in memory: train it in two halves."""


@dataclasses.dataclass(frozen=True)
class Program:
    """A group, compiled and ready to train.

    Attributes:
        points: The members, without padding.
        begin: Returns their first state and their stacked points, padded to the mesh.
        advance: `ensemble.advance`.
        draw: `evaluate.draw_batch` of functions never seen.
        predict: `evaluate.predict_batch`.
        mesh: The devices.
        num_points: Points per drawn sequence; None where moments are drawn.
        compile_seconds: What compiling took.
    """

    points: tuple[Point, ...]
    begin: Callable[[], Start]
    advance: Callable[[State, Point, tuple[Array, Array]], State]
    draw: Callable[[AbstractTask, Array], PyTree]
    predict: Callable[[AbstractModel, PyTree], Array]
    mesh: Mesh
    num_points: int | None
    compile_seconds: float

    @property
    def recipe_steps(self) -> int:
        """Return the steps of every member's recipe."""
        return self.points[0].recipe.num_steps

    def describe(self) -> str:
        """Return in a few words what all members share."""
        point = self.points[0]
        depth = getattr(point.model, "depth", None)
        parts = [type(point.model).__name__] + ([f"depth {depth}"] if depth else [])
        return " ".join([*parts, f"on {type(point.task).__name__}", f"D={point.task.num_dims}"])


def compile_program(points: Sequence[Point]) -> Program:
    """Return the programs of a group. Compiles only: nothing runs on a device.

    Raises:
        TooLarge: the group needs more memory than there is, and has members to split.
    """
    began = time.perf_counter()
    mesh, padded = choose_mesh(len(points), points[0].recipe.batch_size)
    stacked = stack([*points, *[points[-1]] * (padded - len(points))])
    num_points = None
    if not points[0].uses_moments:
        num_points = 1 + max(int(point.task.num_context) for point in points)
    how: dict[str, Any] = {"mesh": mesh, "num_points": num_points}
    begin = start.lower(stacked, mesh=mesh).compile()
    begun = _placed(jax.eval_shape(partial(start, mesh=mesh), stacked), mesh, RUNS)
    whole = jax.ShapeDtypeStruct((), jnp.int32)
    advanced = advance.lower(begun.state, begun.points, (whole, whole), **how).compile()
    drawing = draw_batch.lower(begun.eval_tasks, whole, **how)
    drawn = jax.eval_shape(partial(draw_batch, **how), begun.eval_tasks, whole)
    drawn = _placed(drawn, mesh, BY_CONTEXT)
    predict = predict_batch.lower(begun.state.model, drawn, mesh=mesh).compile()
    if len(points) > 1 and not _fits(advanced, predict):
        raise TooLarge
    return Program(
        points=tuple(points),
        begin=lambda: begin(stacked),
        advance=advanced,
        draw=drawing.compile(),
        predict=predict,
        mesh=mesh,
        num_points=num_points,
        compile_seconds=time.perf_counter() - began,
    )


def _placed(shapes: Tree, mesh: Mesh, spec: PartitionSpec) -> Tree:
    """Return shapes with the placement that the programs of a mesh give their results."""
    if mesh.size == 1:
        return shapes
    sharding = NamedSharding(mesh, spec)
    return jax.tree.map(
        lambda leaf: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=sharding), shapes
    )


def _fits(*programs: Any) -> bool:
    needed = 0
    for program in programs:
        analysis = program.memory_analysis()
        if analysis is not None:
            total = analysis.temp_size_in_bytes + analysis.output_size_in_bytes
            needed = max(needed, total + analysis.argument_size_in_bytes)
    return needed <= MEMORY_SHARE * _memory_per_device()


def _memory_per_device() -> float:
    device = jax.devices()[0]
    if device.platform == "cpu":
        physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        return float(physical) / jax.device_count()
    return float((device.memory_stats() or {}).get("bytes_limit", float("inf")))
