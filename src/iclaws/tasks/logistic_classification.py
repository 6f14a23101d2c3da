"""Classification with labels drawn from a logistic model."""

from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from .._checks import require
from .._types import Count, Key, Real, Sequence, as_real
from ._base import tasks
from ._functions import AbstractFunctionTask, normal


@tasks.register("logistic-classification")
class LogisticClassification(AbstractFunctionTask):
    r"""$P(y = 1 \mid x) = 1/(1 + e^{-w \cdot x})$, $y \in \{-1, +1\}$.

    $x \sim N(0, I)$ and $w \sim N(0, \tau I/D)$, so that the logit has variance $\tau$: the larger,
    the less noisy the labels.

    Scale: $E y^2 = 1$. Source: logistic regression in context as in arXiv 2306.04637.
    Bayes-optimal: the posterior mean of $P(y = 1 \mid x)$ under the Gaussian prior; logistic
    regression with the penalty $\frac{D}{2\tau}\|w\|^2$ takes the mode instead.

    Risk is measured against the labels as drawn: its mean is that against the true probabilities,
    which a single label of -1 or +1 cannot hold.

    Attributes:
        num_dims: Dimension $D$.
        num_context: Labelled examples $k$ before the query.
        signal_var: $\tau$, the variance of the logit.

    Raises:
        InvalidValue: a size or variance is out of range.
    """

    num_dims: int = eqx.field(static=True, default=10)
    num_context: Count = 40
    signal_var: Real = eqx.field(default=10.0, converter=as_real)

    loss: ClassVar = "logistic"

    def __check_init__(self) -> None:
        """Refuse a signal without variance."""
        require("signal_var", self.signal_var, above=0)

    def references(self) -> dict[str, dict[str, Any]]:
        """Return the mode of the posterior."""
        return {"logistic-regression": {"ridge": self.num_dims / float(self.signal_var)}}

    def sample_latent(self, key: Key) -> Float[Array, " D"]:
        """Draw the weights, `(D,)`."""
        scale = jnp.sqrt(jnp.asarray(self.signal_var, jnp.float32) / self.num_dims)
        return scale * normal(key, (self.num_dims,))

    def evaluate(self, latent: Float[Array, " D"], xs: Float[Array, "P D"]) -> Float[Array, " P"]:
        """Return the logit."""
        return xs @ latent

    def label(self, key: Key, xs: Float[Array, "P D"], values: Float[Array, " P"]) -> Sequence:
        """Draw the labels from their probabilities."""
        chance = jax.random.uniform(key, values.shape)
        labels = jnp.where(chance < jax.nn.sigmoid(values), 1.0, -1.0)
        return Sequence(xs, labels, labels)
