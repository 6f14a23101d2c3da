"""The nearest item's label: in-context classification without weights."""

from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from .._checks import require, require_at_most
from .._types import Reads, Real
from ..models import AbstractLogitModel
from ._base import AbstractBaseline, baselines


@baselines.register("nearest-label")
class NearestLabel(AbstractBaseline, AbstractLogitModel):
    """Bet on the label of the nearest earlier item; on none before the first.

    Attributes:
        num_classes: Labels.
        error: Chance given to all labels together, the bet included, above 0 and at most 1.

    Raises:
        InvalidValue: `error` is not above 0 and at most 1.
    """

    num_classes: int = eqx.field(static=True)
    error: Real = 0.01

    reads: ClassVar[Reads] = "covariates"

    @classmethod
    def example(cls, num_dims: int) -> "NearestLabel":
        """Return the one for as many labels."""
        return cls(num_dims, 0.1)

    def __check_init__(self) -> None:
        """Refuse a chance out of range."""
        require("num_classes", self.num_classes, at_least=1)
        require("error", self.error, above=0)
        require_at_most("error", self.error, limit=("1", 1))

    def logits(self, xs: Array, ys: Array, positions: Int[Array, " G"]) -> Float[Array, "G V"]:
        """Return the log of the chances that the rule gives."""
        items = xs.reshape(xs.shape[0], -1).astype(jnp.float32)
        distance = jnp.sum((items[positions][:, None, :] - items[None, :, :]) ** 2, axis=-1)
        earlier = jnp.arange(xs.shape[0])[None, :] < positions[:, None]
        nearest = jnp.argmin(jnp.where(earlier, distance, jnp.inf), axis=1)
        bet = jax.nn.one_hot(ys[nearest], self.num_classes)
        share = jnp.asarray(self.error, bet.dtype) / self.num_classes
        known = (positions > 0)[:, None]
        return jnp.log(jnp.where(known, share + (1.0 - self.error) * bet, 1.0 / self.num_classes))
