"""The unigram."""

import equinox as eqx
from jaxtyping import Array, Float, Int

from .._checks import require
from .._types import Real
from ..models import AbstractLogitModel
from ._base import AbstractBaseline, baselines
from ._counts import n_gram_logits


@baselines.register("unigram")
class Unigram(AbstractBaseline, AbstractLogitModel):
    r"""Counts of how often each token came so far, smoothed by a concentration.

    Attributes:
        num_classes: Symbols $V$.
        concentration: Added to every count, above 0.

    Raises:
        InvalidValue: `concentration` is not above 0, or there are no symbols.
    """

    num_classes: int = eqx.field(static=True)
    concentration: Real = 1.0

    @classmethod
    def example(cls, num_dims: int) -> "Unigram":
        """Return the one for as many symbols."""
        return cls(num_dims)

    def __check_init__(self) -> None:
        """Refuse counts without smoothing: a log of 0."""
        require("num_classes", self.num_classes, at_least=1)
        require("concentration", self.concentration, above=0)

    def logits(self, xs: Array, ys: Array, positions: Int[Array, " G"]) -> Float[Array, "G V"]:
        """Return the log of the smoothed shares."""
        del ys
        found = n_gram_logits(xs, 0, self.num_classes, concentration=self.concentration)
        return found[positions]
