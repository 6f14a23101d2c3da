"""A mixture of hidden Markov models: the task of implicit Bayesian inference."""

import functools
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from .._types import Key, Real, Sequence, as_real
from ..errors import InvalidValue
from ._base import tasks
from ._draws import categorical_of, point_uniforms
from ._tokens import AbstractTokenTask

PERMUTATIONS = 10  # that every random transition matrix is a mixture of
START_TEMPERATURE = 10.0


class Tables(NamedTuple):
    """All models of a mixture.

    Attributes:
        start: Chances of the first hidden state, the same for all models, `(H,)`.
        transition: One matrix per model, rows summing to 1, `(N, H, H)`.
        emission: The token that each hidden state shows, `(H,)`.
    """

    start: Float[np.ndarray, " H"]
    transition: Float[np.ndarray, "N H H"]
    emission: Int[np.ndarray, " H"]


@tasks.register("hidden-markov-mixture")
class HiddenMarkovMixture(AbstractTokenTask):
    r"""Each document comes from one of a few hidden Markov models; each next token is predicted.

    GINC (Xie et al., arXiv 2111.02080) with the sizes of arXiv 2410.16531 as options: a
    hidden state is an entity and a property. Properties move by a matrix of the model, entities
    by one that all share, $0.9\,I + 0.1\,R$, and independently: the transition is the Kronecker
    product. A random matrix $R$ is a mixture of permutations whose weights are the softmax of
    standard normals over a temperature. Each state shows one token by a table that all models
    share; property 0 shows token 0, the delimiter. The tables follow from `table_seed` alone, so
    that training and evaluation share them; a document's latent is its model. All positions are
    graded; forward recursion over all models is the exact posterior.

    Attributes:
        num_tokens: Tokens $T$ read; one more is drawn, as the last label.
        vocabulary_size: Symbols $V$, the delimiter included.
        num_components: Models of the mixture, equally likely.
        num_entities: Entities.
        num_properties: Properties.
        temperature: Of the softmax that weights the permutations.
        table_seed: Seed of the tables.

    Raises:
        InvalidValue: a size or the temperature is out of range.
    """

    num_tokens: int = eqx.field(static=True, default=16)
    vocabulary_size: int = eqx.field(static=True, default=8)
    num_components: int = eqx.field(static=True, default=3)
    num_entities: int = eqx.field(static=True, default=3)
    num_properties: int = eqx.field(static=True, default=4)
    temperature: Real = eqx.field(static=True, default=0.1, converter=as_real)
    table_seed: int = eqx.field(static=True, default=1111)

    def __check_init__(self) -> None:
        """Refuse sizes below 1 (2 symbols) and a temperature of 0."""
        for name in ("num_tokens", "num_components", "num_entities", "num_properties"):
            if getattr(self, name) < 1:
                raise InvalidValue(f"`{name}` must be at least 1. Got {getattr(self, name)}.")
        if self.vocabulary_size < 2 or not self.temperature > 0.0:
            raise InvalidValue(
                "`vocabulary_size` must be at least 2 and `temperature` above 0. "
                f"Got {self.vocabulary_size} and {self.temperature}."
            )

    @classmethod
    def example(cls) -> "HiddenMarkovMixture":
        """Return one whose transitions are far from certain."""
        return cls(temperature=1.0)  # pyright: ignore[reportCallIssue]

    @property
    def tables(self) -> Tables:
        """Return all models, as NumPy arrays; they are made once per configuration."""
        sizes = (self.num_components, self.num_entities, self.num_properties)
        return _tables(sizes, self.vocabulary_size, (float(self.temperature), self.table_seed))

    def sample_latent(self, key: Key) -> Int[Array, ""]:
        """Draw which model."""
        return jax.random.randint(key, (), 0, self.num_components, jnp.int32)

    def sample_sequence(self, key: Key, latent: Int[Array, ""], num_points: int) -> Sequence:
        """Draw a document; the label of a token is the next."""
        tables = self.tables
        start = jnp.asarray(tables.start, jnp.float32)
        rows = jnp.asarray(tables.transition, jnp.float32)[latent]
        uniforms = point_uniforms(key, num_points + 1)

        def step(state: Array, uniform: Array) -> tuple[Array, Array]:
            state = categorical_of(uniform, rows[state])
            return state, state

        first = categorical_of(uniforms[0], start)
        _, rest = jax.lax.scan(step, first, uniforms[1:])
        states = jnp.concatenate([first[None], rest])
        tokens = jnp.asarray(tables.emission, jnp.int32)[states]
        return Sequence(tokens[:-1], tokens[1:], tokens[1:], jnp.ones(num_points))

    def references(self) -> dict[str, dict[str, Any]]:
        """Return the exact posterior, and those that know no model."""
        size, tables = self.vocabulary_size, self.tables
        return {
            "hidden-markov-posterior": {
                "start": tables.start,
                "transition": tables.transition,
                "emission": np.eye(size)[tables.emission],
            },
            "unigram": {"num_classes": size},
            "bigram": {"num_classes": size, "concentration": 0.1},
        }

    @property
    def bayes(self) -> str:
        """Return the forward recursion over all models."""
        return "hidden-markov-posterior"


@functools.lru_cache(maxsize=32)
def _tables(sizes: tuple[int, int, int], vocabulary: int, law: tuple[float, int]) -> Tables:
    num_components, num_entities, num_properties = sizes
    temperature, seed = law
    generator = np.random.default_rng(seed)

    def mixed(size: int) -> np.ndarray:
        weights = _softmax(generator.normal(size=PERMUTATIONS) / temperature)
        orders = [generator.permutation(size) for _ in range(PERMUTATIONS)]
        return np.einsum("p,pij->ij", weights, np.eye(size)[np.stack(orders)])

    entities = 0.9 * np.eye(num_entities) + 0.1 * mixed(num_entities)
    transition = np.stack([np.kron(entities, mixed(num_properties)) for _ in range(num_components)])
    num_states = num_entities * num_properties
    start = _softmax(generator.normal(size=num_states) / START_TEMPERATURE)
    emission = generator.integers(1, vocabulary, size=(num_entities, num_properties))
    emission[:, 0] = 0
    return Tables(start, transition, emission.reshape(-1))


def _softmax(values: np.ndarray) -> np.ndarray:
    powers = np.exp(values - values.max())
    return powers / powers.sum()
