"""Linear regression with few non-zero weights."""

from math import comb
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from .._checks import require, require_at_most
from .._types import Count, Key, Real, as_real
from ._base import tasks
from ._functions import AbstractRegressionTask, normal, smallest

MOST_LISTED = 2000  # supports: 1140 at 3 of 20
# Smallest noise at which the posterior over supports is computed in 32 bits without loss.
LEAST_NOISE = 1e-5


class SparseLatent(NamedTuple):
    """One sparse linear function.

    Attributes:
        weights: The weights $w$, `(D,)`, all but `num_active` of them zero.
        dense: The weights before any is set to zero, `(D,)`.
        order: Random numbers, `(D,)`: the smallest mark the weights that stay.
    """

    weights: Array
    dense: Array
    order: Array


@tasks.register("sparse-linear")
class SparseLinear(AbstractRegressionTask):
    r"""$y_i = w \cdot x_i + \varepsilon_i$, with all but $s$ of the weights zero.

    $x \sim N(0, I)$; $w \sim N(0, I)$ with all but $s$ uniformly chosen coordinates set to
    zero, not rescaled. Under a curriculum over dimensions the non-zero weights are among the
    active coordinates.

    Scale: $E y^2 = s + \sigma^2$. Source: arXiv 2208.01066.
    Bayes-optimal: the average, by posterior weight, of the ridge estimates (without noise: least
    squares) on all supports of size $s$; Lasso is near it at any size.

    Attributes:
        num_dims: Dimension $D$.
        num_context: Labelled examples $k$ before the query.
        num_active: Non-zero weights $s$; may vary inside one program.
        noise_var: $\sigma^2$ of the label noise.

    Raises:
        InvalidValue: a size or variance is out of range.
    """

    num_dims: int = eqx.field(static=True, default=20)
    num_context: Count = 20
    num_active: Count = 3
    noise_var: Real = eqx.field(default=0.0, converter=as_real)

    def __check_init__(self) -> None:
        """Refuse more non-zero weights than there are."""
        require("num_active", self.num_active, at_least=1)
        require_at_most("num_active", self.num_active, limit=("num_dims", self.num_dims))

    def sample_latent(self, key: Key) -> SparseLatent:
        """Draw all weights, and which of them stay."""
        weight_key, order_key = jax.random.split(key)
        dense = normal(weight_key, (self.num_dims,))
        order = jax.random.uniform(order_key, (self.num_dims,))
        return self._sparse(dense, order)

    def evaluate(self, latent: SparseLatent, xs: Float[Array, "P D"]) -> Float[Array, " P"]:
        r"""Return $w \cdot x$."""
        return xs @ latent.weights

    def references(self) -> dict[str, dict[str, Any]]:
        """Return Lasso, the best for dense weights, and Bayes if supports are few enough to list.

        For dense weights of the same variance: ridge, without noise least squares. The posterior
        over supports takes noise below `LEAST_NOISE`, none included, for that much: it is then
        near the best, and beaten just beyond $k = s$ by who knows that there is less noise.
        """
        found: dict[str, dict[str, Any]] = {"lasso": {"alpha": 0.01}}
        if float(self.noise_var) == 0.0:
            found["least-squares"] = {}
        else:
            prior = np.full(self.num_dims, float(self.num_active) / self.num_dims)
            found["ridge"] = {"prior": prior, "noise_var": float(self.noise_var)}
        if comb(self.num_dims, int(self.num_active)) <= MOST_LISTED:
            noise_var = max(float(self.noise_var), LEAST_NOISE)
            found["sparse-bayes"] = {"num_active": int(self.num_active), "noise_var": noise_var}
        return found

    @property
    def bayes(self) -> str | None:
        """Return the posterior over supports, if they are few enough and its noise is the task's.

        None where there is less noise than the posterior can be computed with (`references`).
        """
        exact = float(self.noise_var) >= LEAST_NOISE
        return "sparse-bayes" if exact and "sparse-bayes" in self.references() else None

    def restrict(self, latent: SparseLatent, num_active: Count) -> SparseLatent:
        """Return the function with its support among the first coordinates."""
        active = jnp.arange(self.num_dims) < num_active
        return self._sparse(latent.dense, jnp.where(active, latent.order, 2.0))

    def _sparse(self, dense: Array, order: Array) -> SparseLatent:
        kept = smallest(order, self.num_active)
        return SparseLatent(jnp.where(kept, dense, 0.0), dense, order)
