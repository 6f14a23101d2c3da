"""A two-layer network trained on the context."""

from functools import partial
from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float

from .._types import Key, Real, Scalar
from ..errors import InvalidValue
from ._base import AbstractBaseline, baselines


class _Weights(eqx.Module):
    r"""$f(x) = a\cdot\mathrm{relu}(Ux + b) + c$."""

    inner: Array
    bias: Array
    outer: Array
    shift: Array

    def __call__(self, xs: Float[Array, "n D"]) -> Float[Array, " n"]:
        hidden = jax.nn.relu(xs @ self.inner.T + self.bias[None, :])
        return hidden @ self.outer + self.shift


@baselines.register("neural-network")
class NeuralNetwork(AbstractBaseline):
    r"""A two-layer ReLU network fitted to the examples by Adam on the squared error.

    The baseline of arXiv 2208.01066 for its `relu-network` task. Its text says 100 hidden units,
    batches of 10, 5000 steps, learning rate 5e-3 (5e-2 on linear data), its code batches of 100
    and 100 steps: the defaults are the text's. Weights start as PyTorch's do, uniform within one
    over the root of the inputs, but for the bias of the output, which starts at 0. Every prefix
    trains a network of its own: thousands of times dearer than the closed forms; `predict_at`
    answers one position.

    Attributes:
        learning_rate: Of Adam.
        num_hidden: Hidden units.
        num_steps: Steps of Adam.
        batch_size: Examples a step, drawn with replacement.
        seed: Of the initial weights and the batches.

    Raises:
        InvalidValue: a size is below 1.
    """

    learning_rate: Real = eqx.field(default=5e-3)
    num_hidden: int = eqx.field(static=True, default=100)
    num_steps: int = eqx.field(static=True, default=5000)
    batch_size: int = eqx.field(static=True, default=10)
    seed: int = eqx.field(static=True, default=0)

    # Batches are drawn by an example's place in the context.
    ignores_order: ClassVar[bool] = False

    @classmethod
    def example(cls, num_dims: int) -> "NeuralNetwork":
        """Return a small network with a few steps."""
        del num_dims
        return cls(num_hidden=8, num_steps=20, batch_size=4)

    def __check_init__(self) -> None:
        """Refuse sizes below 1."""
        for name in ("num_hidden", "num_steps", "batch_size"):
            if getattr(self, name) < 1:
                raise InvalidValue(f"`{name}` must be at least 1. Got {getattr(self, name)}.")

    def __call__(self, xs: Float[Array, "P D"], ys: Float[Array, " P"]) -> Float[Array, " P"]:
        """Return the prediction at every point, each of a network of its own; 0 at the first."""
        positions = jnp.arange(xs.shape[0], dtype=jnp.int32)
        return jax.lax.map(partial(self.predict_at, xs, ys), positions)

    def predict_at(
        self, xs: Float[Array, "P D"], ys: Float[Array, " P"], position: Array
    ) -> Scalar:
        """Return the prediction at one position, from the points before it."""
        init_key, batch_key = jax.random.split(jax.random.key(self.seed))
        optimiser = optax.scale_by_adam()
        rate = jnp.asarray(self.learning_rate, xs.dtype)

        def loss(weights: _Weights, chosen: Array) -> Scalar:
            return jnp.mean((weights(xs[chosen]) - ys[chosen]) ** 2)

        def step(number: Array, state: tuple) -> tuple:
            weights, moments = state
            key = jax.random.fold_in(batch_key, number)
            last = jnp.maximum(position, 1)
            chosen = jax.random.randint(key, (self.batch_size,), 0, last, jnp.int32)
            grads = jax.grad(loss)(weights, chosen)
            with jax.numpy_dtype_promotion("standard"):
                moves, moments = optimiser.update(grads, moments)
            weights = jax.tree.map(lambda leaf, move: leaf - rate * move, weights, moves)
            return weights, moments

        start: Any = self._start(init_key, xs)
        trained, _ = jax.lax.fori_loop(0, self.num_steps, step, (start, optimiser.init(start)))
        return jnp.where(position > 0, trained(xs[position][None, :])[0], 0.0)

    def _start(self, key: Key, xs: Float[Array, "P D"]) -> _Weights:
        sizes = xs.shape[1], self.num_hidden
        shapes = ((sizes[1], sizes[0]), sizes[0]), (sizes[1:], sizes[0]), (sizes[1:], sizes[1])
        # Drawn in 32 bits whatever the data, so that both precisions train one network.
        inner, bias, outer = (
            jax.random.uniform(k, shape, jnp.float32, -1.0, 1.0).astype(xs.dtype) * fan_in**-0.5
            for k, (shape, fan_in) in zip(jax.random.split(key, 3), shapes, strict=True)
        )
        return _Weights(inner, bias, outer, jnp.zeros((), xs.dtype))
