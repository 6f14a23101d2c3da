r"""The lower bound of label-linear predictors that holds at every finite size.

A stack of $L$ layers with frozen covariates answers $x_q^\top M(X)\,h$ with $M$ of degree $L-1$
in $\hat\Sigma$. Averaged over rotations, which an isotropic or randomly rotated task allows and
which by convexity cannot raise the risk, $M$ becomes a polynomial in $\hat\Sigma$ whose
coefficients may depend on the context, but only through its spectrum ($\mathrm{tr}\,\hat\Sigma$
appears beside $\hat\Sigma$ from two layers on). So no such stack does better than the best
polynomial of each context by itself. In the proportional limit spectra do not fluctuate and
this is the bound of fixed polynomials (`sampled_polynomial_bound`); at finite size only this
one is safe, since matrices that are no multiples of the identity do use the traces.
"""

import numpy as np
from jaxtyping import Float

from ._numbers import Numbers, finite, one_whole
from .contexts import ContextStatistics, SampledRisk, summarise


def known_spectrum_bound(
    depth: Numbers, stats: ContextStatistics, noise_var: Numbers
) -> SampledRisk:
    """Return the mean over contexts of the best risk of degree `depth`, context by context.

    Args:
        depth: Layers, at least 0.
        stats: From `context_statistics`.
        noise_var: Variance of the label noise.

    Raises:
        InvalidValue: For a depth that is not a whole number, or a negative noise.
    """
    degree, noise = one_whole("depth", depth), float(finite("noise_var", noise_var))
    basis = _basis(stats.eigenvalues, degree)
    quadratic = stats.residual_quadratic
    # Residual p = 1 + V c; noise enters through the gains (1 - p) / mu = -V c / mu.
    weights = noise * stats.noise / stats.eigenvalues**2
    system = np.einsum("nia,nij,njb->nab", basis, quadratic, basis, optimize=True)
    system += np.einsum("nia,ni,nib->nab", basis, weights, basis, optimize=True)
    slope = np.einsum("nia,ni->na", basis, stats.cross + quadratic.sum(axis=-1))
    gain = np.einsum("na,nab,nb->n", slope, np.linalg.pinv(system, hermitian=True), slope)
    zero = stats.floor + 2.0 * stats.cross.sum(axis=-1) + quadratic.sum(axis=(-1, -2))
    return summarise(np.maximum(zero - gain, 0.0))


def _basis(
    eigenvalues: Float[np.ndarray, "contexts rank"], degree: int
) -> Float[np.ndarray, "contexts rank size"]:
    """Return, per context, orthonormal columns spanning the polynomials that vanish at zero."""
    rank = eigenvalues.shape[1]
    size = min(degree, rank)
    if size == rank:
        return np.broadcast_to(np.eye(rank), (len(eigenvalues), rank, rank))
    top = eigenvalues.max(axis=1, keepdims=True)
    columns = [eigenvalues / top]
    # Lanczos on diag(mu) from mu: powers of mu, made orthonormal as they come.
    vectors: list[np.ndarray] = []
    for _ in range(size):
        vector = columns[-1]
        for _ in range(2):  # twice is enough against loss of orthogonality
            for other in vectors:
                vector = vector - (vector * other).sum(axis=1, keepdims=True) * other
        vectors.append(vector / np.linalg.norm(vector, axis=1, keepdims=True))
        columns.append(vectors[-1] * eigenvalues / top)
    return np.stack(vectors, axis=-1) if vectors else np.empty((*eigenvalues.shape, 0))
