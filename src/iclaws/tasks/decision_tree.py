"""Complete decision trees on the signs of coordinates."""

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from .._checks import require
from .._types import Count, Key, Real, as_real
from ..errors import InvalidValue
from ._base import tasks
from ._functions import AbstractRegressionTask, normal

MOST_LEVELS = 12  # 4096 leaves


class Tree(NamedTuple):
    """One complete binary tree; the children of node $v$ are $2v+1$ and $2v+2$.

    Attributes:
        coordinates: Which coordinate each inner node asks for, `(2^depth - 1,)` integers.
        leaves: Values of the leaves from left to right, `(2^depth,)`.
    """

    coordinates: Array
    leaves: Array


@tasks.register("decision-tree")
class DecisionTree(AbstractRegressionTask):
    r"""$y$ is the leaf that $x$ falls into: right at a node iff its coordinate of $x$ is above 0.

    A complete tree of 4 levels; every inner node asks for a uniformly chosen coordinate (the same
    one may return below); leaves are $N(0, 1)$ and $x \sim N(0, I)$.

    Scale: $E y^2 = 1 + \sigma^2$. Source: arXiv 2208.01066.
    Bayes-optimal: the posterior mean over trees, without closed form. The published baselines
    are greedy tree learning and boosted trees.

    Attributes:
        num_dims: Dimension $D$.
        num_context: Labelled examples $k$ before the query.
        num_levels: Depth of the tree.
        noise_var: $\sigma^2$ of the label noise.

    Raises:
        InvalidValue: a size or variance is out of range.
    """

    num_dims: int = eqx.field(static=True, default=20)
    num_context: Count = 60
    num_levels: int = eqx.field(static=True, default=4)
    noise_var: Real = eqx.field(default=0.0, converter=as_real)

    def __check_init__(self) -> None:
        """Refuse a tree without inner nodes, or too large to hold."""
        require("num_levels", self.num_levels, at_least=1)
        if self.num_levels > MOST_LEVELS:
            raise InvalidValue(
                f"`num_levels` must be at most {MOST_LEVELS}: leaves double with every level. "
                f"Got {self.num_levels}."
            )

    def references(self) -> dict[str, dict[str, Any]]:
        """Return nearest neighbours and least squares; trees are fitted apart from programs."""
        return {"knn": {"num_neighbours": 3}, "least-squares": {}}

    def sample_latent(self, key: Key) -> Tree:
        """Draw the questions and the leaves."""
        node_key, leaf_key = jax.random.split(key)
        num_leaves = 2**self.num_levels
        asked = jax.random.randint(node_key, (num_leaves - 1,), 0, self.num_dims)
        return Tree(asked, normal(leaf_key, (num_leaves,)))

    def evaluate(self, latent: Tree, xs: Float[Array, "P D"]) -> Float[Array, " P"]:
        """Return the leaf of every point, all points going down together."""
        right = (xs > 0.0)[:, latent.coordinates]
        node = jnp.zeros(xs.shape[0], jnp.int32)
        for _ in range(self.num_levels):
            step = jnp.take_along_axis(right, node[:, None], axis=1)[:, 0]
            node = 2 * node + 1 + step.astype(jnp.int32)
        return latent.leaves[node - (2**self.num_levels - 1)]
