"""Two-layer ReLU networks with random weights."""

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from .._checks import require
from .._types import Count, Key, Real, as_real
from ._base import tasks
from ._functions import AbstractRegressionTask, normal


class Network(NamedTuple):
    """One two-layer network.

    Attributes:
        hidden: Weights $u_j$ of the hidden units, `(D, r)`.
        outputs: Weights $a_j$ of the sum, `(r,)`.
    """

    hidden: Array
    outputs: Array


@tasks.register("relu-network")
class ReluNetwork(AbstractRegressionTask):
    r"""$y = \sqrt{2/r} \sum_{j=1}^r a_j \max(0, u_j \cdot x)$ with random weights.

    $x$, every $u_j$ and $a$ are standard normal.

    Scale: $E y^2 = D + \sigma^2$. Source: arXiv 2208.01066, with $r = 100$.
    Bayes-optimal: the posterior mean over networks, without closed form; at large $r$ that of the
    GP with the arc-cosine kernel. The published baseline is a network of the same shape trained
    on the context.

    Attributes:
        num_dims: Dimension $D$.
        num_context: Labelled examples $k$ before the query.
        num_hidden: Hidden units $r$.
        noise_var: $\sigma^2$ of the label noise.

    Raises:
        InvalidValue: a size or variance is out of range.
    """

    num_dims: int = eqx.field(static=True, default=20)
    num_context: Count = 60
    num_hidden: int = eqx.field(static=True, default=100)
    noise_var: Real = eqx.field(default=0.0, converter=as_real)

    def __check_init__(self) -> None:
        """Refuse a network without units."""
        require("num_hidden", self.num_hidden, at_least=1)

    def references(self) -> dict[str, dict[str, Any]]:
        """Return least squares, and the Gaussian process that wide networks are."""
        noise_var = max(float(self.noise_var), 1e-4 * self.num_dims)
        kernel = {"noise_var": noise_var, "signal_var": 1.0, "kernel": "relu-network"}
        return {"least-squares": {}, "gaussian-process": kernel}

    def sample_latent(self, key: Key) -> Network:
        """Draw both layers."""
        hidden_key, output_key = jax.random.split(key)
        hidden = normal(hidden_key, (self.num_dims, self.num_hidden))
        return Network(hidden, normal(output_key, (self.num_hidden,)))

    def evaluate(self, latent: Network, xs: Float[Array, "P D"]) -> Float[Array, " P"]:
        """Return the output of the network."""
        units = jnp.maximum(xs @ latent.hidden, 0.0)
        return (2.0 / self.num_hidden) ** 0.5 * (units @ latent.outputs)
