"""Discrete MMSE: Bayes for a finite pool of tasks."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from .._checks import require
from .._types import Moments, Real, Scalar
from ..models import AbstractMomentModel
from ._base import AbstractBaseline, baselines


@baselines.register("dmmse")
class DMMSE(AbstractBaseline, AbstractMomentModel):
    r"""$\hat w = \sum_m w_m\,\mathrm{softmax}_m\left(-\|y - Xw_m\|^2/2\sigma^2\right)$.

    The Bayes estimator of linear regression whose weights are one of a pool of $M$, with equal
    chances (arXiv 2306.15063): what is optimal on pretraining tasks. Before the first example
    it answers with the pool's mean. One pass over positions keeps the residual of every task:
    memory grows as contexts times $M$, whatever the length.

    Attributes:
        pool: The tasks $w_m$, `(M, D)`.
        noise_var: $\sigma^2$, above 0.

    Raises:
        InvalidValue: `noise_var` is not above 0.
    """

    pool: Float[Array, "*runs M D"]
    noise_var: Real

    @classmethod
    def example(cls, num_dims: int) -> "DMMSE":
        """Return a pool of two tasks and their opposites."""
        ramp = jnp.arange(1.0, num_dims + 1.0) / num_dims
        flipped = ramp * jnp.resize(jnp.asarray([1.0, -1.0]), (num_dims,))
        return cls(jnp.stack([ramp, -ramp, flipped, -flipped]), 0.5)

    def __check_init__(self) -> None:
        """Refuse noise that is not above 0."""
        require("noise_var", self.noise_var, above=0)

    def __call__(self, xs: Float[Array, "P D"], ys: Float[Array, " P"]) -> Float[Array, " P"]:
        """Return the posterior mean at every point."""
        scale = 0.5 / jnp.asarray(self.noise_var, xs.dtype)

        def step(log_weights: Array, point: tuple) -> tuple[Array, Array]:
            x, y = point
            answers = self.pool @ x
            prediction = jax.nn.softmax(log_weights) @ answers
            return log_weights - scale * (y - answers) ** 2, prediction

        return jax.lax.scan(step, jnp.zeros(self.pool.shape[0], xs.dtype), (xs, ys))[1]

    def predict(self, moments: Moments) -> Scalar:
        """Return the posterior mean at the query, from moments: cost $M D^2$."""
        quadratic = jnp.sum((self.pool @ moments.covariance) * self.pool, axis=1)
        scale = 0.5 * moments.num_context / jnp.asarray(self.noise_var, moments.query.dtype)
        log_weights = -scale * (quadratic - 2.0 * (self.pool @ moments.cross))
        return jax.nn.softmax(log_weights) @ (self.pool @ moments.query)
