"""Exact draws of discrete things whose cost does not grow with what they are drawn from."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from .._types import Key, Real
from ._gaussian import sample_chi


def sample_without_replacement(key: Key, total: int, count: int) -> Int[Array, " count"]:
    """Draw `count` different numbers below `total`, in random order.

    Floyd's algorithm (Bentley and Floyd, 1987): `count` short steps, however large `total`; a
    shuffle of all of them would cost most of a training step where a vocabulary is large.
    """
    pick_key, order_key = jax.random.split(key)
    highest = jnp.arange(total - count, total, dtype=jnp.int32)
    picks = jax.random.randint(pick_key, (count,), 0, highest + 1, jnp.int32)

    def step(chosen: Array, at: Array) -> tuple[Array, None]:
        taken = jnp.any(chosen == picks[at])
        return chosen.at[at].set(jnp.where(taken, highest[at], picks[at])), None

    chosen, _ = jax.lax.scan(step, jnp.full(count, -1, jnp.int32), jnp.arange(count))
    return jax.random.permutation(order_key, chosen)


def sample_weighted(key: Key, log_weights: Float[Array, " n"], count: int) -> Int[Array, " count"]:
    """Draw `count` different indices, one after the other, with chances as their weights.

    The largest of Gumbel variates added to the log weights: the same law.
    """
    scores = log_weights + jax.random.gumbel(key, log_weights.shape)
    return jax.lax.top_k(scores, count)[1].astype(jnp.int32)


def sample_dirichlet(
    key: Key, concentration: Real, shape: tuple[int, int]
) -> Float[Array, "rows n"]:
    """Draw rows of a symmetric Dirichlet law, each of sum 1.

    Gamma variates in logarithms, so that a small concentration does not underflow to 0/0:
    Gamma(a) is Gamma(a + 1) times U^(1/a), and chi^2 with 2a + 2 degrees is twice Gamma(a + 1).
    """
    chi_key, uniform_key = jax.random.split(key)
    size = shape[0] * shape[1]
    degrees = jnp.full(size, 2.0) * (1.0 + jnp.asarray(concentration, jnp.float32))
    logs = 2.0 * jnp.log(sample_chi(chi_key, degrees))
    uniform = jax.random.uniform(uniform_key, (size,), minval=jnp.finfo(jnp.float32).tiny)
    return jax.nn.softmax((logs + jnp.log(uniform) / concentration).reshape(shape), axis=-1)


def point_uniforms(key: Key, num_points: int) -> Float[Array, " P"]:
    """Draw one uniform per point from a key of its own: more points begin with the fewer."""
    keys = jax.vmap(jax.random.fold_in, in_axes=(None, 0))(key, jnp.arange(num_points))
    return jax.vmap(jax.random.uniform)(keys)


def categorical_of(uniform: Array, chances: Float[Array, " n"]) -> Int[Array, ""]:
    """Return the class in whose share of [0, 1) a uniform falls."""
    index = jnp.sum(uniform >= jnp.cumsum(chances)).astype(jnp.int32)
    # Rounding may leave the shares' sum a hair below 1.
    return jnp.minimum(index, chances.shape[0] - 1)
