r"""Preconditioned gradient descent: steps that differ between directions of a fixed basis.

Where all contexts share one covariance, attention can learn $\Gamma$ (arXiv 2306.00297): the
residual of the query is then $(I - \hat\Sigma\Gamma)^L x_q$, no function of one eigenvalue.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy.optimize import least_squares

from .filter import Filter


class PreconditionedFit(NamedTuple):
    """Tied gradient descent with one step per coordinate.

    Attributes:
        depth: Layers.
        steps: The diagonal of the preconditioner in the basis, `(D,)`.
        error: Root of the relative mean squared difference of $X^T J$ from the fit.
        plain_error: The same with one step for all coordinates.
    """

    depth: int
    steps: Float[np.ndarray, " D"]
    error: float
    plain_error: float


def fit_preconditioner(
    found: Filter, depth: int, *, basis: Float[np.ndarray, "D D"] | None = None
) -> PreconditionedFit:
    """Return the best preconditioned gradient descent of a depth.

    Args:
        found: The filter of one model.
        depth: Layers.
        basis: Columns in which the preconditioner is diagonal; None takes the coordinates,
            which are the eigenbasis of tasks of fixed structure.
    """
    num_dims = found.eigenvalues.shape[1]
    rotation = np.eye(num_dims) if basis is None else basis
    vectors = rotation.T @ found.vectors  # eigenvectors of each context, in the basis
    covariance = (vectors * found.eigenvalues[:, None, :]) @ vectors.swapaxes(1, 2)
    queries = found.queries @ vectors.swapaxes(1, 2)
    carried = found.carried @ vectors.swapaxes(1, 2)
    scale = 1.0 / np.sqrt((carried**2).sum())

    def residual(steps: np.ndarray) -> np.ndarray:
        answered = np.zeros_like(queries)
        for _ in range(depth):
            answered = answered + ((queries - answered) * steps) @ covariance
        return (scale * (answered - carried)).ravel()

    # Half of the step that would overshoot in the largest direction.
    start = np.full(1, 0.5 / float(found.eigenvalues.max()))
    with np.errstate(over="ignore", invalid="ignore"):
        plain = least_squares(residual, start, method="lm", xtol=1e-15, ftol=1e-15)
        best = least_squares(
            residual, np.full(num_dims, plain.x[0]), method="lm", xtol=1e-15, ftol=1e-15
        )
    return PreconditionedFit(
        depth, best.x, float(np.sqrt(2.0 * best.cost)), float(np.sqrt(2.0 * plain.cost))
    )
