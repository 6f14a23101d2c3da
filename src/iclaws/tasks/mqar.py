"""Multi-query associative recall."""

from typing import Any, ClassVar, Literal

import equinox as eqx
import jax
import jax.numpy as jnp

from .._types import Key, Real, Sequence, as_real
from ..errors import InvalidValue
from ._base import tasks
from ._draws import sample_different, sample_without_replacement, share_ends
from ._tokens import AbstractTokenTask

Filler = Literal["zero", "random"]


@tasks.register("mqar")
class MQAR(AbstractTokenTask):
    r"""Pairs of key and value, then the keys again: each is to be answered by its value.

    Arora et al. (arXiv 2312.04927) with the options of their code: keys from
    $1,\dots,V/2-1$ and values from $V/2,\dots,V-1$, both without replacement; after the
    $2\cdot$`num_pairs` tokens of the pairs come $(T - 2\cdot$`num_pairs`$)/2$ slots of two
    tokens. Every key is asked once, at the first token of slot $g$ (from 0), slots drawn without
    replacement with weight $\propto (g+1)^{a-1}$, so that most are asked early. Only the keys
    asked are graded. The answer is certain: nothing is to be subtracted from its cross-entropy.

    Attributes:
        num_tokens: Tokens $T$, even.
        vocabulary_size: $V$, even.
        num_pairs: Pairs of key and value.
        power: $a$ in the law of the slots.
        filler: `zero`: all that is neither pair nor question is token 0. `random`: any token.

    Raises:
        InvalidValue: a size is odd, or the sequence or vocabulary is too small for the pairs.
    """

    num_tokens: int = eqx.field(static=True, default=64)
    vocabulary_size: int = eqx.field(static=True, default=64)
    num_pairs: int = eqx.field(static=True, default=4)
    power: Real = eqx.field(default=0.01, converter=as_real)
    filler: Filler = eqx.field(static=True, default="zero")

    fixed_length: ClassVar[bool] = True
    version: ClassVar[int] = 2  # 2: slots are drawn by whole shares

    def __check_init__(self) -> None:
        """Refuse sizes into which the pairs do not fit."""
        for name in ("num_tokens", "vocabulary_size"):
            if getattr(self, name) % 2:
                raise InvalidValue(f"`{name}` must be even. Got {getattr(self, name)}.")
        if self.num_pairs < 1 or 4 * self.num_pairs > self.num_tokens:
            raise InvalidValue(
                f"`num_pairs` must be between 1 and a quarter of `num_tokens`={self.num_tokens}: "
                f"each takes two tokens, and two where its key is asked. Got {self.num_pairs}."
            )
        if self.num_pairs > self.vocabulary_size // 2 - 1:
            raise InvalidValue(
                f"`num_pairs`={self.num_pairs} needs as many keys, and `vocabulary_size`="
                f"{self.vocabulary_size} has {self.vocabulary_size // 2 - 1}. Enlarge it."
            )
        if isinstance(self.power, float) and not 0.0 < self.power <= 1.0:
            raise InvalidValue(f"`power` must be above 0 and at most 1. Got {self.power}.")

    @property
    def num_graded(self) -> int:
        """Return the number of questions."""
        return self.num_pairs

    def sample_latent(self, key: Key) -> tuple[jax.Array, jax.Array]:
        """Draw keys and their values, `(num_pairs,)` each."""
        key_key, value_key = jax.random.split(key)
        half = self.vocabulary_size // 2
        keys = 1 + sample_without_replacement(key_key, half - 1, self.num_pairs)
        return keys, half + sample_without_replacement(value_key, half, self.num_pairs)

    def sample_sequence(
        self, key: Key, latent: tuple[jax.Array, jax.Array], num_points: int
    ) -> Sequence:
        """Return tokens, labels (0 where none is asked) and weights, `(T,)` each."""
        assert num_points == self.num_tokens, "laid out as a whole"
        slot_key, filler_key = jax.random.split(key)
        keys, values = latent
        start = 2 * self.num_pairs
        num_slots = (self.num_tokens - start) // 2
        log_weights = (self.power - 1.0) * jnp.log(jnp.arange(1.0, num_slots + 1.0))
        slots = sample_different(slot_key, share_ends(log_weights), self.num_pairs)
        asked = start + 2 * slots
        tokens = jnp.zeros(self.num_tokens, jnp.int32)
        if self.filler == "random":
            tokens = jax.random.randint(filler_key, tokens.shape, 0, self.vocabulary_size)
        pairs = jnp.stack([keys, values], axis=1).reshape(-1)
        tokens = tokens.at[:start].set(pairs).at[asked].set(keys)
        labels = jnp.zeros(self.num_tokens, jnp.int32).at[asked].set(values)
        weights = jnp.zeros(self.num_tokens).at[asked].set(1.0)
        return Sequence(tokens, labels, labels, weights)

    def references(self) -> dict[str, dict[str, Any]]:
        """Return copying what followed the first occurrence, which is always right."""
        return {"induction-copy": {"num_classes": self.vocabulary_size, "match": "first"}}
