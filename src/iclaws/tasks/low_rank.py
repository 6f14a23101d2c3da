"""Linear regression whose weights lie in one subspace, the same in every context."""

import functools
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from .._checks import require, require_at_most
from .._types import Count, Key, Real, as_real
from ._base import Spectra, tasks
from ._functions import AbstractRegressionTask, normal


@tasks.register("low-rank")
class LowRank(AbstractRegressionTask):
    r"""$y_i = w \cdot x_i + \varepsilon_i$, with all weights in one subspace of $r$ dimensions.

    $x \sim N(0, I)$; $w = \sqrt{D/r}\,B z$ with $z \sim N(0, I_r)$ and orthonormal columns $B$,
    the same in pretraining and evaluation, so that a model can learn to look only there.

    Scale: $E y^2 = D + \sigma^2$, as with weights of unit variance. Source: a prior of rank $r$
    among the structured priors of arXiv 2510.01098.
    Bayes-optimal: ridge on the covariates projected into the subspace (without noise: least
    squares there), exact from $k = r$ on instead of $k = D$.

    Attributes:
        num_dims: Dimension $D$.
        num_context: Labelled examples $k$ before the query.
        rank: Dimension $r$ of the subspace; may vary inside one program, subspaces being nested.
        noise_var: $\sigma^2$ of the label noise.
        subspace_seed: Of the Haar basis that the subspace is cut from. None: the first $r$
            coordinates, the same task up to a rotation of the covariates, whose spectra (and so
            predictions and the ridge baseline) are known.

    Raises:
        InvalidValue: a size or variance is out of range.
    """

    num_dims: int = eqx.field(static=True, default=20)
    num_context: Count = 20
    rank: Count = 2
    noise_var: Real = eqx.field(default=0.0, converter=as_real)
    subspace_seed: int | None = eqx.field(static=True, default=None)

    def __check_init__(self) -> None:
        """Refuse a subspace larger than the space."""
        require("rank", self.rank, at_least=1)
        require_at_most("rank", self.rank, limit=("num_dims", self.num_dims))
        require("subspace_seed", self.subspace_seed or 0, at_least=0)

    def sample_latent(self, key: Key) -> Float[Array, " D"]:
        """Draw the weights, `(D,)`."""
        inside = jnp.arange(self.num_dims) < self.rank
        scale = jnp.sqrt(self.num_dims / jnp.asarray(self.rank, jnp.float32))
        weights = jnp.where(inside, scale * normal(key, (self.num_dims,)), 0.0)
        if self.subspace_seed is None:
            return weights
        return jnp.asarray(_basis(self.subspace_seed, self.num_dims)) @ weights

    def evaluate(self, latent: Float[Array, " D"], xs: Float[Array, "P D"]) -> Float[Array, " P"]:
        r"""Return $w \cdot x$."""
        return xs @ latent

    def spectra(self) -> Spectra | None:
        """Return the eigenvalues where the subspace is along the axes."""
        if self.subspace_seed is not None:
            return None
        inside = np.arange(self.num_dims) < int(self.rank)
        prior = np.where(inside, self.num_dims / float(self.rank), 0.0)
        return Spectra(np.ones(self.num_dims), prior, float(self.noise_var), rotated=False)

    def references(self) -> dict[str, dict[str, Any]]:
        """Return ridge in the subspace where it is along the axes, and least squares."""
        spectra = self.spectra()
        if spectra is None or spectra.noise_var == 0:
            return {"least-squares": {}}
        ridge = {"prior": spectra.prior, "noise_var": spectra.noise_var}
        return {"ridge": ridge, "least-squares": {}}

    @property
    def bayes(self) -> str | None:
        """Return ridge, where there is noise and the subspace is along the axes."""
        return "ridge" if "ridge" in self.references() else None


@functools.cache
def _basis(seed: int, num_dims: int) -> Float[np.ndarray, "D D"]:
    """Return a Haar-distributed orthogonal matrix."""
    square = np.random.default_rng([seed, num_dims]).normal(size=(num_dims, num_dims))
    q, r = np.linalg.qr(square)
    # The signs of R's diagonal make the law of Q Haar (Mezzadri, math-ph/0609050).
    return (q * np.sign(np.diagonal(r))[None, :]).astype(np.float32)
