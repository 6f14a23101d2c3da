"""What attention heads do: scores of their patterns, 1 for a head that does only that."""

import jax.numpy as jnp
from jaxtyping import Array, Float, Int


def previous_token_score(patterns: Float[Array, "*n T T"]) -> Float[Array, "*n"]:
    """Return the mean weight that a token puts on the one before it (arXiv 2209.11895)."""
    return jnp.mean(jnp.diagonal(patterns, offset=-1, axis1=-2, axis2=-1), axis=-1)


def induction_score(
    patterns: Float[Array, "*n T T"], tokens: Int[Array, " T"]
) -> Float[Array, "*n"]:
    """Return the mean weight on tokens that followed earlier occurrences of the present one.

    Over the positions whose token occurred before (arXiv 2209.11895); 0 if there are none.

    Args:
        patterns: Attention weights, read by row from column; one sequence.
        tokens: The sequence itself.
    """
    index = jnp.arange(tokens.shape[0])
    # followed[q, t]: the token before t is q's own, and t comes no later than q.
    before = jnp.concatenate([tokens[:1] * 0 - 1, tokens[:-1]])
    followed = (tokens[:, None] == before[None, :]) & (index[None, :] <= index[:, None])
    followed = followed & (index[None, :] > 0)
    counts = jnp.any(followed, axis=1)
    # Rows without an earlier occurrence have no followed column and add nothing.
    total = jnp.einsum("...qt,qt->...", patterns, followed.astype(patterns.dtype))
    return total / jnp.maximum(jnp.sum(counts), 1).astype(total.dtype)


def label_score(patterns: Float[Array, "*n T T"]) -> Float[Array, "*n"]:
    """Return the mean weight that covariate tokens put on earlier label tokens.

    For sequences x, y, x, y ...: a head that reads labels into predictions has a high one.
    """
    return jnp.mean(jnp.sum(patterns[..., 2::2, 1::2], axis=-1), axis=-1)
