"""Stochastic gradient descent that sees each example once."""

from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from .._types import Real
from ._base import AbstractBaseline, baselines


@baselines.register("one-pass-sgd")
class OnePassSGD(AbstractBaseline):
    r"""$w \leftarrow w + 2\eta\,x_i\,(y_i - w\cdot x_i)$, once for each example, in order.

    The online learner of arXiv 2211.15661, whose gradients $-2x(y - w\cdot x)$ are clipped to
    $\pm20$ in every coordinate. Optimal for no task; it needs no memory of the context.

    Attributes:
        step_size: $\eta$; below $1/|x|^2$ it contracts, and $1/(2|x|^2)$ fits each example.
        clip: Largest entry of a gradient.
    """

    step_size: Real = eqx.field(default=0.05)
    clip: Real = eqx.field(default=20.0)

    # Later examples weigh more.
    ignores_order: ClassVar[bool] = False

    def __call__(self, xs: Float[Array, "P D"], ys: Float[Array, " P"]) -> Float[Array, " P"]:
        """Return the prediction at every point, made before its label is seen."""
        step_size, clip = (jnp.asarray(v, xs.dtype) for v in (self.step_size, self.clip))

        def step(weights: Array, point: tuple) -> tuple[Array, Array]:
            x, y = point
            prediction = weights @ x
            gradient = jnp.clip(-2.0 * x * (y - prediction), -clip, clip)
            return weights - step_size * gradient, prediction

        return jax.lax.scan(step, jnp.zeros(xs.shape[1], xs.dtype), (xs, ys))[1]
