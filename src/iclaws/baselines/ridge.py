"""Ridge regression: the Bayes estimator under a Gaussian prior."""

import jax.numpy as jnp
import jax.scipy as jsp
from jaxtyping import Array, Float

from .._checks import require
from .._types import Moments, Real, Scalar
from ..models import AbstractMomentModel
from ._base import AbstractBaseline, baselines
from ._sequential import ROUNDING, sequential_weights


@baselines.register("ridge")
class Ridge(AbstractBaseline, AbstractMomentModel):
    r"""$\hat w = (X^\top X + \sigma^2 \Omega^{-1})^{-1} X^\top y$, the posterior mean.

    Bayes-optimal when the weights are $N(0, \Omega)$ with this diagonal $\Omega$ and the noise
    is Gaussian. Without noise use `least-squares`, its limit for an isotropic prior.

    Attributes:
        prior: The variances $\omega_i$ of the weights, `(D,)`.
        noise_var: $\sigma^2$, above 0. From examples it may be a billionth of the signal; from
            moments, whose rounding hides it, four machine epsilons of the trace of the
            whitened $X^\top X$ stand in for a smaller one.

    Raises:
        InvalidValue: `noise_var` is not above 0.
    """

    prior: Float[Array, "*runs D"]
    noise_var: Real

    @classmethod
    def example(cls, num_dims: int) -> "Ridge":
        """Return the posterior mean for a prior that falls with the index."""
        return cls(1.0 / jnp.arange(1.0, num_dims + 1.0), 0.5)

    def __check_init__(self) -> None:
        """Refuse noise that is not above 0."""
        require("noise_var", self.noise_var, above=0)

    def __call__(self, xs: Float[Array, "P D"], ys: Float[Array, " P"]) -> Float[Array, " P"]:
        """Return the posterior mean at every point; 0 at the first."""
        root = jnp.diag(jnp.sqrt(jnp.asarray(self.prior, xs.dtype)))
        weights = sequential_weights(root, jnp.asarray(self.noise_var, xs.dtype), xs, ys=ys)
        return jnp.sum(weights * xs, axis=1)

    def predict(self, moments: Moments) -> Scalar:
        """Return the posterior mean at the query."""
        root = jnp.sqrt(self.prior)
        # In whitened weights the matrix is k R S R + sigma^2 I: conditioned by sigma^2. Below the
        # rounding of the first term the factor would be NaN.
        gram = root[:, None] * moments.covariance * root[None, :] * moments.num_context
        least = ROUNDING * float(jnp.finfo(gram.dtype).eps) * jnp.trace(gram)
        noise = jnp.maximum(jnp.asarray(self.noise_var, gram.dtype), least)
        system = gram + noise * jnp.eye(root.shape[0], dtype=root.dtype)
        answer = jsp.linalg.cho_solve(
            jsp.linalg.cho_factor(system, lower=True), root * moments.cross * moments.num_context
        )
        return (root * answer) @ moments.query
