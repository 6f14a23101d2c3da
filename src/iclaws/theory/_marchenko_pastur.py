r"""Marchenko-Pastur law of $X^\top X/k$ for isotropic covariates, ratio $g=D/k$.

$\lambda\rho(\lambda)$ is a semicircle, so Gauss-Chebyshev quadrature of the second kind is exact
for polynomials: $\int\lambda\rho f=\sum_jw_jf(\lambda_j)$, $\lambda_j=1+g+2\sqrt g\cos\theta_j$.
"""

from typing import NamedTuple

import numpy as np

from ._numbers import Array


class Quadrature(NamedTuple):
    r"""Nodes and weights for a polynomial filter under the Marchenko-Pastur law.

    Exactly, for residual polynomials of degree up to the number of nodes,
    $\int\rho p^2=\mathrm{rest}+\sum_jw_jp_j^2/\lambda_j$: all terms positive, so nothing cancels.

    Attributes:
        nodes: $\lambda_j$, nodes on the last axis.
        weights: $w_j$, summing to 1.
        rest: $[\sum_{j\le n}(k/D)^j]^{-1}$: what no polynomial of degree $n$ removes.
    """

    nodes: Array
    weights: Array
    rest: Array


def quadrature(num_nodes: int, ratio: Array) -> Quadrature:
    r"""Return the quadrature with $n$ nodes at $g=D/k>0$, any shape of `ratio`."""
    angles = np.pi * np.arange(1, num_nodes + 1) / (num_nodes + 1)
    weights = 2 / (num_nodes + 1) * np.sin(angles) ** 2
    half = np.sqrt(ratio)[..., None]
    # (1 - sqrt g)^2 + 2 sqrt g (1 + cos): the small nodes at k = D keep their digits.
    nodes = (1 - half) ** 2 + 4 * half * np.cos(angles / 2) ** 2
    return Quadrature(nodes, np.broadcast_to(weights, nodes.shape), geometric(num_nodes, ratio))


def geometric(degree: Array | int, ratio: Array) -> Array:
    r"""Return $1/\sum_{j\le L}g^{-j}$ for every $g>0$ and $L\ge0$ without overflow."""
    log_alpha = -np.log(ratio)
    count = np.asarray(degree) + 1.0
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        # expm1 of a negative number on both sides of k = D; 1/count where they meet.
        down = -np.abs(log_alpha)
        value = np.expm1(down) / np.expm1(count * down)
        value = np.where(log_alpha > 0, value * np.exp((1 - count) * log_alpha), value)
    return np.where(log_alpha == 0, 1 / count, value)
