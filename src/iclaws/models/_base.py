"""What an architecture and a model are: a shape, and the function it becomes."""

import abc
from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from .._registry import Registry, registered_as
from .._types import Interface, Key, Loss, Moments, Scalar
from ..errors import InvalidValue


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


class AbstractLogitModel(AbstractModel):
    """A model that answers with one logit per class, where it is asked.

    It reads tokens (`xs` integers, `ys` ignored), or covariates with class labels; then an
    answer may use the labels before its position, as any model's.
    """

    @abc.abstractmethod
    def logits(self, xs: Array, ys: Array, positions: Int[Array, " G"]) -> Float[Array, "G V"]:
        """Return the logits at some positions, computing no others at the read-out."""

    def __call__(self, xs: Array, ys: Array) -> Float[Array, "P V"]:
        """Return the logits at every position."""
        return self.logits(xs, ys, jnp.arange(xs.shape[0]))


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
    # Losses it can be trained with; `categorical` needs `init_for`.
    losses: ClassVar[tuple[Loss, ...]] = ("squared",)

    @abc.abstractmethod
    def init(self, key: Key, num_dims: int) -> AbstractModel:
        """Return a fresh model for covariates of `num_dims` dimensions."""

    def init_for(self, key: Key, interface: Interface) -> AbstractModel:
        """Return a fresh model that reads and answers as a task asks.

        Override it to read tokens or class labels (an `AbstractLogitModel`).
        """
        return self.init(key, interface.num_dims)

    def check_interface(self, interface: Interface) -> None:
        """Raise `InvalidValue` if this architecture cannot be trained with the task's loss."""
        if interface.loss not in self.losses:
            able = [name for name in models.names() if interface.loss in models.get(name).losses]
            kind, name = registered_as(type(self)) or ("model", type(self).__name__)
            what = "tokens" if interface.reads == "tokens" else "covariates"
            raise InvalidValue(
                f"The {kind} {name!r} cannot be trained on this task: it shows {what} and scores "
                f"answers by {interface.loss} loss, and {name!r} knows only "
                f"{' and '.join(self.losses)} loss. Choose one of {', '.join(able)}."
            )

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
