"""The n-gram: the Bayes predictor of a Markov chain."""

import equinox as eqx
from jaxtyping import Array, Float, Int

from .._checks import require
from .._types import Real
from ..models import AbstractLogitModel
from ._base import AbstractBaseline, baselines
from ._counts import n_gram_logits


@baselines.register("n-gram")
class NGram(AbstractBaseline, AbstractLogitModel):
    r"""$(c_{tj} + \alpha)/(c_t + V\alpha)$: counts of what followed the last `order` tokens.

    Bayes-optimal for chains of this order whose rows are Dirichlet with concentration
    $\alpha$; a small $\alpha$ makes it the empirical n-gram.

    Attributes:
        num_classes: Symbols $V$.
        concentration: $\alpha$ above 0.
        order: Tokens of the context.

    Raises:
        InvalidValue: `concentration` is not above 0, or a size is out of range.
    """

    num_classes: int = eqx.field(static=True)
    concentration: Real = 1.0
    order: int = eqx.field(static=True, default=1)

    @classmethod
    def example(cls, num_dims: int) -> "NGram":
        """Return the one of order 2 for as many symbols."""
        return cls(num_dims, 0.5, 2)

    def __check_init__(self) -> None:
        """Refuse counts without smoothing: a log of 0."""
        require("num_classes", self.num_classes, at_least=1)
        require("concentration", self.concentration, above=0)
        require("order", self.order, at_least=0)

    def logits(self, xs: Array, ys: Array, positions: Int[Array, " G"]) -> Float[Array, "G V"]:
        """Return the log posterior probabilities."""
        del ys
        found = n_gram_logits(xs, self.order, self.num_classes, concentration=self.concentration)
        return found[positions]
