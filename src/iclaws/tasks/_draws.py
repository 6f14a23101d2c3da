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


# Chances in whole shares of this many: sums and differences of them are then exact, and what has
# been drawn cannot be hit again through rounding. Two times it must still be an int32.
SHARES = 2**30


def share_ends(log_weights: Float[Array, " n"]) -> Int[Array, " n"]:
    """Return where each one's shares end if all lie in a row; each has one share at least."""
    shares = jnp.round(jax.nn.softmax(log_weights) * SHARES).astype(jnp.int32)
    return jnp.cumsum(jnp.maximum(shares, 1))


def sample_shares(key: Key, ends: Int[Array, " n"], count: int) -> Int[Array, " count"]:
    """Draw `count` indices, each on its own, with chances as their shares."""
    places = _below(jax.random.bits(key, (count,), jnp.uint32), ends[-1])
    return jnp.searchsorted(ends, places, side="right").astype(jnp.int32)


def _below(bits: Array, total: Array) -> Int[Array, "..."]:
    """Return the upper half of the product of 32 random bits and `total`: a number below it.

    As even as 32 bits allow. `jax.random.randint` takes remainders, and where those do
    not go up evenly, the lower numbers come up to a quarter more often at these sizes.
    """
    high, low = bits >> 16, bits & 0xFFFF
    total = total.astype(jnp.uint32)
    total_high, total_low = total >> 16, total & 0xFFFF
    carried = high * total_low + ((low * total_low) >> 16)
    lower = (carried & 0xFFFF) + low * total_high
    return (high * total_high + (carried >> 16) + (lower >> 16)).astype(jnp.int32)


def sample_different(key: Key, ends: Int[Array, " n"], count: int) -> Int[Array, " count"]:
    """Draw `count` different indices, one after the other, with chances as their shares.

    Each draw is a place among the shares that are left, found by bisection: a Gumbel variate for
    every index, of which the largest are taken, has the same law and costs a quarter of a
    training step where there are thousands.
    """

    def step(taken: tuple[Array, ...], at: tuple[Array, Array]) -> tuple[tuple[Array, ...], None]:
        chosen, starts, widths = taken
        position, bits = at
        place = _below(bits, ends[-1] - jnp.sum(widths))
        place = place + jnp.sum(jnp.where(place >= starts, widths, 0))
        index = jnp.searchsorted(ends, place, side="right").astype(jnp.int32)
        begin = jnp.where(index == 0, 0, ends[jnp.maximum(index - 1, 0)])
        before = chosen < index
        start = begin - jnp.sum(jnp.where(before, widths, 0))
        width = ends[index] - begin
        taken = (
            chosen.at[position].set(index),
            jnp.where(before, starts, starts - width).at[position].set(start),
            widths.at[position].set(width),
        )
        return taken, None

    # Where the shares of each one drawn would begin among those that are left; nowhere as yet.
    nothing = jnp.zeros(count, jnp.int32)
    none = (nothing + ends.shape[0], nothing + jnp.iinfo(jnp.int32).max, nothing)
    bits = jax.random.bits(key, (count,), jnp.uint32)
    (chosen, _, _), _ = jax.lax.scan(step, none, (jnp.arange(count), bits))
    return chosen


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
