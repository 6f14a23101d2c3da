"""The predictor that has learnt nothing."""

import jax.numpy as jnp

from .._types import Moments, Scalar
from ..models import AbstractMomentModel
from ._base import AbstractBaseline, baselines


@baselines.register("zero")
class Zero(AbstractBaseline, AbstractMomentModel):
    r"""Always 0: its excess risk is the signal variance $\tau$, the scale of every other."""

    def predict(self, moments: Moments) -> Scalar:
        """Return 0."""
        return jnp.zeros((), moments.query.dtype)
