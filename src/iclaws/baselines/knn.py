"""The mean label of the nearest examples."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..errors import InvalidValue
from ._base import AbstractBaseline, baselines


@baselines.register("knn")
class KNearestNeighbours(AbstractBaseline):
    r"""The mean of $y$ over the $\min(n, 3)$ nearest of $n$ examples, in Euclidean distance.

    A baseline of arXiv 2208.01066 (three neighbours; 0 without examples). Consistent for a
    continuous function only if their number grows with the examples; slow in many dimensions.
    One neighbour makes no error where a noise-free example is asked again, as the query of
    `retrieval` is; optimal for no other task here.

    Attributes:
        num_neighbours: Examples averaged over, at most.

    Raises:
        InvalidValue: fewer than one neighbour.
    """

    num_neighbours: int = eqx.field(static=True, default=3)

    def __check_init__(self) -> None:
        """Refuse a mean over nothing."""
        if self.num_neighbours < 1:
            raise InvalidValue(f"`num_neighbours` must be at least 1. Got {self.num_neighbours}.")

    def __call__(self, xs: Float[Array, "P D"], ys: Float[Array, " P"]) -> Float[Array, " P"]:
        """Return the mean label of each point's nearest predecessors; 0 at the first."""
        num_points = xs.shape[0]
        wanted = min(self.num_neighbours, num_points)
        index = jnp.arange(num_points, dtype=jnp.int32)

        # Position by position: differences of all pairs at once would be P^2 D numbers.
        def at(position: Array) -> Array:
            squared = jnp.sum((xs - xs[position][None, :]) ** 2, axis=1)
            near = jnp.where(index < position, -squared, -jnp.inf)
            _, found = jax.lax.top_k(near, wanted)
            counts = (found < position).astype(ys.dtype)
            return jnp.sum(jnp.where(counts > 0, ys[found], 0.0)) / jnp.maximum(counts.sum(), 1)

        return jax.lax.map(at, index)
