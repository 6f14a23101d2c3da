"""Retrieval: the query is an earlier point, and its label is asked for."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp

from .._checks import require
from .._types import Count, Key, Sequence
from ._base import AbstractTask, tasks


@tasks.register("retrieval")
class Retrieval(AbstractTask):
    r"""Random unit vectors with random labels $y \sim N(0, 1)$; the query repeats one of them.

    Nothing can be learnt but to look up. Points before the query are all different.

    Scale: $E y^2 = 1$. Source: the vector-valued recall of arXiv 2402.04248, with a scalar value.
    Bayes-optimal: at the query the nearest neighbour, which makes no error; elsewhere nothing
    beats 0, whose risk is 1.

    Attributes:
        num_dims: Dimension $D$ of the vectors, at least 2: on a line they repeat by chance.
        num_context: Pairs $k$ before the query, at least 1.

    Raises:
        InvalidValue: a size is out of range.
    """

    num_dims: int = eqx.field(static=True, default=20)
    num_context: Count = 64

    def __check_init__(self) -> None:
        """Refuse an empty context, and vectors of which there are only two."""
        require("num_dims", self.num_dims, at_least=2)
        require("num_context", self.num_context, at_least=1)

    def sample_latent(self, key: Key) -> jax.Array:
        """Return nothing to speak of: every sequence is a table of its own."""
        del key
        return jnp.zeros(())

    def sample_sequence(self, key: Key, latent: jax.Array, num_points: int) -> Sequence:
        """Draw vectors and labels; the point at `num_context` repeats an earlier one."""
        del latent
        point_key, which_key = jax.random.split(key)
        keys = jax.vmap(jax.random.fold_in, in_axes=(None, 0))(point_key, jnp.arange(num_points))
        drawn = jax.vmap(lambda key: jax.random.normal(key, (self.num_dims + 1,)))(keys)
        xs = drawn[:, 1:] / jnp.linalg.norm(drawn[:, 1:], axis=1, keepdims=True)
        which = jax.random.randint(which_key, (), 0, self.num_context)
        index = jnp.arange(num_points)
        source = jnp.where(index == self.num_context, which, index)
        return Sequence(xs[source], drawn[source, 0], drawn[source, 0])

    def references(self) -> dict[str, dict[str, Any]]:
        """Return the nearest neighbour."""
        return {"knn": {"num_neighbours": 1}}

    @property
    def bayes_everywhere(self) -> bool:
        """Return False: before the query, zero is optimal."""
        return False

    @property
    def bayes(self) -> str:
        """Return the nearest neighbour, which makes no error at the query."""
        return "knn"
