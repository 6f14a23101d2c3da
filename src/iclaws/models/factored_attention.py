"""One layer of linear attention whose step is a product of weight matrices: the plateau model."""

from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from .._types import Key, Moments, Real, Scalar, as_real
from ..errors import InvalidValue
from ._base import AbstractArchitecture, AbstractMomentModel, models


class FactoredAttentionModel(AbstractMomentModel):
    r"""$f(x_q) = x_q^\top W_1 W_2 \cdots W_p\, X^\top y/k$.

    Attributes:
        factors: The matrices $W_1, \dots, W_p$, `(p, D, D)`.
    """

    factors: Float[Array, "*runs p D D"]

    def predict(self, moments: Moments) -> Scalar:
        """Return the prediction from the mean of the labelled covariates."""
        weights, _ = jax.lax.scan(
            lambda cross, factor: (factor @ cross, None), moments.cross, self.factors[::-1]
        )
        return moments.query @ weights

    def measures(self) -> dict[str, Array]:
        """Return the step of gradient descent that the product amounts to."""
        num_dims = self.factors.shape[-1]
        product, _ = jax.lax.scan(
            lambda product, factor: (product @ factor, None), jnp.eye(num_dims), self.factors
        )
        return {"step_size": jnp.trace(product) / num_dims}


@models.register("factored-attention")
class FactoredAttention(AbstractArchitecture):
    r"""One layer of linear attention with read-in, key, query, value and read-out kept apart.

    Their product is the step of gradient descent: five factors, each started at $w_0 I$, leave
    zero by $\dot w = c\,w^4$. With covariates of unit variance and prior $\omega I$ the strength
    is $c=\omega$ in every direction, and the loss stays on its plateau until $1/(3cw_0^3)$ in units
    of the flow of half the risk (arXiv 2510.01098 trains the same five).

    Attributes:
        num_factors: Matrices in the product, $p$; 1 has no plateau, 2 none of finite order.
        init_weight: $w_0$, the multiple of the identity that every factor starts from.
        init_scale: Random part of each, relative to it: standard deviation times $\sqrt D$.
    """

    num_factors: int = eqx.field(static=True, default=5)
    init_weight: Real = eqx.field(default=0.5, converter=as_real)
    init_scale: Real = eqx.field(default=0.01, converter=as_real)

    reads_moments: ClassVar[bool] = True

    def __check_init__(self) -> None:
        """Refuse no factors, and a start that is not above zero."""
        if self.num_factors < 1:
            raise InvalidValue(f"`num_factors` must be at least 1. Got {self.num_factors}.")
        if isinstance(self.init_weight, float) and not self.init_weight > 0:
            raise InvalidValue(
                f"`init_weight` must be above 0: a product of zeros never moves. "
                f"Got {self.init_weight}."
            )

    def init(self, key: Key, num_dims: int) -> FactoredAttentionModel:
        """Return factors near a multiple of the identity."""
        shape = (self.num_factors, num_dims, num_dims)
        noise = self.init_scale * jax.random.normal(key, shape) / jnp.sqrt(1.0 * num_dims)
        return FactoredAttentionModel(self.init_weight * (jnp.eye(num_dims)[None] + noise))
