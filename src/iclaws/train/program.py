"""The compiled programs of one group, and whether they fit in memory."""

import dataclasses
import os
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from jaxtyping import Array, PyTree

from .._identity import fingerprint
from ..models import AbstractModel
from ..tasks import AbstractTask
from .devices import ENSEMBLE, calls_lapack, choose_mesh, one_device, place
from .draws import Shape, evaluation_task, training_task
from .ensemble import State, advance, start
from .evaluate import BY_CONTEXT, EVAL_QUERIES, RUNS, draw_batch, predict_batch
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
        stacked: The same with their tasks prepared for training, padded to the mesh.
        begin: `ensemble.start` of them.
        advance: `ensemble.advance`.
        draw: `evaluate.draw_batch` of functions never seen.
        predict: `evaluate.predict_batch`.
        mesh: The devices.
        eval_shape: What is drawn of each evaluation context.
        compile_seconds: What compiling took.
    """

    points: tuple[Point, ...]
    stacked: Point
    begin: Callable[[], State]
    advance: Callable[[State, Point, tuple[Array, Array]], State]
    draw: Callable[[Array], PyTree]
    predict: Callable[[AbstractModel, PyTree], Array]
    mesh: Mesh
    eval_shape: Shape
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
        size = f"D={point.task.num_dims}"
        if point.task.reads == "tokens":
            size = f"T={int(point.task.num_context) + 1} V={point.task.num_classes}"
        return " ".join([*parts, f"on {type(point.task).__name__}", size])


def compile_program(points: Sequence[Point]) -> Program:
    """Return the programs of a group. Compiles only: nothing runs on a device.

    Raises:
        TooLarge: the group needs more memory than there is, and has members to split.
    """
    mesh, padded = choose_mesh(len(points), points[0].recipe.batch_size)
    began = time.perf_counter()
    lowered = _lower(points, mesh, padded)
    if mesh.size > 1 and calls_lapack(*lowered.programs):
        mesh = one_device()
        lowered = _lower(points, mesh, len(points))
    begin, advanced, draw, predict = (program.compile() for program in lowered.programs)
    if len(points) > 1 and not _fits(advanced, predict):
        raise TooLarge
    return Program(
        points=tuple(points),
        stacked=lowered.stacked,
        begin=lambda: begin(lowered.stacked),
        advance=advanced,
        draw=lambda batch: draw(lowered.eval_tasks, batch, which=lowered.which),
        predict=predict,
        mesh=mesh,
        eval_shape=lowered.eval_shape,
        compile_seconds=time.perf_counter() - began,
    )


class _Lowered(NamedTuple):
    stacked: Point
    eval_tasks: AbstractTask
    which: Array
    eval_shape: Shape
    programs: tuple[Any, ...]


def _lower(points: Sequence[Point], mesh: Mesh, padded: int) -> _Lowered:
    """Return what starts, trains, draws and predicts on a mesh, before it is compiled."""
    filled = [*points, *[points[-1]] * (padded - len(points))]
    stacked = place(stack([_prepared(point) for point in filled]), mesh)
    eval_tasks, which = _distinct_tasks(filled, mesh)
    shape, eval_shape = shapes(points)
    how: dict[str, Any] = {"mesh": mesh, "shape": eval_shape}
    whole = jax.ShapeDtypeStruct((), jnp.int32)
    state = _placed(jax.eval_shape(partial(start, mesh=mesh), stacked), mesh, RUNS)
    drawn = jax.eval_shape(partial(draw_batch, **how), eval_tasks, whole, which=which)
    programs = (
        start.lower(stacked, mesh=mesh),
        advance.lower(state, stacked, (whole, whole), mesh=mesh, shape=shape),
        draw_batch.lower(eval_tasks, whole, which=which, **how),
        predict_batch.lower(state.model, _placed(drawn, mesh, BY_CONTEXT), mesh=mesh),
    )
    return _Lowered(stacked, eval_tasks, which, eval_shape, programs)


def shapes(points: Sequence[Point]) -> tuple[Shape, Shape]:
    """Return what a group draws of each sequence, in training and in evaluation."""
    if points[0].uses_moments:
        return Shape(None, points[0].recipe.num_queries), Shape(None, EVAL_QUERIES)
    shape = Shape(1 + max(int(point.task.num_context) for point in points))
    return shape, shape


def _distinct_tasks(points: Sequence[Point], mesh: Mesh) -> tuple[AbstractTask, Array]:
    """Return the different tasks of each device's members, and which of its tasks each has."""
    num_devices = mesh.shape[ENSEMBLE]
    shares = np.array_split(np.arange(len(points)), num_devices)
    tasks: list[list[AbstractTask]] = []
    which: list[int] = []
    for share in shares:
        own: dict[str, AbstractTask] = {}
        for point in (points[index] for index in share):
            own.setdefault(fingerprint(point.task), point.task)
            which.append(list(own).index(fingerprint(point.task)))
        tasks.append([evaluation_task(task) for task in own.values()])
    most = max(map(len, tasks))
    padded = [task for own in tasks for task in own + [own[-1]] * (most - len(own))]
    return place(stack(padded), mesh), place(jnp.asarray(which, jnp.int32), mesh)


def _prepared(point: Point) -> Point:
    return dataclasses.replace(point, task=training_task(point.task, int(point.seed)))


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
        return _physical_memory() / jax.device_count()
    return float((device.memory_stats() or {}).get("bytes_limit", float("inf")))


def _physical_memory() -> float:
    try:
        return float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    except (AttributeError, ValueError, OSError):  # not on every system
        return float("inf")
