"""What tasks of the form "covariates, then labels" share."""

import abc

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, PyTree

from .._checks import require
from .._types import Count, Key, Real, Sequence
from ._base import AbstractTask


class AbstractFunctionTask(AbstractTask):
    """A task that draws covariates first and labels them afterwards.

    Being two steps, they let a curriculum switch coordinates off in between: a covariate
    beyond the first `num_active` is zero before it is labelled, as in arXiv 2208.01066.
    """

    def __check_init__(self) -> None:
        """Refuse sizes out of range."""
        require("num_dims", self.num_dims, at_least=1)
        require("num_context", self.num_context, at_least=0)

    @property
    def takes_num_active(self) -> bool:
        """Return True: covariates come before labels."""
        return True

    def sample_covariates(self, key: Key, latent: PyTree, num_points: int) -> Float[Array, "P D"]:
        """Draw the covariates of a sequence of this function: standard normal by default."""
        del latent
        return normal(key, (num_points, self.num_dims))

    @abc.abstractmethod
    def evaluate(self, latent: PyTree, xs: Float[Array, "P D"]) -> Float[Array, " P"]:
        """Return the function at some covariates."""

    def label(self, key: Key, xs: Float[Array, "P D"], values: Float[Array, " P"]) -> Sequence:
        """Return the sequence with the labels that the model sees: the values by default."""
        del key
        return Sequence(xs, values, values)

    def restrict(self, latent: PyTree, num_active: Count) -> PyTree:
        """Return the function for covariates that are zero beyond the first `num_active`."""
        del num_active
        return latent

    def sample_sequence(
        self, key: Key, latent: PyTree, num_points: int, *, num_active: Count | None = None
    ) -> Sequence:
        """Draw covariates and their labels, zero beyond the first `num_active` coordinates."""
        input_key, noise_key = jax.random.split(key)
        xs = self.sample_covariates(input_key, latent, num_points)
        if num_active is not None:
            latent = self.restrict(latent, num_active)
            xs = jnp.where((jnp.arange(self.num_dims) < num_active)[None, :], xs, 0.0)
        return self.label(noise_key, xs, self.evaluate(latent, xs))


class AbstractRegressionTask(AbstractFunctionTask):
    r"""A task whose labels are the values of its function, with Gaussian noise.

    Attributes:
        noise_var: $\sigma^2$ of the noise.
    """

    noise_var: eqx.AbstractVar[Real]

    def __check_init__(self) -> None:
        """Refuse a negative variance."""
        require("noise_var", self.noise_var, at_least=0)

    def label(self, key: Key, xs: Float[Array, "P D"], values: Float[Array, " P"]) -> Sequence:
        """Return the sequence with noise on its labels."""
        noise = jnp.sqrt(jnp.asarray(self.noise_var)) * jax.random.normal(key, values.shape)
        return Sequence(xs, values + noise, values)


def normal(key: Key, shape: tuple[int, ...]) -> Array:
    """Draw standard normals of a shape, as one flat row.

    XLA's CPU code for random bits is several times slower on small trailing axes. The values are
    those of `jax.random.normal`, and more rows begin with fewer.
    """
    size = 1
    for length in shape:
        size *= length
    return jax.random.normal(key, (size,)).reshape(shape)


def uniform(key: Key, shape: tuple[int, ...], *, bound: Real) -> Array:
    """Draw uniforms on [-bound, bound) of a shape, as one flat row."""
    size = 1
    for length in shape:
        size *= length
    unit = jax.random.uniform(key, (size,), minval=-1.0, maxval=1.0)
    return (jnp.asarray(bound, jnp.float32) * unit).reshape(shape)


def signs(key: Key, shape: tuple[int, ...]) -> Array:
    """Draw signs -1 and +1 of a shape: one bit each."""
    size = 1
    for length in shape:
        size *= length
    words = jax.random.bits(key, (-(-size // 32),))
    bits = (words[:, None] >> jnp.arange(32, dtype=jnp.uint32)[None, :]) & jnp.uint32(1)
    return 2.0 * bits.reshape(-1)[:size].reshape(shape).astype(jnp.float32) - 1.0


def smallest(scores: Float[Array, " D"], count: Count) -> Bool[Array, " D"]:
    """Return where the `count` smallest scores are; of equal ones the first comes first.

    Counting beats sorting for the few dozen coordinates of a task, and `count` may be traced.
    """
    index = jnp.arange(scores.shape[0])
    less = scores[None, :] < scores[:, None]
    tied = (scores[None, :] == scores[:, None]) & (index[None, :] < index[:, None])
    return (less | tied).sum(axis=1) < count


def sign(values: Array) -> Array:
    """Return +1 where a value is above 0, and -1 elsewhere: a label is never 0."""
    return jnp.where(values > 0.0, 1.0, -1.0)
