"""The parts of a pre-norm transformer, written for one sequence."""

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from .._types import Key
from ..errors import InvalidValue

Attention = Literal["softmax", "relu", "linear"]
ROTARY_BASE = 10000.0


class Style(NamedTuple):
    """What may differ between transformers of one shape.

    Attributes:
        attention: What turns scores into weights.
        rotary: Whether queries and keys are rotated by their positions.
        multiplier: Fixed factor on every product with a matrix of the block.
        score_scale: Factor on products of queries and keys; None is $K^{-1/2}$.
    """

    attention: Attention = "softmax"
    rotary: bool = False
    multiplier: float = 1.0
    score_scale: float | None = None


class LayerNorm(eqx.Module):
    """Normalise each token, then scale and shift (epsilon 1e-5, as GPT-2)."""

    scale: Float[Array, "*layers M"]
    shift: Float[Array, "*layers M"]

    def __call__(self, tokens: Float[Array, "T M"]) -> Float[Array, "T M"]:
        """Return the tokens with zero mean and unit variance over the width."""
        centred = tokens - jnp.mean(tokens, axis=-1, keepdims=True)
        variance = jnp.mean(centred**2, axis=-1, keepdims=True)
        return centred * jax.lax.rsqrt(variance + 1e-5) * self.scale[None, :] + self.shift[None, :]


class Linear(eqx.Module):
    """An affine map of each token."""

    weight: Float[Array, "*layers m n"]
    bias: Float[Array, "*layers n"]
    multiplier: float = eqx.field(static=True, default=1.0)

    def __call__(self, tokens: Float[Array, "T m"]) -> Float[Array, "T n"]:
        """Return the mapped tokens; the weight counts times the multiplier."""
        product = tokens @ self.weight
        product = product if self.multiplier == 1.0 else self.multiplier * product
        return product + self.bias[None, :]


class BlockTrace(NamedTuple):
    """What happens inside a block.

    Attributes:
        patterns: Attention weights, read by token q from token t, `(H, q, t)`.
        heads: What each head adds to the stream, before bias and branch scale, `(H, T, M)`.
        mlp: What the MLP adds, before the branch scale, `(T, M)`.
    """

    patterns: Float[Array, "H T T"]
    heads: Float[Array, "H T M"]
    mlp: Float[Array, "T M"]


def unchanged(site: str, value: Array) -> Array:
    """Return what was computed at a site."""
    del site
    return value


class Block(eqx.Module):
    """Attention and MLP, each with its norm; leaves carry a leading layer axis in a stack.

    Without an MLP its three parts are None.

    Attributes:
        num_heads: Attention heads.
        branch_scale: Factor on both residual branches.
        style: Kind of attention.
    """

    attention_norm: LayerNorm
    query: Linear
    key_value: Linear
    attention_out: Linear
    mlp_norm: LayerNorm | None
    mlp_in: Linear | None
    mlp_out: Linear | None
    num_heads: int = eqx.field(static=True)
    branch_scale: float = eqx.field(static=True)
    style: Style = eqx.field(static=True, default=Style())

    def __call__(
        self, tokens: Float[Array, "T M"], mask: Bool[Array, "T T"]
    ) -> Float[Array, "T M"]:
        """Return the tokens after one layer; `mask[i, j]` lets token i read token j."""
        normed = self.attention_norm(tokens)
        return self._finish(tokens, self._attend(normed, normed, mask))

    def trace(
        self,
        tokens: Float[Array, "T M"],
        mask: Bool[Array, "T T"],
        change: Callable[[str, Array], Array] = unchanged,
    ) -> tuple[Float[Array, "T M"], BlockTrace]:
        """Return what the call returns, and what happened on the way.

        Args:
            tokens: The stream before the layer.
            mask: As in the call.
            change: Called with the name of a site (a field of `BlockTrace`) and its value;
                what it returns is what the rest of the layer sees.
        """
        normed = self.attention_norm(tokens)
        weights, values = self._weights(normed, normed, mask)
        patterns = change("patterns", weights)
        mixed = jnp.einsum("hqt,thk->hqk", patterns, values)
        out = self.attention_out.multiplier * self.attention_out.weight
        out = out.reshape(self.num_heads, -1, tokens.shape[-1])
        heads = change("heads", jnp.einsum("hqk,hkm->hqm", mixed, out))
        attended = heads.sum(axis=0) + self.attention_out.bias[None, :]
        tokens = tokens + self.branch_scale * attended
        mlp = change("mlp", self._mlp(tokens))
        return tokens + self.branch_scale * mlp, BlockTrace(patterns, heads, mlp)

    def read_out(
        self, tokens: Float[Array, "T M"], mask: Bool[Array, "T T"], stride: int
    ) -> Float[Array, "P M"]:
        """Return every `stride`-th token after this layer, computing no other.

        For the last layer: the tokens that nothing reads cost a third to a half of it.
        """
        normed = self.attention_norm(tokens)
        at = jnp.arange(0, tokens.shape[0], stride)
        attended = self._attend(normed[::stride], normed, mask[::stride], at=at)
        return self._finish(tokens[::stride], attended)

    def read_at(
        self, tokens: Float[Array, "T M"], mask: Bool[Array, "T T"], positions: Int[Array, " G"]
    ) -> Float[Array, "G M"]:
        """Return the tokens at some positions after this layer, computing no other."""
        normed = self.attention_norm(tokens)
        attended = self._attend(normed[positions], normed, mask[positions], at=positions)
        return self._finish(tokens[positions], attended)

    def _attend(
        self, queries: Array, tokens: Array, mask: Array, *, at: Array | None = None
    ) -> Array:
        weights, values = self._weights(queries, tokens, mask, at=at)
        mixed = jnp.einsum("hqt,thk->qhk", weights, values).reshape(queries.shape)
        return self.attention_out(mixed)

    def _weights(
        self, queries: Array, tokens: Array, mask: Array, *, at: Array | None = None
    ) -> tuple[Array, Array]:
        keys, values = jnp.split(self.key_value(tokens), 2, axis=-1)
        q, k, v = (_heads(part, self.num_heads) for part in (self.query(queries), keys, values))
        if self.style.rotary:
            index = jnp.arange(tokens.shape[0])
            q, k = rotate(q, index if at is None else at), rotate(k, index)
        scale = self.style.score_scale or q.shape[-1] ** -0.5
        scores = jnp.einsum("qhk,thk->hqt", q, k) * scale
        return attention_weights(self.style.attention, scores, mask), v

    def _finish(self, tokens: Array, attended: Array) -> Array:
        tokens = tokens + self.branch_scale * attended
        return tokens if self.mlp_in is None else tokens + self.branch_scale * self._mlp(tokens)

    def _mlp(self, tokens: Array) -> Array:
        if self.mlp_norm is None or self.mlp_in is None or self.mlp_out is None:
            return jnp.zeros_like(tokens)
        return self.mlp_out(jax.nn.gelu(self.mlp_in(self.mlp_norm(tokens))))


def attention_weights(
    attention: Attention, scores: Float[Array, "H Q T"], mask: Bool[Array, "Q T"]
) -> Float[Array, "H Q T"]:
    """Return how much each query reads from each token it may see.

    Without softmax, scores (or their positive parts) are divided by the number of tokens seen,
    which keeps their sum of order 1 at every length (arXiv 2309.08586).
    """
    if attention == "softmax":
        return jax.nn.softmax(jnp.where(mask[None], scores, -1e30), axis=-1)
    kept = jax.nn.relu(scores) if attention == "relu" else scores
    seen = jnp.maximum(jnp.sum(mask, axis=-1), 1).astype(scores.dtype)
    return jnp.where(mask[None], kept, 0.0) / seen[None, :, None]


def rotate(heads: Float[Array, "T H K"], positions: Int[Array, " T"]) -> Float[Array, "T H K"]:
    """Return queries or keys turned by their positions (rotary embedding, arXiv 2104.09864)."""
    half = heads.shape[-1] // 2
    frequencies = ROTARY_BASE ** (-jnp.arange(half, dtype=heads.dtype) / half)
    angles = positions.astype(heads.dtype)[:, None, None] * frequencies[None, None, :]
    first, second = heads[..., :half], heads[..., half:]
    cos, sin = jnp.cos(angles), jnp.sin(angles)
    return jnp.concatenate([first * cos - second * sin, first * sin + second * cos], axis=-1)


def init_block(
    key: Key,
    width: int,
    *,
    num_heads: int,
    mlp_ratio: int,
    out_std: float,
    branch_scale: float,
    std: float = 0.02,
    style: Style | None = None,
) -> Block:
    """Return a block with N(0, `std`) weights, `out_std` on what feeds the residual stream."""
    query, key_value, attention_out, mlp_in, mlp_out = jax.random.split(key, 5)
    hidden, style = mlp_ratio * width, style or Style()
    c = style.multiplier
    return Block(
        init_layer_norm(width),
        init_linear(query, (width, width), std=std, multiplier=c),
        init_linear(key_value, (width, 2 * width), std=std, multiplier=c),
        init_linear(attention_out, (width, width), std=out_std, multiplier=c),
        init_layer_norm(width) if hidden else None,
        init_linear(mlp_in, (width, hidden), std=std, multiplier=c) if hidden else None,
        init_linear(mlp_out, (hidden, width), std=out_std, multiplier=c) if hidden else None,
        num_heads,
        branch_scale,
        style,
    )


def init_layer_norm(width: int) -> LayerNorm:
    """Return the norm that starts as plain normalisation."""
    return LayerNorm(jnp.ones(width), jnp.zeros(width))


def init_linear(
    key: Key, shape: tuple[int, int], std: float = 0.02, *, multiplier: float = 1.0
) -> Linear:
    """Return a map with N(0, `std`) weights and no shift."""
    return Linear(std * jax.random.normal(key, shape), jnp.zeros(shape[1]), multiplier)


def _heads(tokens: Array, num_heads: int) -> Float[Array, "T H K"]:
    return tokens.reshape(tokens.shape[0], num_heads, -1)


def check_sizes(architecture: Any) -> None:
    """Raise `InvalidValue` unless the sizes of a transformer with rotary positions fit."""
    for name in ("depth", "width", "num_heads"):
        if getattr(architecture, name) < 1:
            raise InvalidValue(f"`{name}` must be at least 1. Got {getattr(architecture, name)}.")
    if architecture.mlp_ratio < 0:
        raise InvalidValue(f"`mlp_ratio` must be at least 0. Got {architecture.mlp_ratio}.")
    width, num_heads = architecture.width, architecture.num_heads
    if width % (2 * num_heads):
        raise InvalidValue(
            f"Twice `num_heads`={num_heads} must divide `width`={width}: each head gets an equal "
            "share of the stream, and rotary positions turn pairs of its coordinates."
        )
