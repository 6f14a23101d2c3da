"""What the heads of a model of tokens do: its best induction and previous-token scores."""

from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from ..models import AbstractModel
from ..models.transformer import Transformer
from ..tasks import AbstractTask
from ..train.draws import evaluation_draw, evaluation_task
from ..train.point import Point
from ._base import AbstractProbe, Values, probes
from .attention_scores import induction_score, previous_token_score
from .capture import capture

NUM_SEQUENCES = 64


class HeadScores(NamedTuple):
    """Scores of every head, averaged over sequences.

    Attributes:
        induction: `(R, L, H)`, see `attention_scores.induction_score`.
        previous_token: `(R, L, H)`.
    """

    induction: Float[np.ndarray, "R L H"]
    previous_token: Float[np.ndarray, "R L H"]


def head_scores(models: AbstractModel, tokens: Int[Array, "C T"]) -> HeadScores:
    """Return the scores of models stacked along the leading axis of their leaves.

    Raises:
        InvalidValue: the models have no attention to look into.
    """
    induction, previous = _scores(models, tokens)
    return HeadScores(np.asarray(induction), np.asarray(previous))


def draw_tokens(task: AbstractTask, num_sequences: int = NUM_SEQUENCES) -> Int[Array, "C T"]:
    """Return the tokens of the first sequences that models of a task are evaluated on."""
    prepared = evaluation_task(task)
    num_points = int(task.num_context) + 1

    def one(index: Array) -> Array:
        draw = evaluation_draw(jnp.zeros((), jnp.int32), index)
        latent = prepared.sample_latent(draw.latent)
        return prepared.sample_sequence(draw.sequence, latent, num_points).xs

    return jax.jit(jax.vmap(one))(jnp.arange(num_sequences, dtype=jnp.int32))


@jax.jit
def _scores(models: AbstractModel, tokens: Array) -> tuple[Array, Array]:
    def of_model(model: AbstractModel) -> tuple[Array, Array]:
        def one(sequence: Array) -> tuple[Array, Array]:
            patterns = capture(model, sequence, sequence).patterns
            return induction_score(patterns, sequence), previous_token_score(patterns)

        scores = jax.vmap(one)(tokens)
        return jnp.mean(scores[0], axis=0), jnp.mean(scores[1], axis=0)

    return jax.lax.map(of_model, models)


@probes.register("attention-heads")
class AttentionHeads(AbstractProbe):
    """The best heads of a transformer on tokens (arXiv 2209.11895).

    `induction_score` is the largest mean weight that a head puts on what followed the present
    token before, `previous_token_score` on the token before: 1 for a head that does only that.
    """

    name = "attention-heads"
    columns = ("induction_score", "previous_token_score")

    def applies(self, point: Point) -> bool:
        """Return whether the model is a softmax transformer that reads tokens."""
        softmax = isinstance(point.model, Transformer) and point.model.attention == "softmax"
        return softmax and point.task.reads == "tokens"

    def measure(self, models: AbstractModel, points: Sequence[Point]) -> list[Values]:
        """Return the best score of each model."""
        found = head_scores(models, draw_tokens(points[0].task))
        best = [scores.reshape(len(points), -1).max(axis=1) for scores in found]
        return [
            {"induction_score": float(induction), "previous_token_score": float(previous)}
            for induction, previous in zip(*best, strict=True)
        ]
