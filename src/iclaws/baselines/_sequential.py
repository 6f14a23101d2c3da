"""Gaussian weights conditioned on one example after the other, by roots of their covariance."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from .._types import Scalar

# Smallest ridge of a Gram matrix of sums, over its trace, in machine epsilons: at 1 directions
# without data still amplify rounding.
ROUNDING = 4.0


def sequential_weights(
    root: Float[Array, "D D"],
    noise_var: Scalar,
    xs: Float[Array, "P D"],
    *,
    ys: Float[Array, " P"],
) -> Float[Array, "P D"]:
    r"""Return the posterior mean of the weights before every point.

    For a prior $N(0, RR^\top)$ with the root $R$, and labels with this noise.

    Potter's update of the root (1963). A root has half the digits between its largest and its
    smallest value that a covariance or a Gram matrix has: in 32 bits it stays exact where the
    noise is a billionth of the signal, and a Cholesky factor of the Gram matrix fails. All
    prefixes together cost $P D^2$, a factor for each of them $P D^3$.
    """

    def step(state: tuple[Array, Array], point: tuple[Array, Array]) -> tuple[tuple, Array]:
        (root, weights), (x, y) = state, point
        seen = x @ root
        variance = seen @ seen + noise_var
        gain = (root @ seen) / variance
        shrink = 1.0 / (1.0 + jnp.sqrt(noise_var / variance))
        root = root - shrink * gain[:, None] * seen[None, :]
        return (root, weights + gain * (y - weights @ x)), weights

    return jax.lax.scan(step, (root, jnp.zeros_like(xs[0])), (xs, ys))[1]
