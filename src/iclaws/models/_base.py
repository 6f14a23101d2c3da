"""What an architecture and a model are: a shape, and the function it becomes."""

import abc
from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from .._registry import Registry
from .._types import Key, Moments, Scalar


class AbstractModel(eqx.Module):
    """A function from examples to predictions; every leaf is a float array.

    Models see one sequence; the caller vmaps. A prediction never depends on its own label
    nor on anything after it.
    """

    @abc.abstractmethod
    def __call__(self, xs: Float[Array, "P D"], ys: Float[Array, " P"]) -> Float[Array, " P"]:
        """Return one prediction per point, from the labelled points before it."""

    def measures(self) -> dict[str, Array]:
        """Return what the weights alone tell (scalars and vectors), for the record."""
        return {}


class AbstractMomentModel(AbstractModel):
    r"""A model that reads its context through $\hat\Sigma$ and $h$ alone.

    It costs the same for any context length, and a context's moments can be drawn
    without drawing the context.
    """

    @abc.abstractmethod
    def predict(self, moments: Moments) -> Scalar:
        """Return the prediction at `moments.query`."""

    def predict_all(self, moments: Moments) -> Float[Array, " Q"]:
        """Return the prediction at each of several queries, `(Q, D)`, of one context."""
        per_query = Moments(None, None, 0, None)  # pyright: ignore[reportArgumentType]
        return jax.vmap(self.predict, in_axes=(per_query,))(moments)

    def __call__(self, xs: Float[Array, "P D"], ys: Float[Array, " P"]) -> Float[Array, " P"]:
        """Predict each point from the moments of the points before it."""
        return jax.vmap(self.predict)(prefix_moments(xs, ys))


class AbstractArchitecture(eqx.Module):
    """The shape of a model and how it starts; depth and width are static."""

    version: ClassVar[int] = 1
    # Whether `init` makes an `AbstractMomentModel`.
    reads_moments: ClassVar[bool] = False

    @abc.abstractmethod
    def init(self, key: Key, num_dims: int) -> AbstractModel:
        """Return a fresh model for covariates of `num_dims` dimensions."""

    def check(self, num_dims: int, num_points: int) -> None:
        """Raise `InvalidValue` if this shape cannot read such a sequence."""
        del num_dims, num_points


models: Registry[AbstractArchitecture] = Registry("model")


def prefix_moments(xs: Float[Array, "P D"], ys: Float[Array, " P"]) -> Moments:
    """Return the moments before each point, stacked over points (a leading axis `P`)."""
    num_points = xs.shape[0]
    outer = xs[:, :, None] * xs[:, None, :]
    count = jnp.arange(num_points, dtype=xs.dtype)
    scale = 1.0 / jnp.maximum(count, 1.0)
    return Moments(
        covariance=_sum_before(outer) * scale[:, None, None],
        cross=_sum_before(xs * ys[:, None]) * scale[:, None],
        query=xs,
        num_context=count,
    )


def _sum_before(terms: Float[Array, "P *rest"]) -> Float[Array, "P *rest"]:
    total = jnp.cumsum(terms, axis=0)
    return jnp.concatenate([jnp.zeros_like(total[:1]), total[:-1]])
