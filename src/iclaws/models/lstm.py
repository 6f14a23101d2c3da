"""The LSTM: in-context learning without attention."""

from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from .._types import Interface, Key, Loss
from ..errors import InvalidValue
from ._base import AbstractArchitecture, AbstractModel, models
from ._blocks import LayerNorm, init_layer_norm
from ._sequence import AbstractTrunk, init_model


class Cell(eqx.Module):
    """One layer; leaves carry a leading layer axis in a stack.

    Attributes:
        norm: The norm before it.
        of_token: Map from tokens to the four gates, `(M, 4 M)`.
        of_state: Map from the hidden state to them.
        bias: Of input, forget, cell and output gate, in this order.
    """

    norm: LayerNorm
    of_token: Float[Array, "*layers M N"]
    of_state: Float[Array, "*layers M N"]
    bias: Float[Array, "*layers N"]

    def __call__(self, stream: Float[Array, "T M"]) -> Float[Array, "T M"]:
        """Return the stream with the hidden state after each token added."""
        driven = self.norm(stream) @ self.of_token + self.bias[None, :]

        def step(state: tuple[Array, Array], drive: Array) -> tuple[tuple[Array, Array], Array]:
            hidden, cell = state
            take, keep, new, show = jnp.split(drive + hidden @ self.of_state, 4)
            cell = jax.nn.sigmoid(keep) * cell + jax.nn.sigmoid(take) * jnp.tanh(new)
            hidden = jax.nn.sigmoid(show) * jnp.tanh(cell)
            return (hidden, cell), hidden

        zeros = jnp.zeros_like(stream[0])
        return stream + jax.lax.scan(step, (zeros, zeros), driven)[1]


class LSTMTrunk(AbstractTrunk):
    """All layers, and the last norm.

    Attributes:
        cells: Stacked on a leading axis.
        final_norm: The norm before the read-out.
    """

    cells: Cell
    final_norm: LayerNorm

    def __call__(
        self, stream: Float[Array, "T M"], positions: Int[Array, " G"]
    ) -> Float[Array, "G M"]:
        """Return the normed stream at some positions."""
        stream, _ = jax.lax.scan(lambda s, cell: (cell(s), None), stream, self.cells)
        return self.final_norm(stream[positions])


@models.register("lstm")
class LSTM(AbstractArchitecture):
    """Stacked LSTM layers (Hochreiter and Schmidhuber, 1997), pre-norm, with residual stream.

    Its memory of the context is one vector per layer: what it learns in context shows what
    does not need attention. Weights begin at N(0, 1/M), the forget gate open (bias 1).

    Attributes:
        depth: Layers.
        width: Width of the stream and of the state.
    """

    depth: int = eqx.field(static=True, default=2)
    width: int = eqx.field(static=True, default=64)

    losses: ClassVar[tuple[Loss, ...]] = ("squared", "logistic", "categorical")

    def __check_init__(self) -> None:
        """Refuse sizes below 1."""
        for name in ("depth", "width"):
            if getattr(self, name) < 1:
                raise InvalidValue(f"`{name}` must be at least 1. Got {getattr(self, name)}.")

    def init(self, key: Key, num_dims: int) -> AbstractModel:
        """Return fresh weights for covariates with real labels."""
        return self.init_for(key, Interface("squared", "covariates", num_dims, None))

    def init_for(self, key: Key, interface: Interface) -> AbstractModel:
        """Return fresh weights."""
        cell_key, ends_key = jax.random.split(key)
        cells = jax.vmap(self._init_cell)(jax.random.split(cell_key, self.depth))
        trunk = LSTMTrunk(cells, init_layer_norm(self.width))
        return init_model(ends_key, interface, trunk, width=self.width)

    def _init_cell(self, key: Key) -> Cell:
        shape = (self.width, 4 * self.width)
        token_key, state_key = jax.random.split(key)
        std = self.width**-0.5
        bias = jnp.zeros((4, self.width)).at[1].set(1.0).reshape(-1)
        return Cell(
            init_layer_norm(self.width),
            std * jax.random.normal(token_key, shape),
            std * jax.random.normal(state_key, shape),
            bias,
        )
