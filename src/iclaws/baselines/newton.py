"""Iterated Newton: the inverse by matrix products."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array

from .._types import Moments, Scalar
from ..errors import InvalidValue
from ..models import AbstractMomentModel
from ._base import AbstractBaseline, baselines


@baselines.register("newton")
class Newton(AbstractBaseline, AbstractMomentModel):
    r"""$M_0 = \alpha S$, $M_{j+1} = 2M_j - M_j S M_j$, $\hat w = M_t X^\top y$ with $S = X^\top X$.

    What transformers run rather than gradient descent, by arXiv 2310.17086: the residual of an
    eigenvalue $s$ is $(1 - \alpha s^2)^{2^t}$, so that the number of steps to least squares
    grows with the logarithm of the condition number. $\alpha = 1/\|S\|_1^2$ (largest column sum)
    keeps every residual in [0, 1); the paper leaves any $\alpha$ below $2/\|S\|_2^2$.

    Attributes:
        num_steps: $t$. Directions without data gain a factor 2 of rounding a step: beyond 20
            steps in 32 bits that shows.

    Raises:
        InvalidValue: fewer than 0 steps.
    """

    num_steps: int = eqx.field(static=True, default=8)

    def __check_init__(self) -> None:
        """Refuse a negative count."""
        if self.num_steps < 0:
            raise InvalidValue(f"`num_steps` must be at least 0. Got {self.num_steps}.")

    def predict(self, moments: Moments) -> Scalar:
        """Return the prediction after the last step; covariances instead of sums cancel out."""
        covariance = moments.covariance
        norm = jnp.max(jnp.sum(jnp.abs(covariance), axis=0))
        scale = 1.0 / jnp.maximum(norm, 1e-30)
        # On the scaled matrix all entries stay near 1.
        system = scale * covariance

        def step(_: Array, inverse: Array) -> Array:
            return 2.0 * inverse - inverse @ (system @ inverse)

        inverse = jax.lax.fori_loop(0, self.num_steps, step, system)
        return scale * (inverse @ moments.cross) @ moments.query
