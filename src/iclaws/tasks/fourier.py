"""Random Fourier series."""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float, PyTree

from .._checks import require
from .._types import Count, Key, Real, as_real
from ._base import tasks
from ._functions import AbstractRegressionTask, normal, uniform


@tasks.register("fourier")
class Fourier(AbstractRegressionTask):
    r"""A Fourier series with random coefficients, of every coordinate.

    $y = a_0 + \sum_{i=1}^D \sum_{n=1}^N \left(a_{in} \cos\frac{n\pi x_i}{X} + b_{in}
    \sin\frac{n\pi x_i}{X}\right)$ with $x \sim U(-X, X)^D$ and all coefficients $N(0, 1)$.

    Scale: $E y^2 = 1 + N D + \sigma^2$. Source: the Fourier series of arXiv 2306.04891, which have
    one dimension; more are added up here. Bayes-optimal: ridge on the features (without noise:
    least squares), exact from $k = 1 + 2ND$ on.

    Attributes:
        num_dims: Dimension $D$.
        num_context: Labelled examples $k$ before the query.
        num_frequencies: $N$.
        input_bound: $X$, half the period.
        noise_var: $\sigma^2$ of the label noise.

    Raises:
        InvalidValue: a size, bound or variance is out of range.
    """

    num_dims: int = eqx.field(static=True, default=1)
    num_context: Count = 40
    num_frequencies: int = eqx.field(static=True, default=10)
    input_bound: Real = eqx.field(default=5.0, converter=as_real)
    noise_var: Real = eqx.field(default=0.0, converter=as_real)

    def __check_init__(self) -> None:
        """Refuse a series without terms, or without an interval."""
        require("num_frequencies", self.num_frequencies, at_least=1)
        require("input_bound", self.input_bound, above=0)

    @property
    def num_features(self) -> int:
        """Return the number of coefficients of a function."""
        return 1 + 2 * self.num_frequencies * self.num_dims

    def sample_latent(self, key: Key) -> Float[Array, " F"]:
        """Draw the coefficients, `(F,)`: constant, cosines, sines."""
        return normal(key, (self.num_features,))

    def sample_covariates(self, key: Key, latent: PyTree, num_points: int) -> Float[Array, "P D"]:
        """Draw covariates uniformly on a whole period."""
        del latent
        return uniform(key, (num_points, self.num_dims), bound=self.input_bound)

    def evaluate(self, latent: Float[Array, " F"], xs: Float[Array, "P D"]) -> Float[Array, " P"]:
        """Return the series."""
        return self.feature_map(xs) @ latent

    def feature_map(self, xs: Float[Array, "P D"]) -> Float[Array, "P F"]:
        """Return 1, all cosines and all sines."""
        orders = jnp.arange(1, self.num_frequencies + 1, dtype=xs.dtype)
        phases = (jnp.pi / jnp.asarray(self.input_bound)) * xs[:, :, None] * orders[None, None, :]
        phases = phases.reshape(xs.shape[0], -1)
        return jnp.concatenate([jnp.ones_like(xs[:, :1]), jnp.cos(phases), jnp.sin(phases)], axis=1)
