"""Weights between two linear-attention models (arXiv 2212.07677): is the way between them flat?"""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from ..errors import InvalidValue
from ..models.linear_attention import LinearAttentionModel
from ._contexts import Contexts, predict


def canonical(model: LinearAttentionModel) -> LinearAttentionModel:
    """Return the same function with the redundant scales removed and one matrix per layer.

    A value weight and its key-query product act through their product alone; the read-in is
    taken into them, and tied layers are written out.
    """
    mixers, moves = model.acting_mixers, model.covariate_mixers
    if model.read_in is not None:
        a = model.read_in
        mixers = a.T @ mixers @ a
        # What a layer adds to A x has to come out of what it adds to x; a trained read-in is
        # not orthonormal.
        moves = None if moves is None else jnp.linalg.pinv(a) @ moves @ a
    repeats = model.depth // mixers.shape[0]
    return LinearAttentionModel(
        jnp.tile(mixers, (repeats, 1, 1)),
        jnp.ones(model.depth, mixers.dtype),
        None if moves is None else jnp.tile(moves, (repeats, 1, 1)),
        None,
        model.depth,
        mask_query=model.mask_query,
    )


def between(
    first: LinearAttentionModel, second: LinearAttentionModel, share: float
) -> LinearAttentionModel:
    """Return the model whose weights are `share` of the way from the first to the second.

    Raises:
        InvalidValue: they differ in depth, or only one changes its covariates, or hides its query.
    """
    one, other = canonical(first), canonical(second)
    if one.mask_query != other.mask_query:
        raise InvalidValue(
            "Weights can be mixed between models that both hide the query from the keys, or both "
            "show it: set the same `mask_query`."
        )
    if one.depth != other.depth or (one.covariate_mixers is None) != (
        other.covariate_mixers is None
    ):
        raise InvalidValue(
            "Weights can be mixed between models of one depth that both freeze, or both update, "
            f"their covariates. Got depths {one.depth} and {other.depth}."
        )
    moves = None
    if one.covariate_mixers is not None and other.covariate_mixers is not None:
        moves = (1.0 - share) * one.covariate_mixers + share * other.covariate_mixers
    mixers = (1.0 - share) * one.mixers + share * other.mixers
    mixed = (mixers, one.values, moves, None, one.depth)
    return LinearAttentionModel(*mixed, mask_query=one.mask_query)


def risk_between(
    first: LinearAttentionModel,
    second: LinearAttentionModel,
    contexts: Contexts,
    *,
    shares: tuple[float, ...] = (0.0, 0.5, 1.0),
) -> Float[np.ndarray, " shares"]:
    """Return the excess risk on the way from one model to another."""
    models = [between(first, second, share) for share in shares]
    errors = [(predict(model, contexts) - contexts.targets) ** 2 for model in models]
    return np.array([error.mean() for error in errors])
