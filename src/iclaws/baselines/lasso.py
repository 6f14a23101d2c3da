"""Lasso by coordinate descent."""

from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array

from .._checks import require
from .._types import Moments, Real, Scalar
from ..models import AbstractMomentModel
from ._base import AbstractBaseline, baselines

PATH, ON_THE_WAY = 16, 48  # penalties on the way to the one wanted, and sweeps at each


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

    Raises:
        InvalidValue: `alpha` is negative, or there is no sweep.
    """

    alpha: Real = eqx.field(default=0.01)
    tolerance: float = eqx.field(static=True, default=1e-5)
    max_sweeps: int = eqx.field(static=True, default=500)

    def __check_init__(self) -> None:
        """Refuse a negative penalty."""
        require("alpha", self.alpha, at_least=0)
        require("max_sweeps", self.max_sweeps, at_least=1)

    def predict(self, moments: Moments) -> Scalar:
        """Return the prediction of the weights after cyclic coordinate descent."""
        covariance, cross = moments.covariance, moments.cross
        last = jnp.asarray(self.alpha, cross.dtype)
        diagonal = jnp.diagonal(covariance)
        # A coordinate without data stays at zero.
        inverse = jnp.where(diagonal > 0, 1.0 / jnp.maximum(diagonal, 1e-30), 0.0)

        def visit(index: Array, weights: Array, alpha: Array) -> Array:
            left = cross[index] - covariance[index] @ weights + diagonal[index] * weights[index]
            size = jnp.maximum(jnp.abs(left) - alpha, 0.0)
            return weights.at[index].set(jnp.sign(left) * size * inverse[index])

        def sweep(state: tuple, alpha: Array) -> tuple:
            count, weights, _ = state
            new = jax.lax.fori_loop(0, cross.shape[0], partial(visit, alpha=alpha), weights)
            return count + 1, new, jnp.max(jnp.abs(new - weights))

        def goes_on(state: tuple, sweeps: int) -> Array:
            count, weights, moved = state
            return (count < sweeps) & (moved > self.tolerance * jnp.max(jnp.abs(weights)))

        def solve(weights: Array, alpha: Array, sweeps: int = ON_THE_WAY) -> tuple[Array, None]:
            start = jnp.zeros((), jnp.int32), weights, jnp.asarray(jnp.inf, cross.dtype)
            on = partial(goes_on, sweeps=sweeps)
            return jax.lax.while_loop(on, partial(sweep, alpha=alpha), start)[1], None

        # From the penalty that allows no weight down to the one wanted, each start from the
        # solution before: with fewer examples than weights, a cold start takes thousands of
        # sweeps to move weight from the first coordinates to the right ones.
        first = jnp.maximum(jnp.max(jnp.abs(cross)), last)
        fraction = jnp.arange(1.0, PATH + 1.0, dtype=cross.dtype) / PATH
        low = jnp.maximum(last, 1e-6 * first) / jnp.maximum(first, 1e-30)
        path = first * jnp.maximum(low, 1e-30) ** fraction
        weights, _ = jax.lax.scan(solve, jnp.zeros_like(cross), path)
        return solve(weights, last, self.max_sweeps)[0] @ moments.query
