r"""The risk of a spectral filter as a sum of squares, and the best polynomial of each degree.

A label-linear attention stack with frozen covariates predicts $x_q^\top g(\hat\Sigma)h$ with a
polynomial $g$; its residual factor is $p(x)=1-x\,g(x)$, $p(0)=1$. Over any law of contexts the
excess risk is a quadratic form in the values of $p$ and $g$ at a few nodes.
"""

import dataclasses
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

Nodes = Float[np.ndarray, " nodes"]
# A root F of a quadratic form F'F over the nodes: a matrix, or the diagonal of one.
Root = Float[np.ndarray, " nodes"] | Float[np.ndarray, "rows nodes"]
_EXHAUSTED = 1e-13
_CONVERGED = 1e-14


@dataclasses.dataclass(frozen=True)
class FilterObjective:
    r"""Excess risk $f+2b\cdot p+|Fp|^2+|Gg|^2$ of a filter given at nodes.

    The forms are kept as roots: squares of small numbers keep the digits that a matrix of
    products would have lost.

    Attributes:
        nodes: $x_j \ge 0$, eigenvalues or quadrature nodes.
        floor: $f$, what no filter can remove.
        cross: $b$.
        signal_root: $F$, a matrix or the diagonal of one.
        noise_root: $G$ (label noise included), a matrix or the diagonal of one.
    """

    nodes: Nodes
    floor: float
    cross: Nodes
    signal_root: Root
    noise_root: Root

    def risk(self, residual: Nodes, gains: Nodes) -> float:
        """Return the excess risk of $p$ and $g=(1-p)/x$ at the nodes."""
        with np.errstate(over="ignore", invalid="ignore"):
            signal, noise = apply(self.signal_root, residual), apply(self.noise_root, gains)
            value = self.floor + 2 * (self.cross @ residual) + signal @ signal + noise @ noise
        return float(value)

    def slope(self, residual: Nodes, gains: Nodes) -> Nodes:
        """Return half the derivative of the risk by the gains, residual following."""
        with np.errstate(over="ignore", invalid="ignore"):
            by_residual = self.cross + normal(self.signal_root, residual)
            return normal(self.noise_root, gains) - self.nodes * by_residual

    def image(self, gains: Nodes) -> Float[np.ndarray, " rows"]:
        """Return the vector whose square is the quadratic part of the risk in the gains."""
        signal = apply(self.signal_root, self.nodes * gains)
        return np.concatenate([signal, apply(self.noise_root, gains)])


class BestPolynomial(NamedTuple):
    r"""Best residual polynomials of degrees $0..L$ for one objective.

    Attributes:
        risks: Excess risk by degree, shape $(L+1)$.
        gains: $g$ of each degree at the nodes, then at the extra points; $(L+1)\times(\cdot)$.
        recurrence: $H$ of $x\,v_j=\sum_iH_{ij}v_i$ in the orthonormal basis, as far as it goes.
        amounts: Coefficients of $g$ in that basis; a degree uses the first ones.
        scale: The constant 1 is `scale` $\cdot v_1$.
    """

    risks: Float[np.ndarray, " degrees"]
    gains: Float[np.ndarray, "degrees points"]
    recurrence: Float[np.ndarray, "size1 size"]
    amounts: Float[np.ndarray, " size"]
    scale: float

    def roots(self, degree: int) -> np.ndarray:
        """Return the roots of the residual polynomial of a degree, by its comrade matrix."""
        size = min(degree, self.recurrence.shape[1] - 1)
        expansion = -self.recurrence[: size + 1, :size] @ self.amounts[:size]
        if size == 0 or expansion[-1] == 0:
            return np.empty(0, dtype=complex)
        expansion[0] += self.scale
        comrade = self.recurrence[:size, :size].copy()
        comrade[:, -1] -= self.recurrence[size, size - 1] * expansion[:-1] / expansion[-1]
        return np.linalg.eigvals(comrade).astype(complex)


def apply(root: Root, vector: np.ndarray) -> np.ndarray:
    """Apply a root stored as a matrix or as a diagonal."""
    return root * vector if root.ndim == 1 else root @ vector


def normal(root: Root, vector: np.ndarray) -> np.ndarray:
    """Apply the form $F'F$ of a root $F$."""
    return root**2 * vector if root.ndim == 1 else root.T @ (root @ vector)


def best_polynomials(
    objective: FilterObjective, degree: int, extra: Float[np.ndarray, " extra"]
) -> BestPolynomial:
    r"""Return the optimum over all polynomials of each degree up to `degree`.

    Arnoldi in the inner product of the risk itself with full reorthogonalisation, the residual
    updated as in conjugate gradients: no normal equations, so that risks far below the rounding
    error of the signal keep their digits.

    Args:
        objective: The risk.
        degree: Highest degree $L$.
        extra: Points outside the objective where the filters are wanted too (0 for the total
            step $g(0)=-p'(0)$).
    """
    points = np.concatenate([objective.nodes, extra])
    inside = slice(0, objective.nodes.size)
    signal_rows = objective.signal_root.shape[0]
    gains, residual = np.zeros(points.size), np.ones(points.size)
    vectors = np.empty((degree, points.size))
    images = np.empty((degree, signal_rows + objective.noise_root.shape[0]))
    risks, filters = [objective.risk(residual[inside], gains[inside])], [gains]
    recurrence, amounts = np.zeros((degree + 1, degree + 1)), np.zeros(degree + 1)
    direction, size = np.ones(points.size), 0
    for _ in range(degree):
        along, vector, image = _orthonormal(objective, direction, vectors[:size], images[:size])
        if image is not None:
            recurrence[: size + 1, size] = along  # column 0 holds the scale of the constant
            vectors[size], images[size] = vector, image
            # Half the slope of the risk along the new direction, in the space of the squares.
            left = apply(objective.signal_root, residual[inside])
            pulled = objective.cross @ (points * vector)[inside] + left @ image[:signal_rows]
            pulled -= apply(objective.noise_root, gains[inside]) @ image[signal_rows:]
            # Once only rounding is left to gain, the filter outside the nodes must not feel it.
            if abs(pulled) <= _CONVERGED * np.sqrt(abs(risks[-1])):
                pulled = 0.0
            gains, residual = gains + pulled * vector, residual - pulled * points * vector
            direction, amounts[size] = points * vector, pulled
            size += 1
        # Rounding may lift the last digits of an exhausted space: the lower degree stands.
        value = objective.risk(residual[inside], gains[inside])
        risks.append(min(value, risks[-1]))
        filters.append(gains)
    if size:  # x v_L, for the roots of the highest degree
        along, _, _ = _orthonormal(objective, direction, vectors[:size], images[:size])
        recurrence[: size + 1, size] = along
    return BestPolynomial(
        np.array(risks), np.array(filters), recurrence[: size + 1, 1 : size + 1],
        amounts[:size], float(recurrence[0, 0]),
    )  # fmt: skip


def _orthonormal(
    objective: FilterObjective, vector: np.ndarray, vectors: np.ndarray, images: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Return the components of `vector` in the basis and beyond, and its new part with image.

    The image is None if `vector` lies in the span of the basis to rounding.
    """
    size = objective.nodes.size
    image = objective.image(vector[:size])
    before, total = np.linalg.norm(image), np.zeros(len(vectors))
    for _ in range(2):  # twice is enough
        along = images @ image
        vector, total = vector - along @ vectors, total + along
        # Taken anew: images updated by themselves would drift away from their vectors.
        image = objective.image(vector[:size])
    norm = np.linalg.norm(image)
    if not norm > _EXHAUSTED * before:
        return np.append(total, 0.0), vector, None
    return np.append(total, norm), vector / norm, image / norm
