"""The predictor of classes that has learnt nothing."""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from ..models import AbstractLogitModel
from ._base import AbstractBaseline, baselines


@baselines.register("uniform")
class Uniform(AbstractBaseline, AbstractLogitModel):
    r"""Every class as likely: cross-entropy $\log V$, the scale of every other.

    Attributes:
        num_classes: Classes, or tokens of the vocabulary, $V$.
    """

    num_classes: int = eqx.field(static=True)

    @classmethod
    def example(cls, num_dims: int) -> "Uniform":
        """Return the one for as many classes."""
        return cls(num_dims)

    def logits(self, xs: Array, ys: Array, positions: Int[Array, " G"]) -> Float[Array, "G V"]:
        """Return zeros."""
        del xs, ys
        return jnp.zeros((positions.shape[0], self.num_classes))
