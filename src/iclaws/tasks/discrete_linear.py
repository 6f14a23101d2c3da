"""Linear regression whose weights are one of a fixed pool: the task that identification solves."""

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from .._checks import require
from .._identity import DERIVED
from .._types import Count, Key, Real, Sequence, as_real
from ..errors import InvalidValue
from ._base import AbstractTask, tasks


@tasks.register("discrete-linear")
class DiscreteLinear(AbstractTask):
    r"""$y_i = w_m \cdot x_i + \varepsilon_i$, $m$ one of $M$ equally likely, $x \sim N(0, I)$.

    The pool is drawn once from $N(0, \frac\tau DI)$ and never changes: new contexts ask which of
    its members they are of, found out at about $2\ln M/\ln(1+\tau/\sigma^2)$ examples, the more
    abruptly the larger $\ln M$.

    Scale: $E y^2 = \tau + \sigma^2$, averaged over pools. Source: arXiv 2306.15063, with the pool
    as the task's own. Bayes-optimal: dMMSE.

    Attributes:
        num_dims: Dimension $D$.
        num_context: Labelled examples $k$ before the query.
        pool_size: $M$.
        pool_seed: Which pool: pools of different seeds are independent.
        signal_var: $\tau$.
        noise_var: $\sigma^2$ of the label noise, above 0.

    Raises:
        InvalidValue: a size or variance is out of range.
    """

    num_dims: int = eqx.field(static=True, default=10)
    num_context: Count = 20
    pool_size: int = eqx.field(static=True, default=16)
    pool_seed: Count = 0
    signal_var: Real = eqx.field(default=1.0, converter=as_real)
    noise_var: Real = eqx.field(default=1.0, converter=as_real)
    pool: Float[Array, "M D"] | None = eqx.field(default=None, metadata=DERIVED)

    version: ClassVar[int] = 1

    def __check_init__(self) -> None:
        """Refuse what has no meaning, with the value and the range."""
        require("num_dims", self.num_dims, at_least=1)
        require("num_context", self.num_context, at_least=0)
        require("pool_size", self.pool_size, at_least=1)
        require("pool_seed", self.pool_seed, at_least=0)
        for name in ("signal_var", "noise_var"):
            value = getattr(self, name)
            if isinstance(value, float) and not value > 0:
                raise InvalidValue(f"`{name}` must be above 0. Got {value}.")

    def prepare(self, generator: np.random.Generator) -> "DiscreteLinear":
        """Return the task with its pool, which depends on its own fields alone."""
        del generator
        return dataclasses.replace(self, pool=jnp.asarray(self._draw_pool()))

    def sample_latent(self, key: Key) -> Float[Array, " D"]:
        """Draw the weights of one member of the pool, `(D,)`."""
        pool = self.pool if self.pool is not None else jnp.asarray(self._draw_pool())
        return pool[jax.random.randint(key, (), 0, self.pool_size)]

    def sample_sequence(self, key: Key, latent: Float[Array, " D"], num_points: int) -> Sequence:
        """Draw Gaussian covariates and their labels."""
        keys = jax.vmap(jax.random.fold_in, in_axes=(None, 0))(key, jnp.arange(num_points))
        draws = jax.vmap(lambda key: jax.random.normal(key, (self.num_dims + 1,)))(keys)
        xs, noise = draws[:, :-1], draws[:, -1]
        targets = xs @ latent
        return Sequence(xs, targets + jnp.sqrt(jnp.asarray(self.noise_var)) * noise, targets)

    def references(self) -> Mapping[str, Mapping[str, Any]]:
        """Return dMMSE, which knows the pool, and ridge, which knows its law only."""
        noise_var = float(self.noise_var)
        prior = np.full(self.num_dims, float(self.signal_var) / self.num_dims)
        return {
            "dmmse": {"pool": self._draw_pool(), "noise_var": noise_var},
            "ridge": {"prior": prior, "noise_var": noise_var},
        }

    @property
    def bayes(self) -> str:
        """Return dMMSE."""
        return "dmmse"

    def _draw_pool(self) -> np.ndarray:
        generator = np.random.default_rng([int(self.pool_seed), self.pool_size, self.num_dims])
        scale = np.sqrt(float(self.signal_var) / self.num_dims)
        pool = scale * generator.standard_normal((self.pool_size, self.num_dims))
        return pool.astype(np.float32)
