"""The linear predictor that a model forms in context, and where its layers hold it.

Following arXiv 2211.15661: implicit weights are those whose linear predictions are nearest to the
model's on fresh queries; ILWD is the squared distance between two models' implicit weights; a
linear probe asks whether a layer's stream holds some quantity.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from ..errors import InvalidValue
from ..models import AbstractModel
from ._contexts import Contexts, predict
from .capture import capture_contexts


class ImplicitWeights(NamedTuple):
    """The linear predictor nearest to a model in each context.

    Attributes:
        weights: Least squares of the predictions on the queries, `(C, D)`.
        explained: Share of the predictions' variance that it explains, over all contexts.
    """

    weights: Float[np.ndarray, "C D"]
    explained: float


def implicit_weights(model: AbstractModel, contexts: Contexts) -> ImplicitWeights:
    """Return a model's implicit weights.

    Raises:
        InvalidValue: there are not more queries than dimensions.
    """
    num_queries, num_dims = contexts.queries.shape[1:]
    if num_queries <= num_dims:
        raise InvalidValue(
            f"Implicit weights in {num_dims} dimensions need more than {num_dims} queries a "
            f"context. Got {num_queries}: raise `num_queries` of `draw_contexts`, to twice as many."
        )
    predicted = predict(model, contexts)
    weights = (np.linalg.pinv(contexts.queries) @ predicted[..., None])[..., 0]
    rest = predicted - (contexts.queries @ weights[..., None])[..., 0]
    total = float((predicted**2).sum())
    return ImplicitWeights(weights, 1.0 - float((rest**2).sum()) / total if total > 0 else 0.0)


def weight_distance(first: AbstractModel, second: AbstractModel, contexts: Contexts) -> float:
    """Return the mean squared distance of two models' implicit weights (ILWD)."""
    ours, theirs = (implicit_weights(model, contexts).weights for model in (first, second))
    return float(((ours - theirs) ** 2).sum(axis=1).mean())


def probe_layers(
    model: AbstractModel,
    contexts: Contexts,
    target: Float[np.ndarray, "C T"],
    *,
    penalty: float = 1e-3,
) -> Float[np.ndarray, " stages"]:
    r"""Return how much of a target a linear map of each layer's stream recovers, $R^2$ held out.

    The stream at the query, before each layer and after the last; fitted by ridge on half of
    the contexts, scored on the other half. Below 0 is worse than the mean.

    Args:
        model: A model that `capture` can look into.
        contexts: Many more than the stream is wide.
        target: What is sought: implicit weights, say, or $X^\top y$.
        penalty: Of ridge, over the mean variance of the stream's coordinates.
    """
    at = -2 if hasattr(model, "blocks") or hasattr(model, "trunk") else -1  # the query's token
    stream = np.asarray(capture_contexts(model, contexts).stream[:, :, at], np.float64)
    half = len(target) // 2
    return np.array(
        [
            _recovered(
                stream[:half, layer],
                target[:half],
                (stream[half:, layer], target[half:]),
                penalty=penalty,
            )
            for layer in range(stream.shape[1])
        ]
    )


def _recovered(
    inputs: np.ndarray, target: np.ndarray, test: tuple[np.ndarray, np.ndarray], *, penalty: float
) -> float:
    mean, offset = inputs.mean(axis=0), target.mean(axis=0)
    centred = inputs - mean
    gram = centred.T @ centred
    ridge = penalty * max(float(np.trace(gram)) / len(gram), 1e-300) * np.eye(len(gram))
    found = np.linalg.solve(gram + ridge, centred.T @ (target - offset))
    rest = test[1] - offset - (test[0] - mean) @ found
    return 1.0 - float((rest**2).sum() / ((test[1] - test[1].mean(axis=0)) ** 2).sum())


def layer_risks(model: AbstractModel, contexts: Contexts) -> Float[np.ndarray, " stages"]:
    """Return the excess risk of the answer read out before each layer and after the last.

    In gradient descent every layer lowers it by its step.
    """
    answers = np.asarray(capture_contexts(model, contexts).predictions[..., -1], np.float64)
    return ((answers - contexts.targets[:, :1]) ** 2).mean(axis=0)
