"""Models of class labels and tokens: a read-in, a trunk, and a read-out to logits."""

import abc

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from .._types import Interface, Key
from ._base import AbstractLogitModel, AbstractModel
from ._blocks import Linear, init_linear


class AbstractTrunk(eqx.Module):
    """What an architecture does between its read-in and its read-out."""

    @abc.abstractmethod
    def __call__(
        self, stream: Float[Array, "T M"], positions: Int[Array, " G"]
    ) -> Float[Array, "G M"]:
        """Return the stream at some positions; none depends on what comes after it."""


class PointModel(AbstractModel):
    """One real answer per point, from the stream x_1, y_1, x_2, y_2, ... .

    Attributes:
        read_in: Map from covariates to the stream; a label enters through its first row.
        trunk: The architecture.
        read_out: Map from the stream at an x token to its answer.
    """

    read_in: Linear
    trunk: AbstractTrunk
    read_out: Linear

    def __call__(self, xs: Float[Array, "P D"], ys: Float[Array, " P"]) -> Float[Array, " P"]:
        """Return the prediction at every x token."""
        # As in arXiv 2208.01066: a label is read like a covariate with one coordinate.
        y_tokens = ys[:, None] * self.read_in.weight[:1] + self.read_in.bias[None, :]
        stream = interleave(self.read_in(xs), y_tokens)
        return self.read_out(self.trunk(stream, 2 * jnp.arange(xs.shape[0])))[:, 0]


class LabelledModel(AbstractLogitModel):
    """Logits per point, from the stream x_1, y_1, x_2, y_2, ... with embedded labels.

    Attributes:
        read_in: Map from covariates to the stream.
        labels: One vector per label, `(V, M)`.
        trunk: The architecture.
        read_out: Map from the stream at an x token to its logits.
    """

    read_in: Linear
    labels: Float[Array, "*runs V M"]
    trunk: AbstractTrunk
    read_out: Linear

    def logits(self, xs: Array, ys: Array, positions: Int[Array, " G"]) -> Float[Array, "G V"]:
        """Return the logits at some points."""
        stream = interleave(self.read_in(xs), self.labels[ys])
        return self.read_out(self.trunk(stream, 2 * positions))


class TokenModel(AbstractLogitModel):
    """Logits over the vocabulary, from embedded tokens.

    Attributes:
        embedding: One vector per token, `(V, M)`.
        trunk: The architecture.
        read_out: Map from the stream at a token to its logits.
    """

    embedding: Float[Array, "*runs V M"]
    trunk: AbstractTrunk
    read_out: Linear

    def logits(self, xs: Array, ys: Array, positions: Int[Array, " G"]) -> Float[Array, "G V"]:
        """Return the logits at some positions."""
        del ys
        return self.read_out(self.trunk(self.embedding[xs], positions))


def interleave(xs: Float[Array, "P M"], ys: Float[Array, "P M"]) -> Float[Array, "T M"]:
    """Return x_1, y_1, x_2, y_2, ...: two tokens per point."""
    return jnp.stack([xs, ys], axis=1).reshape(-1, xs.shape[-1])


def init_model(
    key: Key,
    interface: Interface,
    trunk: AbstractTrunk,
    *,
    width: int,
    multiplier: float = 1.0,
    std: float = 0.02,
) -> AbstractModel:
    """Return a fresh model of a trunk for a task: normal read-in and read-out, 0.02 as GPT-2's.

    Args:
        key: Of the read-in and read-out.
        interface: What is read and answered.
        trunk: Initialised.
        width: Of the stream.
        multiplier: Fixed factor on the read-out's product.
        std: Of what is read in: tokens, labels, covariates.
    """
    read_in_key, label_key, read_out_key = jax.random.split(key, 3)
    num_outputs = interface.num_classes or 1
    read_out = init_linear(read_out_key, (width, num_outputs), multiplier=multiplier)
    embedding = std * jax.random.normal(label_key, (num_outputs, width))
    if interface.reads == "tokens":
        return TokenModel(embedding, trunk, read_out)
    read_in = init_linear(read_in_key, (interface.num_dims, width), std)
    if interface.num_classes is None:
        return PointModel(read_in, trunk, read_out)
    return LabelledModel(read_in, embedding, trunk, read_out)
