"""A diagonal state-space model: linear recurrences between pointwise layers."""

import math
from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from .._types import Interface, Key, Loss
from ..errors import InvalidValue
from ._base import AbstractArchitecture, AbstractModel, models
from ._blocks import LayerNorm, Linear, init_layer_norm, init_linear
from ._sequence import AbstractTrunk, init_model

SHORTEST_STEP, LONGEST_STEP = 0.001, 0.1


class StateSpaceLayer(eqx.Module):
    r"""One layer; leaves carry a leading layer axis in a stack.

    Channel by channel, $s_t = e^{\Delta A} s_{t-1} + A^{-1}(e^{\Delta A} - 1) u_t$ with complex
    diagonal $A$ ($B = 1$) and $2\,\mathrm{Re}(C s_t) + D u_t$ out; a gated linear map mixes the
    channels.

    Attributes:
        norm: The norm before it.
        log_decay: $\log(-\mathrm{Re} A)$, `(M, N)`.
        frequency: $\mathrm{Im} A$, `(M, N)`.
        log_step: $\log \Delta$, `(M,)`.
        readout: Real and imaginary part of $C$, `(2, M, N)`.
        skip: $D$, `(M,)`.
        mix: Map to the output and its gate.
    """

    norm: LayerNorm
    log_decay: Float[Array, "*layers M N"]
    frequency: Float[Array, "*layers M N"]
    log_step: Float[Array, "*layers M"]
    readout: Float[Array, "*layers two M N"]
    skip: Float[Array, "*layers M"]
    mix: Linear

    def __call__(self, stream: Float[Array, "T M"]) -> Float[Array, "T M"]:
        """Return the stream with the layer's answer to the past added."""
        inputs = self.norm(stream)
        a = jax.lax.complex(-jnp.exp(self.log_decay), self.frequency)
        step = jnp.exp(self.log_step)[:, None]
        factor = jnp.exp(a * step.astype(a.dtype))
        drive = ((factor - 1.0) / a)[None] * inputs[:, :, None].astype(a.dtype)

        def join(first: tuple, second: tuple) -> tuple:
            (f, x), (g, y) = first, second
            return f * g, g * x + y

        factors = jnp.broadcast_to(factor[None], drive.shape)
        _, states = jax.lax.associative_scan(join, (factors, drive))
        c = jax.lax.complex(self.readout[0], self.readout[1])
        answers = 2.0 * jnp.sum(states * c[None], axis=-1).real + self.skip[None, :] * inputs
        value, gate = jnp.split(self.mix(jax.nn.gelu(answers)), 2, axis=-1)
        return stream + value * jax.nn.sigmoid(gate)


class StateSpaceTrunk(AbstractTrunk):
    """All layers, and the last norm.

    Attributes:
        layers: Stacked on a leading axis.
        final_norm: The norm before the read-out.
    """

    layers: StateSpaceLayer
    final_norm: LayerNorm

    def __call__(
        self, stream: Float[Array, "T M"], positions: Int[Array, " G"]
    ) -> Float[Array, "G M"]:
        """Return the normed stream at some positions."""
        stream, _ = jax.lax.scan(lambda s, layer: (layer(s), None), stream, self.layers)
        return self.final_norm(stream[positions])


@models.register("diagonal-state-space")
class DiagonalStateSpace(AbstractArchitecture):
    r"""S4D (Gu et al., arXiv 2206.11893): linear recurrences with complex diagonal transition.

    What a layer keeps of the past does not depend on what it reads (unlike attention, and unlike
    Mamba): only the pointwise layers between can select. It begins as S4D-Lin,
    $A_n = -1/2 + i\pi n$, with steps log-uniform between 0.001 and 0.1. Computed by a parallel
    scan: exactly causal, logarithmic depth in the length.

    Attributes:
        depth: Layers.
        width: Width of the stream, one recurrence per channel.
        state_size: Complex states $N$ of each channel.
    """

    depth: int = eqx.field(static=True, default=2)
    width: int = eqx.field(static=True, default=64)
    state_size: int = eqx.field(static=True, default=8)

    losses: ClassVar[tuple[Loss, ...]] = ("squared", "logistic", "categorical")

    def __check_init__(self) -> None:
        """Refuse sizes below 1."""
        for name in ("depth", "width", "state_size"):
            if getattr(self, name) < 1:
                raise InvalidValue(f"`{name}` must be at least 1. Got {getattr(self, name)}.")

    def init(self, key: Key, num_dims: int) -> AbstractModel:
        """Return fresh weights for covariates with real labels."""
        return self.init_for(key, Interface("squared", "covariates", num_dims, None))

    def init_for(self, key: Key, interface: Interface) -> AbstractModel:
        """Return fresh weights."""
        layer_key, ends_key = jax.random.split(key)
        layers = jax.vmap(self._init_layer)(jax.random.split(layer_key, self.depth))
        trunk = StateSpaceTrunk(layers, init_layer_norm(self.width))
        return init_model(ends_key, interface, trunk, width=self.width)

    def _init_layer(self, key: Key) -> StateSpaceLayer:
        step_key, readout_key, mix_key = jax.random.split(key, 3)
        shape = (self.width, self.state_size)
        low, high = math.log(SHORTEST_STEP), math.log(LONGEST_STEP)
        modes = math.pi * jnp.arange(self.state_size, dtype=jnp.float32)
        return StateSpaceLayer(
            init_layer_norm(self.width),
            jnp.full(shape, math.log(0.5)),
            jnp.broadcast_to(modes[None, :], shape),
            jax.random.uniform(step_key, (self.width,), minval=low, maxval=high),
            math.sqrt(0.5) * jax.random.normal(readout_key, (2, *shape)),
            jnp.ones(self.width),
            init_linear(mix_key, (self.width, 2 * self.width), std=self.width**-0.5),
        )
