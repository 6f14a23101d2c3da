"""The slope of the filter at small eigenvalues: the sum of all steps, where it can be seen."""

from typing import NamedTuple

import numpy as np

from ._bootstrap import bootstrap_weights, interval
from .filter import Filter
from .filter_fits import cloud

# Relative difference of slopes that counts as none, and the most that a wide interval excuses:
# with them constructed descent and ridge are resolved where the slope is right, and only there.
AGREEMENT, EXCUSED = 0.01, 0.05


class InitialSlope(NamedTuple):
    r"""The slope of the filter at $\lambda \to 0$: the sum of all steps.

    Attributes:
        value: $r'(0) = \sum_\ell \eta_\ell$ for gradient descent, $1/z$ for ridge.
        low, high: 95 % interval over contexts, widened to hold the slopes of the next two degrees.
        degree: Of the polynomial it was read from, chosen by cross-validation over contexts.
        resolved: Whether the next two degrees agree. Where they do not, no eigenvalue is small
            enough to show the slope, as in deep stacks: the value is an extrapolation, and the
            interval need not hold the truth.
    """

    value: float
    low: float
    high: float
    degree: int
    resolved: bool


def initial_slope(
    found: Filter, *, highest_degree: int = 10, num_draws: int = 200, seed: int = 0
) -> InitialSlope:
    r"""Return $r'(0)$ from the best polynomial $r = \lambda q(\lambda)$."""
    cloud(found)
    sums = _normal_equations(found, highest_degree + 2)
    half = np.arange(len(found.eigenvalues)) % 2 == 0
    held_out = [_held_out(sums, half, degree) for degree in range(1, highest_degree + 1)]
    # The simplest one within a tenth of the best: the slope's variance grows with the degree.
    noise = 1e-14 * float(sums[2].sum())
    degree = next(i for i, e in enumerate(held_out, 1) if e <= 1.1 * min(held_out) + noise)
    draws = bootstrap_weights(len(half), num_draws, seed)
    low, high = interval(np.asarray([_solve(sums, draw, degree).sum() for draw in draws]))
    everything = np.ones(len(half))
    value, *others = (
        float(_solve(sums, everything, tried).sum()) for tried in range(degree, degree + 3)
    )
    far = max(abs(other - value) for other in others)
    resolved = far <= max(AGREEMENT * abs(value), min(high - low, EXCUSED * abs(value)))
    return InitialSlope(value, min(low, value - far), max(high, value + far), degree, resolved)


def _normal_equations(found: Filter, degree: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return each context's Gram matrix, moments and squares, for q in functions 1 at 0."""
    values, weight = found.eigenvalues, found.weight
    # Chebyshev's on [0, top], run backwards so that every one is 1 at 0.
    chebyshev = np.polynomial.chebyshev.chebvander(1.0 - 2.0 * values / values.max(), degree - 1)
    basis = values[..., None] * chebyshev
    gram = np.einsum("cd,cdi,cdj->cij", weight, basis, basis, optimize=True)
    moments = np.einsum("cd,cdi->ci", weight * found.response, basis)
    return gram, moments, (weight * found.response**2).sum(axis=1)


def _solve(sums: tuple, weights: np.ndarray, degree: int) -> np.ndarray:
    gram, moments, _ = sums
    matrix = np.tensordot(weights, gram[:, :degree, :degree], 1)
    return np.linalg.lstsq(matrix, weights @ moments[:, :degree], rcond=1e-15)[0]


def _held_out(sums: tuple, half: np.ndarray, degree: int) -> float:
    """Return the squared error of a polynomial on the contexts that it was not fitted to."""
    gram, moments, squares = sums
    total = 0.0
    for train in (half, ~half):
        found, test = _solve(sums, train.astype(np.float64), degree), ~train
        matrix = gram[test][:, :degree, :degree].sum(axis=0)
        linear = moments[test][:, :degree].sum(axis=0)
        total += float(found @ matrix @ found - 2.0 * found @ linear + squares[test].sum())
    return max(total, 0.0)
