"""Order parameters: what share of an ability is there, and which of two ways it has taken."""

import numpy as np

from ..errors import InvalidValue
from ._data import Numbers


def icl_score(excess_risk: Numbers, zero_risk: Numbers, bayes_risk: Numbers) -> np.ndarray:
    r"""Return $q=\frac{e_0-e}{e_0-e_{\rm Bayes}}$, clipped to [0, 1]: 0 zero-shot, 1 Bayes.

    Args:
        excess_risk: $e$ of the model on new tasks.
        zero_risk: $e_0$ of predicting zero: the variance of the noise-free label.
        bayes_risk: Of the Bayes predictor on the same contexts, below $e_0$.

    Raises:
        InvalidValue: A Bayes risk that is not below the zero-shot risk, or values not finite.
    """
    risk, zero, bayes = _arrays(excess_risk=excess_risk, zero_risk=zero_risk, bayes_risk=bayes_risk)
    if not np.all(bayes < zero):
        raise InvalidValue(
            "There is nothing to learn in context where the Bayes risk is not below the zero-shot "
            f"risk. Got {bayes[bayes >= zero].flat[0]:g} and {zero[bayes >= zero].flat[0]:g}; "
            "leave those rows out."
        )
    return np.clip((zero - risk) / (zero - bayes), 0.0, 1.0)


def generalisation_position(distance_to_dmmse: Numbers, distance_to_ridge: Numbers) -> np.ndarray:
    r"""Return $q_{gen}$: 0 where a model is dMMSE (knows its pool), 1 where it is ridge.

    The share of the first in the sum of both mean squared prediction differences on new tasks
    (arXiv 2306.15063 compares with the same two predictors).

    Raises:
        InvalidValue: A negative difference, or both zero: the two predictors are then one.
    """
    dmmse, ridge = _arrays(distance_to_dmmse=distance_to_dmmse, distance_to_ridge=distance_to_ridge)
    if np.any((dmmse < 0) | (ridge < 0) | (dmmse + ridge <= 0)):
        raise InvalidValue(
            "Mean squared differences must not be negative, and not both zero. "
            f"Got {dmmse.tolist()} and {ridge.tolist()}."
        )
    return dmmse / (dmmse + ridge)


def in_context_share(fresh_risk: Numbers, pretrain_risk: Numbers, zero_risk: Numbers) -> np.ndarray:
    r"""Return $\frac{e_0-e_{\rm fresh}}{e_0-e_{\rm pretrain}}$, clipped to [0, 1].

    What a model has learnt on its pretraining tasks, and keeps on new ones: 1 if all of it is
    done in context, 0 if all of it lies in the weights.

    Raises:
        InvalidValue: A model no better than zero-shot on its own pretraining tasks.
    """
    fresh, seen, zero = _arrays(
        fresh_risk=fresh_risk, pretrain_risk=pretrain_risk, zero_risk=zero_risk
    )
    if not np.all(seen < zero):
        raise InvalidValue(
            "A model that is no better than zero-shot on its pretraining tasks has learnt "
            "nothing in either way: leave it out."
        )
    return np.clip((zero - fresh) / (zero - seen), 0.0, 1.0)


def _arrays(**values: Numbers) -> tuple[np.ndarray, ...]:
    arrays = {name: np.asarray(value, np.float64) for name, value in values.items()}
    for name, array in arrays.items():
        if not np.all(np.isfinite(array)):
            raise InvalidValue(f"`{name}` must be finite. Got {array.tolist()}.")
    return tuple(np.broadcast_arrays(*arrays.values()))
