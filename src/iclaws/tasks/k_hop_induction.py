"""k-hop induction: following a chain of earlier occurrences."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Int

from .._types import Key, Sequence
from ..errors import InvalidValue
from ._base import tasks
from ._draws import point_uniforms
from ._tokens import AbstractTokenTask


@tasks.register("k-hop-induction")
class KHopInduction(AbstractTokenTask):
    r"""From each token, hop `num_hops` times to just after the latest earlier equal token.

    Sanford et al. (arXiv 2402.09268): $\mathrm{find}(i) = \max\{j \le i : x_{j-1} = x_i\}$, and the
    answer at $i$ is the token at $\mathrm{find}(\dots\mathrm{find}(i))$. One hop is the induction
    head's rule; $k$ of them need of the order of $\log k$ layers. Tokens are uniform; where
    a hop finds nothing, the answer is the token `vocabulary_size - 1`, which no sequence
    shows. All positions are graded. The answer is certain.

    Attributes:
        num_tokens: Tokens $T$.
        vocabulary_size: Symbols, and the one that stands for nothing found.
        num_hops: $k$.

    Raises:
        InvalidValue: a size is out of range.
    """

    num_tokens: int = eqx.field(static=True, default=32)
    vocabulary_size: int = eqx.field(static=True, default=5)
    num_hops: int = eqx.field(static=True, default=2)

    def __check_init__(self) -> None:
        """Refuse what has no meaning."""
        if self.num_hops < 1 or self.vocabulary_size < 3 or self.num_tokens < 2:
            raise InvalidValue(
                "Hops need `num_hops` of at least 1, `vocabulary_size` of at least 3 and "
                f"`num_tokens` of at least 2. Got {self.num_hops}, {self.vocabulary_size} and "
                f"{self.num_tokens}."
            )

    def sample_latent(self, key: Key) -> Array:
        """Return nothing to speak of: all sequences obey one rule."""
        del key
        return jnp.zeros(())

    def sample_sequence(self, key: Key, latent: Array, num_points: int) -> Sequence:
        """Draw uniform tokens, and answer them."""
        del latent
        num_symbols = self.vocabulary_size - 1
        tokens = (point_uniforms(key, num_points) * num_symbols).astype(jnp.int32)
        answers = self._answers(tokens)
        return Sequence(tokens, answers, answers, jnp.ones(num_points))

    def _answers(self, tokens: Int[Array, " T"]) -> Int[Array, " T"]:
        num_points = tokens.shape[0]
        index = jnp.arange(num_points, dtype=jnp.int32)
        # Position j is a landing of i if x_{j-1} = x_i and 1 <= j <= i; -1 is nowhere.
        earlier = jnp.roll(tokens, 1)
        lands = (earlier[None, :] == tokens[:, None]) & (index[None, :] <= index[:, None])
        lands = lands & (index[None, :] >= 1)
        find = jnp.max(jnp.where(lands, index[None, :], -1), axis=1)

        def hop(at: Array, _: None) -> tuple[Array, None]:
            return jnp.where(at >= 0, find[jnp.maximum(at, 0)], -1), None

        at, _ = jax.lax.scan(hop, index, None, length=self.num_hops)
        return jnp.where(at >= 0, tokens[jnp.maximum(at, 0)], self.vocabulary_size - 1)

    def references(self) -> dict[str, dict[str, Any]]:
        """Return copying, which is one hop."""
        return {"induction-copy": {"num_classes": self.vocabulary_size, "error": 0.5}}
