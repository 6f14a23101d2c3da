"""Least squares."""

import jax.numpy as jnp

from .._types import Moments, Scalar
from ..models import AbstractMomentModel
from ._base import AbstractBaseline, baselines


@baselines.register("least-squares")
class LeastSquares(AbstractBaseline, AbstractMomentModel):
    r"""$\hat w = X^+ y$, of minimum norm while $k < D$.

    Optimal without noise under an isotropic prior; peaks at $k = D$ with it.
    """

    def predict(self, moments: Moments) -> Scalar:
        """Return the prediction of the minimum-norm least-squares weights."""
        values, vectors = jnp.linalg.eigh(moments.covariance)
        # Directions without data: eigenvalues at the level of rounding.
        epsilon = float(jnp.finfo(values.dtype).eps)
        cutoff = 10.0 * values.shape[0] * epsilon * values[-1]
        inverse = jnp.where(values > cutoff, 1.0 / jnp.maximum(values, cutoff + 1e-30), 0.0)
        return (moments.query @ vectors * inverse) @ (vectors.T @ moments.cross)
