"""Random Boolean functions of sign vectors."""

from typing import ClassVar, Literal

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from .._checks import require, require_at_most
from .._types import Count, Key, Real, as_real
from ..errors import InvalidValue
from ._base import tasks
from ._functions import AbstractFunctionTask, sign, signs, smallest

Function = Literal[
    "parity", "sparse-parity", "conjunction", "disjunction", "dnf", "cnf", "majority", "halfspace"
]
NUM_CLAUSES = 3  # of DNF and CNF
LARGEST_WEIGHT = 3  # of a halfspace
# Share of coordinates in a clause: half of them negated, except in a majority.
DENSITY = {"conjunction": 0.3, "disjunction": 0.3, "dnf": 0.2, "cnf": 0.2, "majority": 0.3}
# Share of points on which one clause is made to hold (`dnf`, conjunctions) or to fail (`cnf`,
# disjunctions), so that neither label is rare.
FORCED = {"conjunction": 0.3, "disjunction": 0.3, "dnf": 0.35, "cnf": 0.3}


@tasks.register("boolean")
class Boolean(AbstractFunctionTask):
    r"""A random Boolean function of $x \in \{-1, +1\}^D$, with $y \in \{-1, +1\}$; +1 is true.

    `parity`: whether the number of +1 within a uniformly random set of coordinates is odd;
    `sparse-parity`: within a set of `num_relevant`. `conjunction` and `disjunction`: each
    coordinate occurs plain with probability 0.15 and negated with 0.15. `dnf`: an or of 3
    conjunctions, `cnf`: an and of 3 disjunctions, each literal with probability 0.1. `majority`:
    whether most within a set, each coordinate with probability 0.3, are +1. `halfspace`: whether
    $w \cdot x > 0$ with $w$ uniform on $\{-3, \dots, 3\}^D$. Ties are false.

    $x$ is uniform, but 30 % of the points of `conjunction` (35 % of `dnf`) are changed so that the
    conjunction (one of the three, chosen for each sequence) holds, and 30 % of the points of
    `disjunction` and `cnf` so that one fails: else a label would be rare.

    Scale: $E y^2 = 1$. Source: arXiv 2310.03016, with the densities of its code.
    Bayes-optimal: the vote, by prior weight, of all functions that agree with the context; for
    `sparse-parity` by counting them.

    Attributes:
        num_dims: Dimension $D$.
        num_context: Labelled examples $k$ before the query.
        function: The class of functions.
        num_relevant: Coordinates of a sparse parity.
        forced: Share of changed points; None takes the published share of the class.

    Raises:
        InvalidValue: a size or share is out of range, or does not belong to the class.
    """

    num_dims: int = eqx.field(static=True, default=20)
    num_context: Count = 60
    function: Function = eqx.field(static=True, default="conjunction")
    num_relevant: Count = 2
    forced: Real | None = eqx.field(default=None, converter=as_real)

    loss: ClassVar = "logistic"

    def __check_init__(self) -> None:
        """Refuse sets larger than the whole, and shares where nothing is changed."""
        require("num_relevant", self.num_relevant, at_least=1)
        if self.function == "sparse-parity":
            require_at_most("num_relevant", self.num_relevant, limit=("num_dims", self.num_dims))
        if self.forced is None:
            return
        if self.function not in FORCED:
            raise InvalidValue(
                f"`forced` has no meaning for {self.function!r}, whose inputs are uniform. "
                f"Leave it out; it belongs to {', '.join(FORCED)}."
            )
        if isinstance(self.forced, float) and not 0.0 <= self.forced <= 1.0:
            raise InvalidValue(f"`forced` is a share from 0 to 1. Got {self.forced}.")

    def sample_latent(self, key: Key) -> Float[Array, "C D"]:
        """Draw the weights of every clause: -1, 0 and +1, or a halfspace's integers."""
        if self.function == "halfspace":
            most = LARGEST_WEIGHT
            shape = (1, self.num_dims)
            return jax.random.randint(key, shape, -most, most + 1).astype(jnp.float32)
        if self.function == "sparse-parity":
            order = jax.random.uniform(key, (self.num_dims,))
            return smallest(order, self.num_relevant).astype(jnp.float32)[None, :]
        if self.function == "parity":
            return 0.5 * (1.0 + signs(key, (1, self.num_dims)))
        shape = (NUM_CLAUSES if self.function in ("dnf", "cnf") else 1, self.num_dims)
        chance = jax.random.uniform(key, shape)
        density = DENSITY[self.function]
        if self.function == "majority":
            return (chance < density).astype(jnp.float32)
        plain, negated = chance < density / 2, (chance >= density / 2) & (chance < density)
        return plain.astype(jnp.float32) - negated.astype(jnp.float32)

    def sample_covariates(
        self, key: Key, latent: Float[Array, "C D"], num_points: int
    ) -> Float[Array, "P D"]:
        """Draw uniform signs, and make a clause hold (or fail) on some points."""
        sign_key, clause_key, forced_key = jax.random.split(key, 3)
        xs = signs(sign_key, (num_points, self.num_dims))
        if self.function not in FORCED:
            return xs
        share = FORCED[self.function] if self.forced is None else self.forced
        clause = latent[jax.random.randint(clause_key, (), 0, latent.shape[0])]
        wanted = clause if self.function in ("conjunction", "dnf") else -clause
        chosen = jax.random.uniform(forced_key, (num_points,)) < share
        return jnp.where(chosen[:, None] & (clause != 0.0)[None, :], wanted[None, :], xs)

    def evaluate(self, latent: Float[Array, "C D"], xs: Float[Array, "P D"]) -> Float[Array, " P"]:
        """Return the truth of every point, -1 or +1."""
        sums = xs @ latent.T
        if self.function in ("parity", "sparse-parity"):
            number = 0.5 * (sums[:, 0] + jnp.abs(latent[0]).sum())
            return 2.0 * (number % 2.0) - 1.0
        if self.function in ("majority", "halfspace"):
            return sign(sums[:, 0])
        # m literals hold together iff their sum is m, and fail together iff it is -m.
        literals = jnp.abs(latent).sum(axis=1)[None, :]
        if self.function in ("conjunction", "dnf"):
            return sign((sums - literals + 1.0).max(axis=1))
        return sign((sums + literals - 1.0).min(axis=1))

    def restrict(self, latent: Float[Array, "C D"], num_active: Count) -> Float[Array, "C D"]:
        """Return the function without the coordinates that are off."""
        return jnp.where((jnp.arange(self.num_dims) < num_active)[None, :], latent, 0.0)
