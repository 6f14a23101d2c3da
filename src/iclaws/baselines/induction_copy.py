"""The induction head's rule: copy what followed the same token before."""

from typing import Literal

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from .._checks import require, require_at_most
from .._types import Real
from ..models import AbstractLogitModel
from ._base import AbstractBaseline, baselines
from ._counts import same_context

Match = Literal["latest", "first"]


@baselines.register("induction-copy")
class InductionCopy(AbstractBaseline, AbstractLogitModel):
    """Bet on the token that followed an earlier occurrence of the current one; else on none.

    Attributes:
        num_classes: Tokens of the vocabulary.
        error: Chance given to all tokens together, the bet included, above 0 and at most 1.
        match: Which earlier occurrence is copied from.

    Raises:
        InvalidValue: `error` is not above 0 and at most 1.
    """

    num_classes: int = eqx.field(static=True)
    error: Real = 1e-6
    match: Match = eqx.field(static=True, default="latest")

    @classmethod
    def example(cls, num_dims: int) -> "InductionCopy":
        """Return the one for as many tokens that is right nine times in ten."""
        return cls(num_dims, 0.1)

    def __check_init__(self) -> None:
        """Refuse a chance out of range."""
        require("num_classes", self.num_classes, at_least=1)
        require("error", self.error, above=0)
        require_at_most("error", self.error, limit=("1", 1))

    def logits(self, xs: Array, ys: Array, positions: Int[Array, " G"]) -> Float[Array, "G V"]:
        """Return the log of the chances that the rule gives."""
        del ys
        same = same_context(xs, 1)[positions]
        last = same.shape[1] - 1
        index = jnp.argmax(same, axis=1)
        if self.match == "latest":
            index = last - jnp.argmax(same[:, ::-1], axis=1)
        bet = jax.nn.one_hot(xs[jnp.minimum(index + 1, last)], self.num_classes)
        share = jnp.asarray(self.error, bet.dtype) / self.num_classes
        found = jnp.any(same, axis=1, keepdims=True)
        return jnp.log(jnp.where(found, share + (1.0 - self.error) * bet, 1.0 / self.num_classes))
