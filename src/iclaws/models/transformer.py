"""The decoder-only softmax transformer of the in-context regression literature."""

import math
from typing import ClassVar, Literal

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from .._types import Interface, Key, Loss
from ..errors import InvalidValue
from ._base import AbstractArchitecture, AbstractModel, models
from ._blocks import (
    Attention,
    Block,
    LayerNorm,
    Linear,
    Style,
    init_block,
    init_layer_norm,
    init_linear,
)
from ._sequence import AbstractTrunk, init_model, interleave

TOKENS_PER_POINT = 2  # x, then y
Positions = Literal["learned", "none", "rotary"]
ResidualScale = Literal["none", "init", "depth"]


class TransformerModel(AbstractModel):
    """A causal transformer over alternating x and y tokens, with weights.

    Attributes:
        read_in: Map from covariates to the stream; a label enters through its first row.
        positions: Learned position vectors, `(tokens, M)`; None without positions.
        blocks: All layers, stacked on a leading axis.
        final_norm: The norm before the read-out.
        read_out: Map from the stream at an x token to its prediction.
    """

    read_in: Linear
    positions: Float[Array, "*runs T M"] | None
    blocks: Block
    final_norm: LayerNorm
    read_out: Linear

    def __call__(self, xs: Float[Array, "P D"], ys: Float[Array, " P"]) -> Float[Array, " P"]:
        """Return the prediction at every x token."""
        tokens = self._embed(xs, ys)
        mask = jnp.tril(jnp.ones((tokens.shape[0],) * 2, bool))
        last = jax.tree.map(lambda leaf: leaf[-1], self.blocks)
        before = jax.tree.map(lambda leaf: leaf[:-1], self.blocks)
        layer = jax.checkpoint(lambda t, block: (block(t, mask), None))
        tokens, _ = jax.lax.scan(layer, tokens, before)
        tokens = last.read_out(tokens, mask, TOKENS_PER_POINT)
        return self.read_out(self.final_norm(tokens))[:, 0]

    def _embed(self, xs: Array, ys: Array) -> Float[Array, "T M"]:
        x_tokens = self.read_in(xs)
        # As in arXiv 2208.01066: a label is read like a covariate with one coordinate.
        y_tokens = ys[:, None] * self.read_in.weight[:1] + self.read_in.bias[None, :]
        tokens = interleave(x_tokens, y_tokens)
        return tokens if self.positions is None else tokens + self.positions[: tokens.shape[0]]


class TransformerTrunk(AbstractTrunk):
    """All layers over a stream of any tokens, and the last norm.

    Attributes:
        positions: Learned position vectors, `(tokens, M)`; None without positions.
        blocks: All layers, stacked on a leading axis.
        final_norm: The norm before the read-out.
    """

    positions: Float[Array, "*runs T M"] | None
    blocks: Block
    final_norm: LayerNorm

    def __call__(
        self, stream: Float[Array, "T M"], positions: Int[Array, " G"]
    ) -> Float[Array, "G M"]:
        """Return the normed stream at some positions, the last layer computed there alone."""
        if self.positions is not None:
            stream = stream + self.positions[: stream.shape[0]]
        mask = jnp.tril(jnp.ones((stream.shape[0],) * 2, bool))
        last = jax.tree.map(lambda leaf: leaf[-1], self.blocks)
        before = jax.tree.map(lambda leaf: leaf[:-1], self.blocks)
        layer = jax.checkpoint(lambda t, block: (block(t, mask), None))
        stream, _ = jax.lax.scan(layer, stream, before)
        return self.final_norm(last.read_at(stream, mask, positions))


@models.register("transformer")
class Transformer(AbstractArchitecture):
    r"""Softmax attention and GELU MLP, pre-norm, on tokens $x_1, y_1, x_2, y_2, \dots$.

    The architecture of arXiv 2208.01066 and 2306.15063; a task of tokens is read as it comes,
    through an embedding, and a class label through another. Layers are scanned, so compile
    time hardly depends on depth.

    Attributes:
        depth: Layers $L$.
        width: Width $d$ of the residual stream.
        num_heads: Attention heads; must divide the width.
        mlp_ratio: Hidden units of the MLP per unit of width; 0 leaves attention alone.
        positions: `learned`, `none`, or `rotary` (queries and keys turned by their positions).
        max_points: Points that the learned positions reach.
        residual_scale: `init`: projections into the stream start at $1/\sqrt{2L}$ of their scale
            (GPT-2). `depth`: every branch is multiplied by $1/\sqrt L$ (depth-muP). `none`.
        attention: `softmax`; `relu` or `linear` divide the positive parts of the scores, or the
            scores themselves, by the number of tokens seen.
        init_std: Standard deviation that the read-in and the matrices of the layers start with.
            GPT-2's 0.02 suits widths of hundreds; at width 64 the loss rests on a plateau for
            thousands of steps, and $d^{-1/2}$ (0.125) leaves it at once.
    """

    depth: int = eqx.field(static=True, default=2)
    width: int = eqx.field(static=True, default=64)
    num_heads: int = eqx.field(static=True, default=2)
    mlp_ratio: int = eqx.field(static=True, default=4)
    positions: Positions = eqx.field(static=True, default="learned")
    max_points: int = eqx.field(static=True, default=64)
    residual_scale: ResidualScale = eqx.field(static=True, default="init")
    attention: Attention = eqx.field(static=True, default="softmax")
    init_std: float = eqx.field(static=True, default=0.02)

    losses: ClassVar[tuple[Loss, ...]] = ("squared", "logistic", "categorical")

    def __check_init__(self) -> None:
        """Refuse sizes below 1, and heads that do not divide the width."""
        for name in ("depth", "width", "num_heads", "mlp_ratio", "max_points"):
            least = 0 if name == "mlp_ratio" else 1
            if getattr(self, name) < least:
                raise InvalidValue(f"`{name}` must be at least {least}. Got {getattr(self, name)}.")
        if not 0.0 < self.init_std < math.inf:
            raise InvalidValue(f"`init_std` must be above 0 and finite. Got {self.init_std}.")
        if self.width % self.num_heads:
            raise InvalidValue(
                f"`num_heads`={self.num_heads} must divide `width`={self.width}: "
                "each head gets an equal share of the stream."
            )
        if self.positions == "rotary" and self.width // self.num_heads % 2:
            raise InvalidValue(
                f"Rotary positions turn pairs of coordinates: the head width "
                f"{self.width // self.num_heads} must be even."
            )

    def check(self, num_dims: int, num_points: int) -> None:
        """Raise `InvalidValue` if the sequence is longer than the learned positions."""
        del num_dims
        if self.positions == "learned" and num_points > self.max_points:
            raise InvalidValue(
                f"A sequence of {num_points} points is longer than `max_points`="
                f"{self.max_points} learned positions. Raise `max_points`, or set "
                "`positions` to 'none'."
            )

    def init(self, key: Key, num_dims: int) -> TransformerModel:
        """Return weights drawn as GPT-2's: normal, zero biases; positions and read-out at 0.02."""
        read_in_key, position_key, block_key, read_out_key = jax.random.split(key, 4)
        positions = None
        if self.positions == "learned":
            shape = (TOKENS_PER_POINT * self.max_points, self.width)
            positions = 0.02 * jax.random.normal(position_key, shape)
        return TransformerModel(
            init_linear(read_in_key, (num_dims, self.width), self.init_std),
            positions,
            jax.vmap(self._init_block)(jax.random.split(block_key, self.depth)),
            init_layer_norm(self.width),
            init_linear(read_out_key, (self.width, 1)),
        )

    def init_for(self, key: Key, interface: Interface) -> AbstractModel:
        """Return fresh weights for a task; learned positions count tokens where it has those."""
        if interface.num_classes is None:
            return self.init(key, interface.num_dims)
        position_key, block_key, ends_key = jax.random.split(key, 3)
        positions = None
        if self.positions == "learned":
            per_point = 1 if interface.reads == "tokens" else TOKENS_PER_POINT
            shape = (per_point * self.max_points, self.width)
            positions = 0.02 * jax.random.normal(position_key, shape)
        blocks = jax.vmap(self._init_block)(jax.random.split(block_key, self.depth))
        trunk = TransformerTrunk(positions, blocks, init_layer_norm(self.width))
        return init_model(ends_key, interface, trunk, width=self.width, std=self.init_std)

    def _init_block(self, key: Key) -> Block:
        return init_block(
            key,
            self.width,
            num_heads=self.num_heads,
            mlp_ratio=self.mlp_ratio,
            std=self.init_std,
            out_std=self.init_std
            * ((2 * self.depth) ** -0.5 if self.residual_scale == "init" else 1.0),
            branch_scale=self.depth**-0.5 if self.residual_scale == "depth" else 1.0,
            style=Style(self.attention, self.positions == "rotary"),
        )
