"""Lasso by coordinate descent."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array

from .._types import Moments, Real, Scalar
from ..models import AbstractMomentModel
from ._base import AbstractBaseline, baselines


@baselines.register("lasso")
class Lasso(AbstractBaseline, AbstractMomentModel):
    r"""$\arg\min_w \frac{1}{2n}\|y - Xw\|^2 + \alpha\|w\|_1$, without intercept.

    A baseline of arXiv 2208.01066 for sparse weights, best there at $\alpha = 0.01$; the mode of
    the posterior under a Laplace prior, not its mean. For sparse weights `sparse-bayes` is
    optimal. The objective is scikit-learn's, and depends on the context through its moments
    alone.

    Attributes:
        alpha: $\alpha \ge 0$.
        tolerance: Sweeps end when no weight moves by more, relative to the largest.
        max_sweeps: Sweeps at most.
    """

    alpha: Real = eqx.field(default=0.01)
    tolerance: float = eqx.field(static=True, default=1e-5)
    max_sweeps: int = eqx.field(static=True, default=1000)

    def predict(self, moments: Moments) -> Scalar:
        """Return the prediction of the weights after cyclic coordinate descent."""
        covariance, cross = moments.covariance, moments.cross
        alpha = jnp.asarray(self.alpha, cross.dtype)
        diagonal = jnp.diagonal(covariance)
        # A coordinate without data stays at zero.
        inverse = jnp.where(diagonal > 0, 1.0 / jnp.maximum(diagonal, 1e-30), 0.0)

        def visit(index: Array, weights: Array) -> Array:
            left = cross[index] - covariance[index] @ weights + diagonal[index] * weights[index]
            size = jnp.maximum(jnp.abs(left) - alpha, 0.0)
            return weights.at[index].set(jnp.sign(left) * size * inverse[index])

        def sweep(state: tuple) -> tuple:
            count, weights, _ = state
            new = jax.lax.fori_loop(0, cross.shape[0], visit, weights)
            return count + 1, new, jnp.max(jnp.abs(new - weights))

        def goes_on(state: tuple) -> Array:
            count, weights, moved = state
            return (count < self.max_sweeps) & (moved > self.tolerance * jnp.max(jnp.abs(weights)))

        start = jnp.zeros((), jnp.int32), jnp.zeros_like(cross), jnp.asarray(jnp.inf, cross.dtype)
        return jax.lax.while_loop(goes_on, sweep, start)[1] @ moments.query
