"""Counting what followed the same context so far, for all prefixes at once."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from .._types import Real


def same_context(tokens: Int[Array, " T"], order: int) -> Bool[Array, "T T"]:
    """Return whether positions i and s < i end the same `order` tokens; s has a successor then."""
    index = jnp.arange(tokens.shape[0])
    same = index[None, :] < index[:, None]
    for back in range(order):
        earlier = jnp.roll(tokens, back)
        same = same & (earlier[None, :] == earlier[:, None]) & (index[None, :] >= order - 1)
    return same


def n_gram_logits(
    tokens: Int[Array, " T"], order: int, num_classes: int, *, concentration: Real
) -> Float[Array, "T V"]:
    r"""Return the log of $(c_{tj} + \alpha) / (c_t + V\alpha)$ at every position $t$.

    $c_{tj}$ counts how often token $j$ followed the last `order` tokens before now. It is the
    posterior mean under a symmetric Dirichlet law of concentration $\alpha$ for each context.
    """
    following = jax.nn.one_hot(jnp.roll(tokens, -1), num_classes)
    if order == 0:
        # Every token so far counts, the current one included.
        counts = jnp.cumsum(jax.nn.one_hot(tokens, num_classes), axis=0)
    else:
        counts = same_context(tokens, order).astype(following.dtype) @ following
    smoothed = counts + jnp.asarray(concentration, counts.dtype)
    return jnp.log(smoothed) - jnp.log(smoothed.sum(axis=-1, keepdims=True))
