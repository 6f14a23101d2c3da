"""The optimiser of a recipe, built from Optax with rates that may differ inside an ensemble."""

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Int, PyTree

from .._types import Scalar
from .recipe import Recipe

SGD_MOMENTUM = 0.9


def direction(recipe: Recipe) -> optax.GradientTransformation:
    """Return the transformation from gradients to a descent direction of unit rate."""
    parts = [] if recipe.clip_norm is None else [optax.clip_by_global_norm(recipe.clip_norm)]
    if recipe.optimiser == "sgd":
        parts.append(optax.trace(SGD_MOMENTUM))
    else:
        parts.append(optax.scale_by_adam(*recipe.adam_decays))
    if recipe.optimiser == "adamw":
        parts.append(optax.add_decayed_weights(recipe.weight_decay))
    return optax.chain(*parts)


def learning_rate(recipe: Recipe, step: Int[Array, ""]) -> Scalar:
    """Return the learning rate of a step (counted from 0)."""
    decay_steps = max(recipe.num_steps - recipe.warmup_steps, 1)
    decay = {
        "cosine": optax.cosine_decay_schedule(1.0, decay_steps),
        "linear": optax.linear_schedule(1.0, 0.0, decay_steps),
        "constant": optax.constant_schedule(1.0),
    }[recipe.schedule]
    shape = decay
    if recipe.warmup_steps > 0:
        # The first step moves by a fraction, not by zero.
        warmup = optax.linear_schedule(1.0 / recipe.warmup_steps, 1.0, recipe.warmup_steps)
        shape = optax.join_schedules([warmup, decay], [recipe.warmup_steps])
    with jax.numpy_dtype_promotion("standard"):  # Optax mixes integers and floats inside
        return jnp.asarray(recipe.learning_rate * shape(step), jnp.float32)


def initial_state(recipe: Recipe, model: PyTree) -> PyTree:
    """Return the optimiser's state before the first step."""
    with jax.numpy_dtype_promotion("standard"):
        return direction(recipe).init(model)


def update(recipe: Recipe, step: Array, grads_state_model: tuple) -> tuple[PyTree, PyTree]:
    """Return the model and the optimiser's state after one step."""
    grads, state, model = grads_state_model
    with jax.numpy_dtype_promotion("standard"):
        moves, state = direction(recipe).update(grads, state, model)
    rate = learning_rate(recipe, step)
    return jax.tree.map(lambda leaf, move: leaf - rate * move, model, moves), state
