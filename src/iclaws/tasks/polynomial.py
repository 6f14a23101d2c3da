"""Regression on polynomials of Gaussian covariates."""

import functools
import itertools
import math
from typing import Literal

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from .._checks import require
from .._types import Count, Key, Real, as_real
from ..errors import InvalidValue
from ._base import tasks
from ._functions import AbstractRegressionTask, normal

Features = Literal["power", "hermite"]
MOST_FEATURES = 20_000  # 80 kB of weights a function


@tasks.register("polynomial")
class Polynomial(AbstractRegressionTask):
    r"""A random polynomial of degree $p$ in $x \sim N(0, I)$, linear in its weights.

    `power`: $y = \frac{1}{\sqrt{(2p-1)!!}} \sum_i w_i x_i^p$ with $w \sim N(0, I)$; degree 2 is
    quadratic regression, $\frac{1}{\sqrt 3}\sum_i w_i x_i^2$ (its mean over $x$ is not removed).
    `hermite`: every polynomial of total degree 1 to $p$,
    $y = \sqrt{D/F} \sum_\alpha w_\alpha h_\alpha(x)$ over the $F = \binom{D+p}{p} - 1$ products of
    orthonormal Hermite polynomials, so that $x_i x_j$ and all else weigh alike.

    Scale: $E y^2 = D$, either way. Source: arXiv 2208.01066 for the quadratic.
    Bayes-optimal: ridge on the features (without noise: least squares).

    Attributes:
        num_dims: Dimension $D$.
        num_context: Labelled examples $k$ before the query.
        degree: $p$.
        features: `power` or `hermite`.
        noise_var: $\sigma^2$ of the label noise.

    Raises:
        InvalidValue: a size or variance is out of range, or there would be too many features.
    """

    num_dims: int = eqx.field(static=True, default=20)
    num_context: Count = 20
    degree: int = eqx.field(static=True, default=2)
    features: Features = eqx.field(static=True, default="power")
    noise_var: Real = eqx.field(default=0.0, converter=as_real)

    def __check_init__(self) -> None:
        """Refuse a degree below 1, and more features than fit."""
        require("degree", self.degree, at_least=1)
        if self.num_features > MOST_FEATURES:
            raise InvalidValue(
                f"Degree {self.degree} in {self.num_dims} dimensions has {self.num_features} "
                f"features, more than {MOST_FEATURES}. Lower `degree` or `num_dims`, or set "
                "`features` to 'power'."
            )

    @property
    def num_features(self) -> int:
        """Return the number of weights of a function."""
        if self.features == "power":
            return self.num_dims
        return math.comb(self.num_dims + self.degree, self.degree) - 1

    def sample_latent(self, key: Key) -> Float[Array, " F"]:
        """Draw the weights of the features, `(F,)`."""
        return normal(key, (self.num_features,))

    def evaluate(self, latent: Float[Array, " F"], xs: Float[Array, "P D"]) -> Float[Array, " P"]:
        """Return the polynomial."""
        return self.feature_map(xs) @ latent

    def feature_map(self, xs: Float[Array, "P D"]) -> Float[Array, "P F"]:
        """Return the features, scaled so that $y$ is their product with $w$."""
        if self.features == "power":
            return xs**self.degree * double_factorial(2 * self.degree - 1) ** -0.5
        table = _orthonormal_hermite(xs, self.degree)
        factors = table[:, _products(self.num_dims, self.degree)]
        return factors.prod(axis=-1) * (self.num_dims / self.num_features) ** 0.5


def double_factorial(n: int) -> int:
    r"""Return $n!! = n (n-2) (n-4) \cdots$ of an odd number."""
    return math.prod(range(n, 0, -2))


def _orthonormal_hermite(xs: Float[Array, "P D"], degree: int) -> Float[Array, "P n"]:
    """Return a column of ones, then $h_1$ of every coordinate, then $h_2$, and so on."""
    columns = [jnp.ones_like(xs), xs]
    for n in range(1, degree):
        # sqrt(n + 1) h_{n+1} = x h_n - sqrt(n) h_{n-1}
        columns.append((xs * columns[n] - n**0.5 * columns[n - 1]) * (n + 1) ** -0.5)
    return jnp.concatenate([columns[0][:, :1], *columns[1:]], axis=1)


@functools.cache
def _products(num_dims: int, degree: int) -> Int[np.ndarray, "F p"]:
    """Return which columns of the table every feature multiplies; 0 is the column of ones."""
    rows = []
    for total in range(1, degree + 1):
        for coordinates in itertools.combinations_with_replacement(range(num_dims), total):
            powers = sorted({c: coordinates.count(c) for c in coordinates}.items())
            columns = [1 + (power - 1) * num_dims + c for c, power in powers]
            rows.append(columns + [0] * (degree - len(columns)))
    return np.array(rows, np.int32)
