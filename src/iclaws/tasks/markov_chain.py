"""Markov chains in context: the task that induction heads solve."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from .._types import Key, Real, Sequence, as_real
from ..errors import InvalidValue
from ._base import tasks
from ._draws import categorical_of, point_uniforms, sample_dirichlet
from ._tokens import AbstractTokenTask


@tasks.register("markov-chain")
class MarkovChain(AbstractTokenTask):
    r"""Every sequence is a Markov chain of its own; each next token is to be predicted.

    In-context n-grams (arXiv 2402.11004; order 1 is "induction"). The row of transition
    probabilities after each state, $V^{\text{order}}$ of them, is drawn from a symmetric Dirichlet
    law; the chain begins with uniform tokens. All positions are graded. The Bayes predictor counts
    transitions and adds the concentration: baseline `n-gram`.

    Attributes:
        num_tokens: Tokens $T$ read; one more is drawn, as the last label.
        vocabulary_size: Symbols $V$.
        order: Tokens that the next one depends on, 1 or 2.
        concentration: $\alpha$ of the Dirichlet law; 1 is uniform over the simplex, lower makes
            chains more predictable.

    Raises:
        InvalidValue: a size or the concentration is out of range.
    """

    num_tokens: int = eqx.field(static=True, default=16)
    vocabulary_size: int = eqx.field(static=True, default=4)
    order: int = eqx.field(static=True, default=1)
    concentration: Real = eqx.field(default=1.0, converter=as_real)

    def __check_init__(self) -> None:
        """Refuse what has no meaning."""
        if self.order not in (1, 2):
            raise InvalidValue(f"`order` must be 1 or 2. Got {self.order}.")
        if self.vocabulary_size < 2 or self.num_tokens <= self.order:
            raise InvalidValue(
                "A chain needs `vocabulary_size` of at least 2 and `num_tokens` above `order`. "
                f"Got {self.vocabulary_size}, {self.num_tokens} and {self.order}."
            )
        if isinstance(self.concentration, float) and not self.concentration > 0.0:
            raise InvalidValue(f"`concentration` must be above 0. Got {self.concentration}.")

    def sample_latent(self, key: Key) -> Float[Array, "rows V"]:
        """Draw the rows; the state with last token $i$, and $h$ before it, has row $hV + i$."""
        size = self.vocabulary_size
        return sample_dirichlet(key, self.concentration, (size**self.order, size))

    def sample_sequence(
        self, key: Key, latent: Float[Array, "rows V"], num_points: int
    ) -> Sequence:
        """Draw a chain; the label of a token is the next."""
        size, states = self.vocabulary_size, self.vocabulary_size**self.order
        uniforms = point_uniforms(key, num_points + 1)
        first = (uniforms[: self.order] * size).astype(jnp.int32)

        def step(state: Array, uniform: Array) -> tuple[Array, Array]:
            token = categorical_of(uniform, latent[state])
            return (state * size + token) % states, token

        start = first[0] if self.order == 1 else first[0] * size + first[1]
        _, rest = jax.lax.scan(step, start, uniforms[self.order :])
        tokens = jnp.concatenate([first, rest])
        return Sequence(tokens[:-1], tokens[1:], tokens[1:], jnp.ones(num_points))

    def references(self) -> dict[str, dict[str, Any]]:
        """Return the Bayes predictor, those of shorter memory, and copying."""
        size = self.vocabulary_size
        found: dict[str, dict[str, Any]] = {
            "n-gram": {
                "num_classes": size,
                "order": self.order,
                "concentration": self.concentration,
            },
            "unigram": {"num_classes": size, "concentration": self.concentration},
            "induction-copy": {"num_classes": size, "error": 0.5},
        }
        if self.order == 2:
            found["bigram"] = {"num_classes": size, "concentration": self.concentration}
        return found

    @property
    def bayes(self) -> str:
        """Return the n-gram of the chain's own order and prior."""
        return "n-gram"
