"""Linear regression under the distribution shifts that in-context learners are tested with."""

from typing import Any, Literal, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from .._checks import require, require_at_most
from .._types import Count, Key, Real, as_real
from ._base import tasks
from ._functions import AbstractRegressionTask, normal, signs

Shift = Literal[
    "none",
    "skewed",
    "half-subspace",
    "random-orthants",
    "opposite-orthants",
    "orthogonal-query",
    "overlapping-query",
]
MIXED = ("skewed", "half-subspace")  # shifts of the covariance


class ShiftedLatent(NamedTuple):
    """One linear function, and the basis of its covariates.

    Attributes:
        weights: The weights $w$, `(D,)`.
        mixing: `M` with $x = M z$ for standard normal $z$, `(D, D)`; None for the identity.
    """

    weights: Array
    mixing: Array | None


@tasks.register("shifted-linear-regression")
class ShiftedLinearRegression(AbstractRegressionTask):
    r"""$y = w \cdot x + \varepsilon$ with covariates, query or scale unlike those of pretraining.

    Without a shift: $x \sim N(0, v_x I)$, $w \sim N(0, v_w I)$. `skewed`: covariance with
    eigenvalues $\propto 1/i^2$ and trace $v_x D$ in a random basis; `half-subspace`: within
    $\lfloor D/2 \rfloor$ random directions, same trace (both bases drawn afresh for every
    function). `random-orthants`: the context in one random orthant, the query anywhere;
    `opposite-orthants`: the query in the opposite one. `orthogonal-query`: the query's part
    orthogonal to the context, at the norm it had. `overlapping-query`: the query is one of the
    examples. The query is the point at `num_context`, the only one that these four change or
    exempt: for a curve over $k$, vary `num_context`.

    Scale: $E y^2 = v_x v_w D + \sigma^2$ under every shift. Source: arXiv 2208.01066, whose
    factors 1/3, 1/2, 2, 3 of $x$ or $w$ are variances 1/9, 1/4, 4, 9 here.
    Bayes-optimal: least squares (of minimum norm), with noise ridge; in `half-subspace` exact
    from $k = D/2$ on.

    Attributes:
        num_dims: Dimension $D$.
        num_context: Labelled examples $k$ before the query.
        shift: What differs from pretraining.
        input_var: $v_x$.
        weight_var: $v_w$.
        noise_var: $\sigma^2$ of the label noise.

    Raises:
        InvalidValue: a size or variance is out of range, or leaves no room for the shift.
    """

    num_dims: int = eqx.field(static=True, default=20)
    num_context: Count = 10
    shift: Shift = eqx.field(static=True, default="none")
    input_var: Real = eqx.field(default=1.0, converter=as_real)
    weight_var: Real = eqx.field(default=1.0, converter=as_real)
    noise_var: Real = eqx.field(default=0.0, converter=as_real)

    def __check_init__(self) -> None:
        """Refuse shifts for which there are too few dimensions or examples."""
        require("input_var", self.input_var, above=0)
        require("weight_var", self.weight_var, above=0)
        if self.shift == "half-subspace":
            require("num_dims", self.num_dims, at_least=2)
        if self.shift == "overlapping-query":
            require("num_context", self.num_context, at_least=1)
        if self.shift == "orthogonal-query":
            limit = ("num_dims - 1", self.num_dims - 1)
            require_at_most("num_context", self.num_context, limit=limit)

    def sample_latent(self, key: Key) -> ShiftedLatent:
        """Draw the weights, and the basis of a shifted covariance."""
        weight_key, basis_key = jax.random.split(key)
        scale = jnp.sqrt(jnp.asarray(self.weight_var, jnp.float32))
        weights = scale * normal(weight_key, (self.num_dims,))
        if self.shift not in MIXED:
            return ShiftedLatent(weights, None)
        index = jnp.arange(1.0, self.num_dims + 1.0)
        half = jnp.where(index <= self.num_dims // 2, 1.0, 0.0)
        values = index**-2.0 if self.shift == "skewed" else half
        values = values * (self.num_dims / values.sum())
        basis, upper = jnp.linalg.qr(normal(basis_key, (self.num_dims, self.num_dims)))
        # The signs of R's diagonal make the law of the basis Haar (Mezzadri, math-ph/0609050).
        basis = basis * jnp.where(jnp.diagonal(upper) < 0.0, -1.0, 1.0)[None, :]
        return ShiftedLatent(weights, basis * jnp.sqrt(values)[None, :])

    def sample_covariates(
        self, key: Key, latent: ShiftedLatent, num_points: int
    ) -> Float[Array, "P D"]:
        """Draw the covariates, those of the query apart."""
        point_key, shift_key = jax.random.split(key)
        xs = normal(point_key, (num_points, self.num_dims))
        xs = xs if latent.mixing is None else xs @ latent.mixing.T
        return jnp.sqrt(jnp.asarray(self.input_var, jnp.float32)) * self._shifted(shift_key, xs)

    def evaluate(self, latent: ShiftedLatent, xs: Float[Array, "P D"]) -> Float[Array, " P"]:
        r"""Return $w \cdot x$."""
        return xs @ latent.weights

    def references(self) -> dict[str, dict[str, Any]]:
        """Return ridge, or without noise its limit, least squares."""
        if self.noise_var == 0:
            return {"least-squares": {}}
        prior = np.full(self.num_dims, float(self.weight_var))
        return {"ridge": {"prior": prior, "noise_var": self.noise_var}}

    @property
    def bayes(self) -> str:
        """Return the one estimator: the law of the covariates does not matter to it."""
        return next(iter(self.references()))

    def _shifted(self, key: Key, xs: Float[Array, "P D"]) -> Float[Array, "P D"]:
        position = jnp.arange(xs.shape[0])[:, None]
        is_query, in_context = position == self.num_context, position < self.num_context
        if self.shift in ("random-orthants", "opposite-orthants"):
            inside = jnp.abs(xs) * signs(key, (self.num_dims,))[None, :]
            shifted = jnp.where(in_context, inside, xs)
            return (
                jnp.where(is_query, -inside, shifted)
                if self.shift == "opposite-orthants"
                else shifted
            )
        if self.shift == "overlapping-query":
            chosen = jax.random.randint(key, (), 0, jnp.asarray(self.num_context))
            return jnp.where(is_query, xs[chosen][None, :], xs)
        if self.shift == "orthogonal-query":
            query = jnp.where(is_query, xs, 0.0).sum(axis=0)
            return jnp.where(is_query, self._orthogonal(query, xs)[None, :], xs)
        return xs

    def _orthogonal(self, query: Float[Array, " D"], xs: Float[Array, "P D"]) -> Array:
        # The first k columns of Q span the context, whatever the points after it are.
        basis, _ = jnp.linalg.qr(xs[: self.num_dims].T)
        used = jnp.where((jnp.arange(basis.shape[1]) < self.num_context)[None, :], basis, 0.0)
        rest = query
        for _ in range(2):  # the second time removes what rounding left
            rest = rest - used @ (used.T @ rest)
        length = jnp.linalg.norm(rest)
        return rest * (jnp.linalg.norm(query) / jnp.where(length > 0.0, length, 1.0))
