"""Training whatever a store misses, group by group."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import jax
import numpy as np

from .._identity import describe, fingerprint
from ..models import AbstractModel
from ..results import Store
from ..results.provenance import commit, now
from .checkpoints import describe_text, group_identity, save_weights
from .compare import compare
from .devices import set_up
from .finish import records
from .grouping import group_points
from .loop import Trained, train
from .point import Point
from .program import Program, TooLarge, compile_program
from .progress import Watcher, unwatched
from .snapshots import Keeper, snapshot_path


def run_points(
    points: Sequence[Point],
    store: Store,
    *,
    watch: Watcher = unwatched,
    checkpoints: bool = True,
    snapshots: bool = False,
) -> int:
    """Train every point that the store misses; return how many.

    Points of one structure train as one compiled ensemble. A finished group is in the store
    before the next one starts; a killed process loses at most the stretch it was in.

    Args:
        points: What is wanted; what the store holds is skipped.
        store: Where records and weights go.
        watch: Called every few seconds.
        checkpoints: Keep each group's state between stretches, and go on from it.
        snapshots: Keep the weights along training as well (`snapshots.load_snapshots`); a point
            that was trained without them is trained again, and its record stays.

    Raises:
        StoreConflict, StoreDamaged, StoreTooNew, StoreUnwritable: see `iclaws.errors`.
    """
    set_up()
    commit()  # before the tree can move on
    store.clean()
    missing = missing_points(points, store, snapshots=snapshots)
    groups = group_points(missing)
    for number, program in enumerate(_compiled(groups)):
        path = store.checkpoint_path(group_identity(program.points))
        keeper = Keeper(path.with_suffix(".snapshots")) if snapshots else None
        if not checkpoints:
            path = None
        how = partial(train, watch=watch, checkpoint=path, keeper=keeper)
        trained = _run_group(program, store, partial(how, place=(number, len(groups))))
        if keeper is not None:
            keeper.file(program.points, store, trained.state.model)
        if path is not None:
            path.unlink(missing_ok=True)
    return len(missing)


def missing_points(points: Sequence[Point], store: Store, *, snapshots: bool) -> list[Point]:
    """Return the points to be trained: without record, or without the snapshots asked for."""
    missing = store.missing(points)
    if not snapshots:
        return missing
    known = {fingerprint(point) for point in missing}
    lacking: dict[str, Point] = {}
    for point in points:
        identity = fingerprint(point)
        if identity not in known and not snapshot_path(store, point).exists():
            lacking.setdefault(identity, point)
    return missing + list(lacking.values())


def _compiled(groups: list[list[Point]]) -> Iterator[Program]:
    """Yield the groups compiled, each while the one before it trains."""
    with ThreadPoolExecutor(1) as background:
        waiting = list(groups)
        coming = background.submit(_compile, waiting.pop(0)) if waiting else None
        while coming is not None:
            compiled = coming.result()
            if isinstance(compiled, list):
                waiting = compiled + waiting
                coming = background.submit(_compile, waiting.pop(0))
                continue
            coming = background.submit(_compile, waiting.pop(0)) if waiting else None
            yield compiled


def _compile(group: list[Point]) -> Program | list[list[Point]]:
    """Return the group compiled, or its halves if it does not fit in memory."""
    try:
        return compile_program(group)
    except TooLarge:
        middle = len(group) // 2
        return [group[:middle], group[middle:]]


def _run_group(program: Program, store: Store, train_it: Callable[..., Trained]) -> Trained:
    began = now()
    begun = program.begin()
    trained = train_it(program, begun)
    baselines = compare(program.points, program.eval_shape)
    found = records(
        program, begun, trained, baselines=baselines, started_at=began, finished_at=now()
    )
    models = jax.tree.map(np.asarray, trained.state.model)
    for run, point in enumerate(program.points):
        model: AbstractModel = jax.tree.map(lambda leaf, run=run: leaf[run], models)
        save_weights(store.weights_path(found[run].id), model, describe_text(describe(point)))
    store.add(found)
    return trained
