"""Smoothed dMMSE: Bayes for a pool of Gaussian clouds of tasks."""

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.scipy as jsp
from jaxtyping import Array, Float

from .._checks import require
from .._types import Moments, Real, Scalar
from ..models import AbstractMomentModel
from ._base import AbstractBaseline, baselines


@baselines.register("smoothed-dmmse")
class SmoothedDMMSE(AbstractBaseline, AbstractMomentModel):
    r"""dMMSE whose tasks are isotropic Gaussians: $w \sim \frac1M\sum_m N(w_m, s^2 I)$.

    Between dMMSE ($s^2 = 0$) and ridge (pool at the origin), as in arXiv 2306.15063, appendix G,
    where $s^2$ is tuned on new tasks. Exact: each cloud keeps its evidence and its posterior
    mean, all share one posterior covariance. Memory grows as contexts times $M$.

    Attributes:
        pool: The centres $w_m$, `(M, D)`.
        noise_var: $\sigma^2$, above 0.
        smoothing_var: $s^2$, the variance of each weight about its centre.

    Raises:
        InvalidValue: a variance is out of range.
    """

    pool: Float[Array, "*runs M D"]
    noise_var: Real
    smoothing_var: Real = eqx.field(default=0.1)

    @classmethod
    def example(cls, num_dims: int) -> "SmoothedDMMSE":
        """Return two clouds and their opposites."""
        ramp = jnp.arange(1.0, num_dims + 1.0) / num_dims
        flipped = ramp * jnp.resize(jnp.asarray([1.0, -1.0]), (num_dims,))
        return cls(jnp.stack([ramp, -ramp, flipped, -flipped]), 0.5, 0.2)

    def __check_init__(self) -> None:
        """Refuse variances out of range."""
        require("noise_var", self.noise_var, above=0)
        require("smoothing_var", self.smoothing_var, at_least=0)

    def __call__(self, xs: Float[Array, "P D"], ys: Float[Array, " P"]) -> Float[Array, " P"]:
        """Return the posterior mean at every point."""
        noise = jnp.asarray(self.noise_var, xs.dtype)

        def step(state: tuple, point: tuple) -> tuple[tuple, Array]:
            gram, sums, log_weights = state
            x, y = point
            answers, shrunk = self._answers(gram, sums, x)
            prediction = jax.nn.softmax(log_weights) @ answers
            # y given the past, in cloud m, is normal about its answer with this variance.
            variance = noise * (1.0 + jnp.asarray(self.smoothing_var, xs.dtype) * x @ shrunk)
            log_weights = log_weights - 0.5 * (y - answers) ** 2 / variance
            moved = (gram + x[:, None] * x[None, :], sums + x * y, log_weights)
            return moved, prediction

        num_dims = xs.shape[1]
        zeros = jnp.zeros((num_dims, num_dims), xs.dtype), jnp.zeros(num_dims, xs.dtype)
        start = (*zeros, jnp.zeros(self.pool.shape[0], xs.dtype))
        return jax.lax.scan(step, start, (xs, ys))[1]

    def predict(self, moments: Moments) -> Scalar:
        """Return the posterior mean at the query, from moments: cost $M D^2$."""
        dtype = moments.query.dtype
        noise = jnp.asarray(self.noise_var, dtype)
        gram = moments.covariance * moments.num_context
        sums = moments.cross * moments.num_context
        answers, _ = self._answers(gram, sums, moments.query)
        projected = self.pool @ gram
        left = sums[None, :] - projected  # X^T (y - X w_m)
        solved = jsp.linalg.cho_solve((self._factor(gram), True), left.T).T
        fit = jnp.sum(projected * self.pool, axis=1) - 2.0 * (self.pool @ sums)
        gained = jnp.asarray(self.smoothing_var, dtype) * jnp.sum(left * solved, axis=1)
        return jax.nn.softmax(-0.5 * (fit - gained) / noise) @ answers

    def _factor(self, gram: Float[Array, "D D"]) -> Float[Array, "D D"]:
        identity = jnp.eye(gram.shape[0], dtype=gram.dtype)
        smoothing = jnp.asarray(self.smoothing_var, gram.dtype)
        noise = jnp.asarray(self.noise_var, gram.dtype)
        return jnp.linalg.cholesky(smoothing * gram + noise * identity)

    def _answers(self, gram: Array, sums: Array, query: Array) -> tuple[Array, Array]:
        r"""Return each cloud's posterior mean at the query, and $(s^2X^\top X+\sigma^2)^{-1}x$."""
        shrunk = jsp.linalg.cho_solve((self._factor(gram), True), query)
        smoothing = jnp.asarray(self.smoothing_var, query.dtype)
        noise = jnp.asarray(self.noise_var, query.dtype)
        return noise * (self.pool @ shrunk) + smoothing * (sums @ shrunk), shrunk
