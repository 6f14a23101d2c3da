"""Bayes for sparse weights, by enumeration of their supports."""

from itertools import combinations
from math import comb

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from .._checks import require
from .._types import Moments, Real, Scalar
from ..errors import InvalidValue
from ..models import AbstractMomentModel
from ..models._base import prefix_moments
from ._base import AbstractBaseline, baselines

MOST_SUPPORTS = 20_000


@baselines.register("sparse-bayes")
class SparseBayes(AbstractBaseline, AbstractMomentModel):
    r"""The posterior mean for $s$ of $D$ weights $N(0, \tau_1)$ and the others zero, exactly.

    Spike and slab with a known number of nonzero weights: every support is weighed by its
    evidence. The Bayes estimator of `sparse-linear` (arXiv 2208.01066: $D = 20$, $s = 3$, 1140
    supports, $\tau_1 = 1$), which Lasso only approaches.

    Attributes:
        num_active: $s$, at most $D$; $\binom Ds$ supports are enumerated, at most 20 000.
        slab_var: $\tau_1$, the variance of a nonzero weight.
        noise_var: $\sigma^2$, above 0. For noise-free labels a small value stands in: 1e-5 of
            `slab_var` is above the rounding of 32 bits, 1e-6 is not.

    Raises:
        InvalidValue: fewer than one nonzero weight, or a variance is not above 0.
    """

    num_active: int = eqx.field(static=True, default=3)
    slab_var: Real = eqx.field(default=1.0)
    noise_var: Real = eqx.field(default=1e-3)

    @classmethod
    def example(cls, num_dims: int) -> "SparseBayes":
        """Return pairs out of `num_dims`, with noise."""
        return cls(min(2, num_dims), 1.0, 0.1)

    def __check_init__(self) -> None:
        """Refuse a support of nothing, and variances that are not above 0."""
        require("num_active", self.num_active, at_least=1)
        require("slab_var", self.slab_var, above=0)
        require("noise_var", self.noise_var, above=0)

    def __call__(self, xs: Float[Array, "P D"], ys: Float[Array, " P"]) -> Float[Array, " P"]:
        """Return the posterior mean at every point, one position after the other.

        Raises:
            InvalidValue: there are no supports of this size, or too many to enumerate.
        """
        return jax.lax.map(self.predict, prefix_moments(xs, ys))

    def predict(self, moments: Moments) -> Scalar:
        """Return the posterior mean at the query.

        Raises:
            InvalidValue: there are no supports of this size, or too many to enumerate.
        """
        query, supports = moments.query, _supports(moments.query.shape[0], self.num_active)
        slab, noise = (jnp.asarray(v, query.dtype) for v in (self.slab_var, self.noise_var))
        identity = jnp.eye(self.num_active, dtype=query.dtype)
        # In weights of unit variance the system is G / sigma^2 + I.
        scale = moments.num_context * slab / noise
        gram = scale * moments.covariance[supports[:, :, None], supports[:, None, :]]
        right = scale / jnp.sqrt(slab) * moments.cross[supports]
        solved, log_det = solve_small(gram + identity[None], right)
        log_evidence = 0.5 * (jnp.sum(right * solved, axis=1) - log_det)
        answers = jnp.sqrt(slab) * jnp.sum(solved * query[supports], axis=1)
        return jax.nn.softmax(log_evidence) @ answers


def _supports(num_dims: int, num_active: int) -> np.ndarray:
    count = comb(num_dims, num_active)
    if not 0 < count <= MOST_SUPPORTS:
        raise InvalidValue(
            f"There are {count} supports of {num_active} among {num_dims} weights; between 1 and "
            f"{MOST_SUPPORTS} can be enumerated. Choose fewer dimensions or nonzero weights."
        )
    return np.array(list(combinations(range(num_dims), num_active)))


def solve_small(
    systems: Float[Array, "n s s"], right: Float[Array, "n s"]
) -> tuple[Float[Array, "n s"], Float[Array, " n"]]:
    """Return solutions and log determinants of many small positive systems.

    Cholesky written out over the few rows, so that each operation runs over all systems: one
    LAPACK call per system is tens of times slower.
    """
    size = right.shape[1]
    rows: list[list[Array]] = []
    half: list[Array] = []  # the solution of the lower triangle
    for i in range(size):
        row: list[Array] = []
        for j in range(i + 1):
            value = systems[:, i, j]
            for a, b in zip(row, rows[j] if j < i else row, strict=False):
                value = value - a * b
            row.append(jnp.sqrt(value) if i == j else value / rows[j][j])
        rows.append(row)
        value = right[:, i]
        for a, b in zip(row, half, strict=False):
            value = value - a * b
        half.append(value / row[i])
    solved: list[Array] = [half[0]] * size
    for i in reversed(range(size)):
        value = half[i]
        for j in range(i + 1, size):
            value = value - rows[j][i] * solved[j]
        solved[i] = value / rows[i][i]
    log_det = 2.0 * sum(jnp.log(rows[i][i]) for i in range(size))
    return jnp.stack(solved, axis=1), jnp.asarray(log_det)
