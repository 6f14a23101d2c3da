"""Ridge regression: the Bayes estimator under a Gaussian prior."""

import jax.numpy as jnp
import jax.scipy as jsp
from jaxtyping import Array, Float

from .._types import Moments, Real, Scalar
from ..models import AbstractMomentModel
from ._base import AbstractBaseline, baselines


@baselines.register("ridge")
class Ridge(AbstractBaseline, AbstractMomentModel):
    r"""$\hat w = (X^\top X + \sigma^2 \Omega^{-1})^{-1} X^\top y$, the posterior mean.

    Bayes-optimal when the weights are $N(0, \Omega)$ with this diagonal $\Omega$ and the noise
    is Gaussian. Without noise use `least-squares`, its limit for an isotropic prior.

    Attributes:
        prior: The variances $\omega_i$ of the weights, `(D,)`.
        noise_var: $\sigma^2$, above 0.
    """

    prior: Float[Array, "*runs D"]
    noise_var: Real

    @classmethod
    def example(cls, num_dims: int) -> "Ridge":
        """Return the posterior mean for a prior that falls with the index."""
        return cls(1.0 / jnp.arange(1.0, num_dims + 1.0), 0.5)

    def predict(self, moments: Moments) -> Scalar:
        """Return the posterior mean at the query."""
        root = jnp.sqrt(self.prior)
        # In whitened weights the matrix is k R S R + sigma^2 I: well conditioned by sigma^2.
        gram = root[:, None] * moments.covariance * root[None, :] * moments.num_context
        system = gram + jnp.asarray(self.noise_var) * jnp.eye(root.shape[0], dtype=root.dtype)
        answer = jsp.linalg.cho_solve(
            jsp.linalg.cho_factor(system, lower=True), root * moments.cross * moments.num_context
        )
        return (root * answer) @ moments.query
