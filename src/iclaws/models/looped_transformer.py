"""The looped transformer: one layer, applied again and again."""

from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from .._types import Interface, Key, Loss
from ._base import AbstractArchitecture, AbstractModel, models
from ._blocks import Block, LayerNorm, Style, check_sizes, init_block, init_layer_norm
from ._sequence import AbstractTrunk, init_model


class LoopedTrunk(AbstractTrunk):
    """One block, applied `depth` times.

    Attributes:
        block: The layer.
        final_norm: The norm before the read-out.
        depth: Loops.
        inject: Whether the tokens are added to the stream before every loop.
    """

    block: Block
    final_norm: LayerNorm
    depth: int = eqx.field(static=True)
    inject: bool = eqx.field(static=True)

    def __call__(
        self, stream: Float[Array, "T M"], positions: Int[Array, " G"]
    ) -> Float[Array, "G M"]:
        """Return the normed stream at some positions after the last loop."""
        mask = jnp.tril(jnp.ones((stream.shape[0],) * 2, bool))

        @jax.checkpoint
        def loop(state: Array, _: None) -> tuple[Array, None]:
            return self.block(state + stream if self.inject else state, mask), None

        start = jnp.zeros_like(stream) if self.inject else stream
        state, _ = jax.lax.scan(loop, start, None, length=self.depth)
        return self.final_norm(state[positions])


@models.register("looped-transformer")
class LoopedTransformer(AbstractArchitecture):
    r"""One softmax layer applied `depth` times, as many weights whatever the depth.

    arXiv 2311.12424: with `inject`, loop $t$ computes $M(Y_t + P)$ from the tokens $P$, so that it
    can run an iterative algorithm on them; without, it is a transformer with tied layers. There
    the loss averages over the last loops; here it is that of the last one. Rotary
    positions are part of the layer, so that no position vector is added twice.

    Attributes:
        depth: Loops.
        width: Width $d$ of the residual stream.
        num_heads: Attention heads; twice as many must divide the width.
        mlp_ratio: Hidden units of the MLP per unit of width; 0 leaves attention alone.
        inject: Whether the tokens are added to the stream before every loop.
    """

    depth: int = eqx.field(static=True, default=4)
    width: int = eqx.field(static=True, default=64)
    num_heads: int = eqx.field(static=True, default=2)
    mlp_ratio: int = eqx.field(static=True, default=4)
    inject: bool = eqx.field(static=True, default=True)

    losses: ClassVar[tuple[Loss, ...]] = ("squared", "logistic", "categorical")

    def __check_init__(self) -> None:
        """Refuse sizes that make no layer."""
        check_sizes(self)

    def init(self, key: Key, num_dims: int) -> AbstractModel:
        """Return fresh weights for covariates with real labels."""
        return self.init_for(key, Interface("squared", "covariates", num_dims, None))

    def init_for(self, key: Key, interface: Interface) -> AbstractModel:
        """Return fresh weights, N(0, 0.02) as GPT-2's."""
        block_key, ends_key = jax.random.split(key)
        block = init_block(
            block_key,
            self.width,
            num_heads=self.num_heads,
            mlp_ratio=self.mlp_ratio,
            out_std=0.02 * (2 * self.depth) ** -0.5,
            branch_scale=1.0,
            style=Style(rotary=True),
        )
        trunk = LoopedTrunk(block, init_layer_norm(self.width), self.depth, self.inject)
        return init_model(ends_key, interface, trunk, width=self.width)
