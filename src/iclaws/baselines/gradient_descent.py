"""Gradient descent on the in-context least-squares problem."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from .._types import Moments, Scalar
from ..models import AbstractMomentModel
from ._base import AbstractBaseline, baselines


@baselines.register("gradient-descent")
class GradientDescent(AbstractBaseline, AbstractMomentModel):
    r"""GD from zero on $\frac{1}{2k}\|y - Xw\|^2$, one step size per step.

    Attributes:
        steps: Step sizes $\eta_\ell$, `(L,)`; a step of size 0 changes nothing.
    """

    steps: Float[Array, "*runs L"]

    @classmethod
    def example(cls, num_dims: int) -> "GradientDescent":
        """Return two unequal steps."""
        del num_dims
        return cls(jnp.asarray([0.5, 0.25]))

    def predict(self, moments: Moments) -> Scalar:
        """Return the prediction after the last step."""

        def step(weights: Array, size: Array) -> tuple[Array, None]:
            return weights + size * (moments.cross - moments.covariance @ weights), None

        return jax.lax.scan(step, jnp.zeros_like(moments.cross), self.steps)[0] @ moments.query
