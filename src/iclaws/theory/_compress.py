"""Thousands of eigenvalues of drawn contexts, compressed to the few nodes a polynomial needs.

The nodes are picked among the eigenvalues themselves (approximate Fekete points), not on the
interval between them: between the top eigenvalues there are gaps, where a good polynomial is
free to be huge.
"""

import numpy as np
from jaxtyping import Float

from ._objective import FilterObjective
from .contexts import ContextStatistics

_BLOCK = 1 << 22
_BINS = 4096


def compress(stats: ContextStatistics, degree: int, noise_var: float) -> FilterObjective:
    """Return the mean risk over contexts in the values of a polynomial at `degree + 1` nodes.

    Exact for residual polynomials up to `degree`.
    """
    nodes = _fekete(stats.eigenvalues, degree + 1)
    draws, rank = stats.eigenvalues.shape
    count = nodes.size
    cross = np.zeros(count)
    signal_root, noise_root = np.empty((0, count)), np.empty((0, count))
    block = max(1, _BLOCK // (rank * max(rank, count)))
    for start in range(0, draws, block):
        part = slice(start, start + block)
        weights = _interpolation(stats.eigenvalues[part], nodes)
        cross += stats.cross[part].ravel() @ weights.reshape(-1, count)
        signal = _roots(stats.residual_quadratic[part]) @ weights
        noise = np.sqrt(stats.noise[part])[..., None] * weights
        signal_root = _triangle(signal_root, signal.reshape(-1, count))
        noise_root = _triangle(noise_root, noise.reshape(-1, count))
    return FilterObjective(
        nodes=nodes,
        floor=float(stats.floor.mean()),
        cross=cross / draws,
        signal_root=signal_root / np.sqrt(draws),
        noise_root=noise_root * np.sqrt(noise_var / draws),
    )


def at_eigenvalues(
    stats: ContextStatistics, objective: FilterObjective, values: Float[np.ndarray, "filters nodes"]
) -> Float[np.ndarray, "filters contexts rank"]:
    """Return filters given at the nodes of `compress` at every eigenvalue drawn."""
    draws, rank = stats.eigenvalues.shape
    found = np.empty((len(values), draws, rank))
    block = max(1, _BLOCK // (rank * objective.nodes.size))
    for start in range(0, draws, block):
        part = slice(start, start + block)
        weights = _interpolation(stats.eigenvalues[part], objective.nodes)
        found[:, part] = np.moveaxis(weights @ values.T, -1, 0)
    return found


def _fekete(eigenvalues: np.ndarray, count: int) -> Float[np.ndarray, " nodes"]:
    """Return `count` of these points where polynomials are best told apart.

    A basis orthonormal over the points (Arnoldi on the constant, never a Vandermonde matrix),
    then pivoted QR.
    """
    from scipy.linalg import qr

    points = _thinned(eigenvalues)
    count = min(count, points.size)
    basis = np.empty((count, points.size))
    new = np.ones(points.size)
    for size in range(count):
        for _ in range(2):
            new = new - (basis[:size] @ new) @ basis[:size]
        basis[size] = new / np.linalg.norm(new)
        new = points * basis[size]
    order = np.asarray(qr(basis, mode="economic", pivoting=True)[-1])
    return np.sort(points[order[:count]])


def _thinned(eigenvalues: np.ndarray) -> Float[np.ndarray, " points"]:
    """Return the lowest and highest eigenvalue of each bin of the Chebyshev angle."""
    points = np.unique(eigenvalues[eigenvalues > 0])
    if points.size == 0:
        return np.ones(1)
    if points.size <= 2 * _BINS:
        return points
    place = (points - points[0]) / (points[-1] - points[0])
    bins = np.floor(np.arccos(np.clip(1 - 2 * place, -1, 1)) / np.pi * _BINS)
    edges = np.flatnonzero(np.diff(bins)) + 1
    return points[np.unique(np.r_[0, edges - 1, edges, points.size - 1])]


def _interpolation(
    points: Float[np.ndarray, "contexts rank"], nodes: Float[np.ndarray, " nodes"]
) -> Float[np.ndarray, "contexts rank nodes"]:
    r"""Return Lagrange weights $\prod_{b\ne a}(x-x_b)/(x_a-x_b)$; an eigenvalue of 0 has none.

    Products of factors, hence accurate one by one: at points beside an isolated node the usual
    quotient of sums would cancel.
    """
    own = nodes[:, None] - nodes
    np.fill_diagonal(own, 1.0)
    gaps = points[..., None] - nodes
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(np.abs(gaps))
        size = logs.sum(axis=-1, keepdims=True) - logs - np.log(np.abs(own)).sum(axis=1)
        odd = (gaps < 0).sum(axis=-1, keepdims=True) - (gaps < 0) + (own < 0).sum(axis=1)
        weights = np.where(odd % 2 == 1, -1.0, 1.0) * np.exp(size)
    hit = gaps == 0
    weights[hit.any(axis=-1)] = hit[hit.any(axis=-1)]
    weights[points == 0] = 0.0
    return weights


def _roots(forms: Float[np.ndarray, "contexts rank rank"]) -> np.ndarray:
    """Return $F$ with $F'F$ equal to each form, positive semidefinite up to rounding."""
    values, vectors = np.linalg.eigh(forms)
    return np.sqrt(np.maximum(values, 0.0))[..., None] * np.swapaxes(vectors, 1, 2)


def _triangle(above: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return the triangular factor of all rows so far: the same sums of squares, few rows."""
    return np.asarray(np.linalg.qr(np.concatenate([above, rows]), mode="r"))
