"""Risk on fixed evaluation contexts, the same for every model and baseline of a task.

Drawing and predicting are two programs: what is drawn once serves a model and its baselines.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, PartitionSpec
from jaxtyping import Array, Int, PyTree

from .._types import Count, GradedSequence, MomentSequence
from ..models import AbstractLogitModel, AbstractModel, AbstractMomentModel
from ..tasks import AbstractTask
from . import draws
from .devices import BATCH, ENSEMBLE, batch_share, over_mesh
from .draws import Shape
from .losses import graded_answers
from .point import Point

BATCH_CONTEXTS = 512  # evaluated in one call
EVAL_QUERIES = 8  # per context, where moments are drawn; a context's error is their mean
CURVE_CONTEXTS = 2 * BATCH_CONTEXTS  # that a point of the learning curve is averaged over
RUNS, EVERYWHERE = PartitionSpec(ENSEMBLE), PartitionSpec()
BY_CONTEXT = PartitionSpec(ENSEMBLE, BATCH)


class Pool(NamedTuple):
    """The finite pools of functions that members were trained on.

    Attributes:
        num_tasks: Functions in each pool, `(R,)`.
        seed: Seeds of the runs, `(R,)`.
        num_redraws: Times that their functions were replaced in training, `(R,)`; None: never.
    """

    num_tasks: Count
    seed: Count
    num_redraws: Count | None = None


def pool_of(point: Point) -> Pool:
    """Return the pool of a run or of stacked runs, as it is after the last step.

    A run without a pool gets one of a single function.
    """
    recipe = point.recipe
    num_tasks = 1 if recipe.num_tasks is None else recipe.num_tasks
    again = np.full(np.shape(point.seed), recipe.num_redraws, np.int32)
    return Pool(num_tasks, point.seed, jnp.asarray(again) if recipe.num_redraws else None)


@partial(jax.jit, static_argnames=("mesh", "shape"))
def draw_batch(
    tasks: AbstractTask,
    batch: Array,
    pool: Pool | None = None,
    *,
    which: Int[Array, " R"] | None = None,
    mesh: Mesh,
    shape: Shape,
) -> PyTree:
    """Return one evaluation batch of every member, axes `(R, B, ...)`.

    Args:
        tasks: Stacked and prepared for evaluation, or by their runs if there is a pool.
        batch: Number of the batch.
        pool: Draw new sequences of pretraining functions; None draws functions never seen.
        which: Which of the tasks each member has; None if there is one for each. Members of
            one task share its contexts anyway: drawn once, copied to each.
        mesh: The devices.
        shape: What is drawn of each sequence.
    """

    def one_run(task: AbstractTask, pool: Pool | None, batch_indices: tuple) -> PyTree:
        batch, indices = batch_indices

        def one(index: Array) -> PyTree:
            draw = draws.evaluation_draw(batch, index)
            if pool is not None:
                key = draws.run_keys(pool.seed).pool
                latent = draws.pooled(pool.num_tasks, key, draw.latent)
                if pool.num_redraws is not None:
                    latent = draws.version(latent, pool.num_redraws)
                draw = draw._replace(latent=latent)
            return draws.sample(task, draw, shape)

        return jax.vmap(one)(indices)

    def share(tasks: AbstractTask, members: tuple, batch: Array) -> PyTree:
        pool, which = members
        first, count = batch_share(mesh, BATCH_CONTEXTS)
        indices = first + jnp.arange(count, dtype=first.dtype)
        # A task of structure alone has no axis to count by: those of one group are all the same.
        size = None if jax.tree.leaves((tasks, pool)) else 1
        over_runs = jax.vmap(one_run, in_axes=(0, 0, None), axis_size=size)
        drawn = over_runs(tasks, pool, (batch, indices))
        return drawn if which is None else jax.tree.map(lambda leaf: leaf[which], drawn)

    specs = (RUNS, RUNS, EVERYWHERE)
    found = over_mesh(share, mesh, in_specs=specs, out_specs=BY_CONTEXT)
    return found(tasks, (pool, which), batch)


@partial(jax.jit, static_argnames="mesh")
def predict_batch(models: AbstractModel, drawn: PyTree, *, mesh: Mesh) -> PyTree:
    """Return every member's answers on its batch, axes `(R, B, ...)`.

    Real answers are returned as they are, at all queries or all positions; logits of classes are
    scored where they are, on the device, at the graded positions (`losses.Graded`).
    """
    over_runs = jax.vmap(jax.vmap(_predict, in_axes=(None, 0)))
    specs = (RUNS, BY_CONTEXT)
    return over_mesh(over_runs, mesh, in_specs=specs, out_specs=BY_CONTEXT)(models, drawn)


def predictions(
    draw: Callable[[Array], PyTree], predict: Callable[[PyTree], Any], num_contexts: int
) -> tuple[Any, np.ndarray]:
    """Return predictions and targets on the first `num_contexts` contexts.

    Args:
        draw: `draw_batch` with all but the number of the batch filled in.
        predict: `predict_batch` with all but the batch filled in, or several of them in a list:
            then the predictions come as a list too, each of shape `(R, C, P)`.
        num_contexts: Contexts per member.
    """
    parts = []
    for batch in range(-(-num_contexts // BATCH_CONTEXTS)):
        drawn = draw(jnp.asarray(batch, jnp.int32))
        parts.append(jax.tree.map(np.asarray, (predict(drawn), drawn.targets)))
    return jax.tree.map(lambda *each: np.concatenate(each, axis=1)[:, :num_contexts], *parts)


def _predict(model: AbstractModel, drawn: PyTree) -> PyTree:
    if isinstance(drawn, MomentSequence):
        assert isinstance(model, AbstractMomentModel)
        return model.predict_all(drawn.moments)
    if isinstance(drawn, GradedSequence):
        assert isinstance(model, AbstractLogitModel)
        return graded_answers(model, drawn, drawn.targets)
    return model(drawn.xs, drawn.ys)
