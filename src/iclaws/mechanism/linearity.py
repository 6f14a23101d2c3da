"""How far a model is from linear in the labels, as every gradient method from zero is."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from ..models import AbstractModel
from ._contexts import Contexts, predict


class Linearity(NamedTuple):
    r"""Departures from linearity, each over the size of the prediction; 0 for linear models.

    Leading axes `*runs` are those of the models.

    Attributes:
        scaling: $\|f(cy) - c f(y)\| / \|f(y)\|$.
        additivity: $\|f(y + y') - f(y) - f(y')\| / \|f(y)\|$, with labels $y'$ of another context.
    """

    scaling: Float[np.ndarray, "*runs"]
    additivity: Float[np.ndarray, "*runs"]


def label_linearity(
    model: AbstractModel, contexts: Contexts, *, factor: float = 2.0, runs: int = 0
) -> Linearity:
    """Return how far predictions are from linear in the labels.

    Args:
        model: One model, or several along leading axes of its leaves.
        contexts: Where it is measured; at least two.
        factor: What labels are multiplied with.
        runs: How many leading axes there are.
    """
    other = np.roll(contexts.ys, 1, axis=0)
    plain, scaled, rolled, summed = (
        predict(model, contexts._replace(ys=ys), runs=runs)
        for ys in (contexts.ys, factor * contexts.ys, other, contexts.ys + other)
    )
    size = np.sqrt((plain**2).mean(axis=(-2, -1)))
    size = np.where(size > 0, size, 1.0)
    return Linearity(
        np.sqrt(((scaled - factor * plain) ** 2).mean(axis=(-2, -1))) / size,
        np.sqrt(((summed - plain - rolled) ** 2).mean(axis=(-2, -1))) / size,
    )
