"""An ensemble: points of one structure, trained as one compiled program."""

from functools import partial
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import optax
from jax.sharding import Mesh, PartitionSpec
from jaxtyping import Array, Float, Int, PyTree

from .._types import GradedSequence, Loss, MomentSequence, Scalar
from ..models import AbstractLogitModel, AbstractModel, AbstractMomentModel
from . import draws
from .devices import BATCH, ENSEMBLE, batch_share, over_mesh
from .draws import Shape
from .losses import graded_loss, pointwise
from .optimiser import initial_state, update
from .point import Point
from .recipe import Recipe

NUM_BINS = 100  # of the training-loss curve, equal in steps
# A deep forward pass can overflow on one unlucky context: such a step is skipped. A member
# that fails this often in a row has diverged.
MOST_FAILURES = 20
RUNS, EVERYWHERE = PartitionSpec(ENSEMBLE), PartitionSpec()


class State(NamedTuple):
    """The members of an ensemble between two steps; every leaf has a leading axis `R`.

    Attributes:
        model: The models.
        optimiser: The optimisers' states.
        loss_sum: Sum of training losses in each bin of the curve, `(R, NUM_BINS)`.
        loss_count: Number of losses in it.
        failures: Steps in a row without a finite gradient.
        diverged_at: The step at which a member was frozen, or -1.
    """

    model: AbstractModel
    optimiser: optax.OptState
    loss_sum: Float[Array, "R bins"]
    loss_count: Float[Array, "R bins"]
    failures: Int[Array, " R"]
    diverged_at: Int[Array, " R"]


@partial(jax.jit, static_argnames="mesh")
def start(points: Point, *, mesh: Mesh) -> State:
    """Return fresh members for stacked points."""
    return over_mesh(jax.vmap(_start_one), mesh, in_specs=(RUNS,), out_specs=RUNS)(points)


@partial(jax.jit, static_argnames=("mesh", "shape"), donate_argnums=0)
def advance(
    state: State,
    points: Point,
    steps: tuple[Array, Array],
    *,
    mesh: Mesh,
    shape: Shape,
) -> State:
    """Return the state after training from step `steps[0]` up to `steps[1]`.

    Both are traced, so that one program serves every stretch of a run.

    Args:
        state: Donated: its memory holds the result.
        points: Stacked points with prepared tasks.
        steps: First and one-past-last step.
        mesh: The devices.
        shape: What is drawn of each sequence.
    """

    def share(state: State, points: Point, steps: tuple[Array, Array]) -> State:
        def body(carry: tuple[Array, State]) -> tuple[Array, State]:
            step, state = carry
            member = partial(_train_step, mesh=mesh, shape=shape)
            return step + 1, jax.vmap(member, in_axes=(0, 0, None))(state, points, step)

        return jax.lax.while_loop(lambda carry: carry[0] < steps[1], body, (steps[0], state))[1]

    specs = (RUNS, RUNS, EVERYWHERE)
    return over_mesh(share, mesh, in_specs=specs, out_specs=RUNS)(state, points, steps)


def training_loss(
    model: AbstractModel,
    recipe: Recipe,
    drawn: PyTree,
    *,
    num_context: Array,
    loss: Loss = "squared",
) -> Scalar:
    """Return the mean loss on a batch of drawn sequences.

    Where positions are graded by weights, those decide and `recipe.loss_on` has no part.
    """
    if isinstance(drawn, MomentSequence):
        assert isinstance(model, AbstractMomentModel)
        return jnp.mean((jax.vmap(model.predict_all)(drawn.moments) - drawn.labels) ** 2)
    if isinstance(drawn, GradedSequence):
        assert isinstance(model, AbstractLogitModel)
        return jnp.mean(jax.vmap(graded_loss, in_axes=(None, 0))(model, drawn))
    errors = pointwise(loss, jax.vmap(model)(drawn.xs, drawn.ys), drawn.ys)
    position = jnp.arange(errors.shape[1])
    wanted = position <= num_context if recipe.loss_on == "all" else position == num_context
    return jnp.mean(jnp.sum(jnp.where(wanted[None], errors, 0.0), axis=1)) / jnp.sum(
        wanted.astype(errors.dtype)
    )


def _start_one(point: Point) -> State:
    keys = draws.run_keys(point.seed)
    model = point.model.init_for(keys.init, point.task.interface)
    bins, count = jnp.zeros(NUM_BINS), jnp.zeros((), jnp.int32)
    return State(model, initial_state(point.recipe, model), bins, bins, count, count - 1)


def _train_step(state: State, point: Point, step: Array, *, mesh: Mesh, shape: Shape) -> State:
    point = _with_context_of(point, step)
    drawn = _draw_batch(point, step, mesh=mesh, shape=shape)
    num_context = jnp.asarray(point.task.num_context)
    loss, grads = jax.value_and_grad(training_loss)(
        state.model, point.recipe, drawn, num_context=num_context, loss=point.task.loss
    )
    if mesh.shape[BATCH] > 1:
        loss, grads = jax.lax.pmean((loss, grads), BATCH)
    model, optimiser = update(point.recipe, step, (grads, state.optimiser, state.model))
    finite = jnp.isfinite(loss) & jnp.isfinite(optax.tree.norm(grads))
    good = finite & (state.diverged_at < 0)
    model, optimiser = jax.tree.map(
        lambda new, old: jnp.where(good, new, old),
        (model, optimiser),
        (state.model, state.optimiser),
    )
    bin_index = (step * NUM_BINS) // point.recipe.num_steps
    failures = jnp.where(finite, 0, state.failures + 1)
    gives_up = (failures >= MOST_FAILURES) & (state.diverged_at < 0)
    return State(
        model,
        optimiser,
        state.loss_sum.at[bin_index].add(jnp.where(good, loss, 0.0)),
        state.loss_count.at[bin_index].add(good.astype(jnp.float32)),
        failures,
        jnp.where(gives_up, step, state.diverged_at),
    )


def _with_context_of(point: Point, step: Array) -> Point:
    """Return the point with the context length that its curriculum has reached."""
    ramp = point.recipe.context_curriculum
    if ramp is None:
        return point
    reached = ramp.at(step, point.task.num_context)
    return eqx.tree_at(lambda point: point.task.num_context, point, reached)


def _draw_batch(point: Point, step: Array, *, mesh: Mesh, shape: Shape) -> PyTree:
    first, share = batch_share(mesh, point.recipe.batch_size)
    keys = draws.run_keys(point.seed)
    dims = point.recipe.dims_curriculum
    num_active = None if dims is None else dims.at(step, point.task.num_dims)

    def one(index: Array) -> PyTree:
        draw = draws.training_draw(point.recipe, keys, (step, index))
        return draws.sample(point.task, draw, shape, num_active=num_active)

    return jax.vmap(one)(first + jnp.arange(share, dtype=first.dtype))
