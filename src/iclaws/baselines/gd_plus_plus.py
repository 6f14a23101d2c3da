"""GD++: gradient descent that also transforms its data."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from .._types import Moments, Scalar
from ..models import AbstractMomentModel
from ._base import AbstractBaseline, baselines


@baselines.register("gd-plus-plus")
class GDPlusPlus(AbstractBaseline, AbstractMomentModel):
    r"""GD steps, between which every covariate becomes $(I - \gamma_\ell \hat\Sigma_\ell)\,x$.

    arXiv 2212.07677. After $L$ steps the residual is a polynomial in $\hat\Sigma$ of degree
    $(3^L - 1)/2$, against $L$ for plain GD.

    Attributes:
        steps: Step sizes $\eta_\ell$, `(L,)`.
        shrinkage: $\gamma_\ell$, `(L,)`.
    """

    steps: Float[Array, "*runs L"]
    shrinkage: Float[Array, "*runs L"]

    @classmethod
    def example(cls, num_dims: int) -> "GDPlusPlus":
        """Return two unequal steps, each with its shrinkage."""
        del num_dims
        return cls(jnp.asarray([0.5, 0.25]), jnp.asarray([0.2, 0.1]))

    def predict(self, moments: Moments) -> Scalar:
        """Return the sum of all steps' predictions at the (transformed) query."""

        def step(state: tuple, sizes: tuple) -> tuple[tuple, None]:
            covariance, cross, query, prediction = state
            size, shrinkage = sizes
            prediction = prediction + size * cross @ query
            cross = cross - size * covariance @ cross
            shrink = jnp.eye(query.shape[0], dtype=query.dtype) - shrinkage * covariance
            moved = (shrink @ covariance @ shrink, shrink @ cross, shrink @ query, prediction)
            return moved, None

        start = (*moments[:3], jnp.zeros((), moments.query.dtype))
        return jax.lax.scan(step, start, (self.steps, self.shrinkage))[0][3]
