"""Linear self-attention on joint tokens (x, y): the architecture that can run gradient descent."""

from typing import ClassVar, Literal

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from .._types import Count, Key, Moments, Real, Scalar, as_real
from ..errors import InvalidValue
from ._base import AbstractArchitecture, AbstractMomentModel, models

Covariates = Literal["frozen", "updated"]


class LinearAttentionModel(AbstractMomentModel):
    r"""Linear self-attention with weights.

    A layer maps the tokens $(u_i, r_i)$, where $u_i = A x_i$ at first and $r_i = y_i$ (0 at the
    query), to $r_i - \frac vk\sum_j r_j\, u_j^\top B u_i$ and, with updated covariates,
    $u_i + C \frac vk\sum_j u_j\, u_j^\top B u_i$. The prediction is minus the query's label
    channel. With $vB = \eta I$ a layer is one step of gradient descent on the mean squared
    error (arXiv 2212.07677); with $C = -(\gamma/\eta) I$ it is one of GD++.

    Attributes:
        mixers: $B_\ell$, the merged key-query products, `(L, D, D)`, or `(1, D, D)` if tied.
        values: $v_\ell$, the value weight of the label channel, `(L,)` or `(1,)`.
        covariate_mixers: $C_\ell$, of the same shape; None if the covariates are frozen.
        read_in: $A$, `(D, D)`, its rows beyond the rank zero; None for the identity.
        depth: Layers.
        symmetric: Whether only the symmetric part of each $B_\ell$ acts.
        mask_query: Whether the query is hidden from the keys.
    """

    mixers: Float[Array, "*runs l D D"]
    values: Float[Array, "*runs l"]
    covariate_mixers: Float[Array, "*runs l D D"] | None
    read_in: Float[Array, "*runs D D"] | None
    depth: int = eqx.field(static=True)
    symmetric: bool = eqx.field(static=True, default=False)
    mask_query: bool = eqx.field(static=True, default=True)

    @property
    def acting_mixers(self) -> Float[Array, "l D D"]:
        r"""Return $v_\ell B_\ell$, its symmetric part if the model is symmetric."""
        mixers = self.values[:, None, None] * self.mixers
        return 0.5 * (mixers + jnp.swapaxes(mixers, -1, -2)) if self.symmetric else mixers

    def predict(self, moments: Moments) -> Scalar:
        """Return the prediction by the exact covariance form: cost $D^2$ (or $D^3$) a layer."""
        moments = self._see(moments)
        if self.covariate_mixers is None:
            return self._predict_frozen(moments)
        return self._predict_updated(moments)

    def predict_tokens(
        self, xs: Float[Array, "k D"], ys: Float[Array, " k"], query: Float[Array, " D"]
    ) -> Scalar:
        """Return the prediction by attention over tokens: the definition, cost `k^2` a layer."""
        num_context = max(xs.shape[0], 1)
        us = jnp.concatenate([xs, query[None]])
        us = us if self.read_in is None else us @ self.read_in.T
        labels = jnp.concatenate([ys, jnp.zeros((1,), ys.dtype)])
        is_key = jnp.ones_like(labels).at[-1].set(0.0 if self.mask_query else 1.0)
        for layer in range(self.depth):
            index = layer % self.mixers.shape[0]
            # scores[j, i]: how much token i reads from token j.
            scores = is_key[:, None] * (us @ self.acting_mixers[index] @ us.T) / num_context
            new_labels = labels - labels @ scores
            if self.covariate_mixers is not None:
                us = us + (us.T @ scores).T @ self.covariate_mixers[index].T
            labels = new_labels
        return -labels[-1]

    def measures(self) -> dict[str, Array]:
        r"""Return the steps $\mathrm{tr}(\Gamma_\ell)/r$, their mean and $\Gamma$'s anisotropy."""
        products = jnp.swapaxes(self.acting_mixers, -1, -2)
        reads = jnp.ones(products.shape[-1])
        if self.read_in is not None:
            # The products seen from the covariates: nonzero eigenvalues of A^T B^T A.
            products = products @ (self.read_in @ self.read_in.T)
            reads = jnp.any(self.read_in != 0.0, axis=-1).astype(reads.dtype)
        rank = jnp.sum(reads)
        steps = jnp.trace(products, axis1=-2, axis2=-1) / rank
        rest = products - steps[:, None, None] * jnp.diag(reads)[None]
        norm = jnp.linalg.norm(products, axis=(-2, -1))
        anisotropy = jnp.linalg.norm(rest, axis=(-2, -1)) / jnp.maximum(norm, 1e-30)
        shape = (self.depth // self.mixers.shape[0],)
        return {
            "step_size": jnp.mean(steps),
            "step_sizes": jnp.tile(steps, shape),
            "anisotropy": jnp.tile(anisotropy, shape),
        }

    def _see(self, moments: Moments) -> Moments:
        if not self.mask_query:
            # A visible query is one more example, labelled 0.
            outer = moments.query[:, None] * moments.query[None, :]
            seen = moments.covariance + outer / jnp.maximum(moments.num_context, 1.0)
            moments = moments._replace(covariance=seen)
        if self.read_in is None:
            return moments
        a = self.read_in
        return moments._replace(
            covariance=a @ moments.covariance @ a.T,
            cross=a @ moments.cross,
            query=a @ moments.query,
        )

    def _predict_frozen(self, moments: Moments) -> Scalar:
        def layer(weights: Array, mixer: Array) -> tuple[Array, None]:
            residual = moments.cross - moments.covariance @ weights
            return weights + mixer.T @ residual, None

        weights = self._scan(layer, jnp.zeros_like(moments.cross), self.acting_mixers)
        return weights @ moments.query

    def _predict_updated(self, moments: Moments) -> Scalar:
        identity = jnp.eye(moments.query.shape[0])

        def layer(state: tuple[Moments, Scalar], mixers: tuple) -> tuple[tuple, None]:
            (covariance, cross, query, num_context), prediction = state
            mixer, covariate_mixer = mixers
            gradient = mixer.T @ cross
            move = identity + covariate_mixer @ covariance @ mixer
            cross = move @ (cross - covariance @ gradient)
            moved = Moments(move @ covariance @ move.T, cross, move @ query, num_context)
            return (moved, prediction + gradient @ query), None

        start = (moments, jnp.zeros((), moments.query.dtype))
        return self._scan(layer, start, (self.acting_mixers, self.covariate_mixers))[1]

    def _scan(self, layer, start, mixers):  # noqa: ANN001, ANN202 - as lax.scan
        if self.mixers.shape[0] == self.depth:
            return jax.lax.scan(layer, start, mixers)[0]
        shared = jax.tree.map(lambda mixer: mixer[0], mixers)
        return jax.lax.scan(lambda state, _: layer(state, shared), start, length=self.depth)[0]


def orthonormal_rows(rows: Float[Array, "r D"]) -> Float[Array, "r D"]:
    """Return the orthonormal rows nearest to Gaussian ones; rows of zeros stay zero.

    Newton and Schulz's iteration for the polar factor: products of matrices alone, on any
    device. A singular value s grows as 1.5 s until it settles at 1 quadratically.
    """
    # Singular values of Gaussian rows lie below 2 sqrt(D); the iteration needs them below sqrt 3.
    start = rows / (2.0 * rows.shape[1] ** 0.5)
    return jax.lax.fori_loop(0, 40, lambda _, x: 1.5 * x - 0.5 * (x @ x.T) @ x, start)


@models.register("linear-attention")
class LinearAttention(AbstractArchitecture):
    r"""Linear self-attention, predicting at the query (arXiv 2212.07677, 2306.00297).

    Attributes:
        depth: Layers $L$.
        tied: Whether all layers share their weights.
        covariates: `frozen`: a layer only updates labels (plain GD is reachable). `updated`: it
            also transforms the covariates (GD++ is reachable).
        read_in_rank: Rank $r$ of a learnt map from covariates into the stream; None reads
            them as they are. The stream is $r + 1$ wide. May vary inside one program.
        symmetric: Whether keys and queries share their weights, so that $\Gamma$ is symmetric.
            Free weights can do better than gradient descent at depth 8 and beyond: they
            learn a skew part that turns slow directions into fast ones between layers.
        mask_query: Whether the query is hidden from the keys. A visible query counts as an
            example labelled 0.
        init_scale: Standard deviation of the initial weights times $\sqrt r$.
        init_step: Step size that every layer starts from: a multiple of the identity beneath
            the random weights. Above zero, deep stacks need no long way to their optimum.
    """

    depth: int = eqx.field(static=True, default=1)
    tied: bool = eqx.field(static=True, default=True)
    covariates: Covariates = eqx.field(static=True, default="frozen")
    read_in_rank: Count | None = None
    symmetric: bool = eqx.field(static=True, default=False)
    mask_query: bool = eqx.field(static=True, default=True)
    init_scale: Real = eqx.field(default=0.1, converter=as_real)
    init_step: Real = eqx.field(default=0.0, converter=as_real)

    reads_moments: ClassVar[bool] = True

    def __check_init__(self) -> None:
        """Refuse a depth or a rank below 1."""
        for name in ("depth", "read_in_rank"):
            value = getattr(self, name)
            if isinstance(value, int) and value < 1:
                raise InvalidValue(f"`{name}` must be at least 1. Got {value}.")

    def check(self, num_dims: int, num_points: int) -> None:
        """Raise `InvalidValue` if the read-in rank exceeds the dimension."""
        del num_points
        if isinstance(self.read_in_rank, int) and self.read_in_rank > num_dims:
            raise InvalidValue(
                f"`read_in_rank`={self.read_in_rank} exceeds `num_dims`={num_dims}: "
                "a map from the covariates cannot have a higher rank. Lower it, or leave it out."
            )

    def init(self, key: Key, num_dims: int) -> LinearAttentionModel:
        """Return small random mixers and an orthonormal read-in.

        Rows of the read-in beyond the rank, and the mixers' rows and columns there, start at
        zero and stay there: their gradient vanishes. So one program serves every rank.
        """
        mixer_key, covariate_key, read_in_key = jax.random.split(key, 3)
        shape = (1 if self.tied else self.depth, num_dims, num_dims)
        rank = num_dims if self.read_in_rank is None else self.read_in_rank
        reads = (jnp.arange(num_dims) < rank).astype(jnp.float32)
        std = self.init_scale / jnp.sqrt(jnp.asarray(rank, jnp.float32))
        scale = std * reads[None, :, None] * reads[None, None, :]
        covariate_mixers = read_in = None
        if self.covariates == "updated":
            covariate_mixers = scale * jax.random.normal(covariate_key, shape)
        if self.read_in_rank is not None:
            read_in = orthonormal_rows(jax.random.normal(read_in_key, shape[1:]) * reads[:, None])
        mixers = (
            scale * jax.random.normal(mixer_key, shape) + self.init_step * jnp.diag(reads)[None]
        )
        values = jnp.ones(shape[0])
        return LinearAttentionModel(
            mixers, values, covariate_mixers, read_in, self.depth, self.symmetric, self.mask_query
        )
