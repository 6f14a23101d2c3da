"""Weights that make linear attention run a known algorithm exactly."""

import jax.numpy as jnp
from jax.core import Tracer
from jaxtyping import Array, Float

from ..errors import InvalidValue
from .linear_attention import LinearAttentionModel


def gradient_descent_weights(steps: Float[Array, " L"], num_dims: int) -> LinearAttentionModel:
    r"""Return the model whose forward pass is GD from zero with these step sizes.

    Step $\ell$ is $w \leftarrow w + \frac{\eta_\ell}{k} X^\top (y - X w)$ (arXiv 2212.07677).
    """
    mixers = steps[:, None, None] * jnp.eye(num_dims, dtype=steps.dtype)[None]
    return LinearAttentionModel(mixers, jnp.ones_like(steps), None, None, len(steps))


def gd_plus_plus_weights(
    steps: Float[Array, " L"], shrinkage: Float[Array, " L"], num_dims: int
) -> LinearAttentionModel:
    r"""Return the model whose forward pass is GD++.

    Each layer takes a step $\eta_\ell$ on the current covariates, then replaces them by
    $(I - \gamma_\ell \hat\Sigma_\ell)\, x$, with `shrinkage` $\gamma_\ell$ (arXiv 2212.07677).

    Raises:
        InvalidValue: a step is 0 and its shrinkage is not.
    """
    identity = jnp.eye(num_dims, dtype=steps.dtype)[None]
    still = steps == 0.0
    if not isinstance(steps, Tracer) and bool(jnp.any(still & (shrinkage != 0.0))):
        raise InvalidValue(
            "A layer whose step is 0 cannot transform the covariates: both go through one matrix. "
            f"Set its `shrinkage` to 0, or its step above 0. Got steps {steps} and {shrinkage}."
        )
    # The token form shrinks by C Sigma B with B = eta I.
    ratio = jnp.where(still, 0.0, -shrinkage / jnp.where(still, 1.0, steps))
    return LinearAttentionModel(
        identity.repeat(len(steps), 0), steps, ratio[:, None, None] * identity, None, len(steps)
    )
