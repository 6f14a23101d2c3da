"""Classification by a random hyperplane."""

from typing import Any, ClassVar

import equinox as eqx
from jaxtyping import Array, Float

from .._types import Count, Key
from ._base import tasks
from ._functions import AbstractFunctionTask, normal, sign

SMALL_RIDGE = 0.1  # of the baseline: separable labels have no optimum without


@tasks.register("linear-classification")
class LinearClassification(AbstractFunctionTask):
    r"""$y = \mathrm{sign}(w \cdot x) \in \{-1, +1\}$ with $x$ and $w$ standard normal.

    Scale: $E y^2 = 1$; the length of $w$ does not matter. Source: arXiv 2208.01066.
    Bayes-optimal: the share that answers +1 among the hyperplanes which agree with the context,
    under a uniform direction of $w$; without closed form.

    Attributes:
        num_dims: Dimension $D$.
        num_context: Labelled examples $k$ before the query.

    Raises:
        InvalidValue: a size is out of range.
    """

    num_dims: int = eqx.field(static=True, default=20)
    num_context: Count = 40

    loss: ClassVar = "logistic"

    def references(self) -> dict[str, dict[str, Any]]:
        """Return logistic regression with a small penalty, near the maximum margin."""
        return {"logistic-regression": {"ridge": SMALL_RIDGE}}

    def sample_latent(self, key: Key) -> Float[Array, " D"]:
        """Draw the normal of the hyperplane, `(D,)`."""
        return normal(key, (self.num_dims,))

    def evaluate(self, latent: Float[Array, " D"], xs: Float[Array, "P D"]) -> Float[Array, " P"]:
        """Return the side of the hyperplane."""
        return sign(xs @ latent)
