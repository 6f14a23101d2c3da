"""The transformer in the maximal-update parametrisation: one learning rate for all widths."""

from typing import ClassVar

import equinox as eqx
import jax

from .._types import Interface, Key, Loss
from ..errors import InvalidValue
from ._base import AbstractArchitecture, AbstractModel, models
from ._blocks import Style, check_sizes, init_block, init_layer_norm
from ._sequence import init_model
from .transformer import TransformerTrunk


@models.register("mup-transformer")
class MuPTransformer(AbstractArchitecture):
    r"""The softmax transformer whose best learning rate does not move with width.

    Yang et al. (arXiv 2203.03466) for Adam, by fixed factors instead of a learning rate for
    each matrix. With $m$ = `width`/`base_width`: hidden matrices are stored times $m$, so that
    a step of Adam moves the acting ones by $\eta/m$, and begin at $0.02/\sqrt m$; the read-out acts
    times $1/m$; scores are divided by the head width instead of its root. Every branch is
    multiplied by $1/\sqrt L$ (arXiv 2310.02244), so that the stream starts alike at every depth;
    the rate that Adam takes there falls as $1/\sqrt L$ too, which is left to the recipe. At
    `width = base_width` it is the standard one with scaled branches. Positions are rotary.

    Attributes:
        depth: Layers $L$.
        width: Width $d$ of the residual stream.
        num_heads: Attention heads; twice as many must divide the width.
        mlp_ratio: Hidden units of the MLP per unit of width; 0 leaves attention alone.
        base_width: The width at which the factors are 1: where learning rates are tuned.
    """

    depth: int = eqx.field(static=True, default=2)
    width: int = eqx.field(static=True, default=64)
    num_heads: int = eqx.field(static=True, default=2)
    mlp_ratio: int = eqx.field(static=True, default=4)
    base_width: int = eqx.field(static=True, default=64)

    losses: ClassVar[tuple[Loss, ...]] = ("squared", "logistic", "categorical")

    def __check_init__(self) -> None:
        """Refuse sizes that make no layer."""
        check_sizes(self)
        if self.base_width < 1:
            raise InvalidValue(f"`base_width` must be at least 1. Got {self.base_width}.")

    def init(self, key: Key, num_dims: int) -> AbstractModel:
        """Return fresh weights for covariates with real labels."""
        return self.init_for(key, Interface("squared", "covariates", num_dims, None))

    def init_for(self, key: Key, interface: Interface) -> AbstractModel:
        """Return fresh weights."""
        block_key, ends_key = jax.random.split(key)
        ratio = self.width / self.base_width
        head, base_head = self.width / self.num_heads, self.base_width / self.num_heads
        style = Style(rotary=True, multiplier=1.0 / ratio, score_scale=float(base_head**0.5 / head))

        def block(key: Key) -> eqx.Module:
            return init_block(
                key,
                self.width,
                num_heads=self.num_heads,
                mlp_ratio=self.mlp_ratio,
                std=0.02 * ratio**0.5,
                out_std=0.02 * ratio**0.5,
                branch_scale=self.depth**-0.5,
                style=style,
            )

        blocks = jax.vmap(block)(jax.random.split(block_key, self.depth))
        trunk = TransformerTrunk(None, blocks, init_layer_norm(self.width))  # pyright: ignore
        return init_model(ends_key, interface, trunk, width=self.width, multiplier=1.0 / ratio)
