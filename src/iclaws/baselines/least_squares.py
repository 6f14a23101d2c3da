"""Least squares."""

import jax
import jax.numpy as jnp
import jax.scipy as jsp
from jaxtyping import Array, Float

from .._types import Moments, Scalar
from ..models import AbstractMomentModel
from ..models._base import prefix_moments
from ._base import AbstractBaseline, baselines
from ._sequential import ROUNDING, sequential_weights

# Ridge that stands in for none, over the square of the first covariate's length: the bias of a
# larger one shows at k = D without noise, the rounding of a smaller one beyond it with noise.
RIDGE_32, RIDGE_64 = 1e-10, 1e-12


@baselines.register("least-squares")
class LeastSquares(AbstractBaseline, AbstractMomentModel):
    r"""$\hat w = X^+ y$, of minimum norm while $k < D$.

    Optimal without noise under an isotropic prior; peaks at $k = D$ with it. From examples it is
    the limit of ridge, with what rounding leaves at $k = D = 20$: about 1e-6 of the signal. From
    moments, directions whose eigenvalue is below $D$ machine epsilons of the
    largest count as unseen, which leaves 3e-3 there.
    """

    def __call__(self, xs: Float[Array, "P D"], ys: Float[Array, " P"]) -> Float[Array, " P"]:
        """Return the prediction at every point; 0 at the first."""
        squared = jnp.sum(xs**2, axis=1)
        # Points before the first that is not zero tell nothing, whatever the ridge.
        first = squared[jnp.argmax(squared > 0.0)]
        relative = RIDGE_64 if xs.dtype == jnp.float64 else RIDGE_32
        ridge = relative * jnp.where(first > 0.0, first, 1.0)
        weights = sequential_weights(jnp.eye(xs.shape[1], dtype=xs.dtype), ridge, xs, ys=ys)
        return jnp.sum((weights + _correction(weights, xs, ys)) * xs, axis=1)

    def predict(self, moments: Moments) -> Scalar:
        """Return the prediction of the minimum-norm least-squares weights."""
        values, vectors = jnp.linalg.eigh(moments.covariance)
        # Directions without data: eigenvalues at the level of rounding.
        cutoff = values.shape[0] * float(jnp.finfo(values.dtype).eps) * values[-1]
        inverse = jnp.where(values > cutoff, 1.0 / jnp.maximum(values, cutoff + 1e-30), 0.0)
        return (moments.query @ vectors * inverse) @ (vectors.T @ moments.cross)


def _correction(
    weights: Float[Array, "P D"], xs: Float[Array, "P D"], ys: Float[Array, " P"]
) -> Float[Array, "P D"]:
    """Return a Newton step of every prefix: with noise the weights have lost digits to the ridge.

    From residuals, not moments: where the labels are fitted it is nothing but their rounding.
    """
    moments = prefix_moments(xs, ys)
    count = jnp.maximum(moments.num_context, 1.0)
    left = jnp.tril(ys[None, :] - weights @ xs.T, k=-1) @ xs / count[:, None]
    least = ROUNDING * float(jnp.finfo(xs.dtype).eps)

    def solve(covariance: Array, gradient: Array) -> Array:
        ridge = least * jnp.trace(covariance)
        identity = jnp.eye(gradient.shape[0], dtype=gradient.dtype)
        system = covariance + jnp.where(ridge > 0.0, ridge, 1.0) * identity
        return jsp.linalg.cho_solve(jsp.linalg.cho_factor(system, lower=True), gradient)

    return jax.vmap(solve)(moments.covariance, left)
