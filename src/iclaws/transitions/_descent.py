"""Least squares for many small problems at once: Levenberg and Marquardt over lanes."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float

ITERATIONS = 60
CONVERGED = 1e-9

# Maps parameters (lanes, p) to values (lanes, n) and their derivatives (lanes, n, p).
Form = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]


class Descent(NamedTuple):
    """Where the lanes ended.

    Attributes:
        parameters: Of each lane.
        squares: Weighted sum of squared residuals.
    """

    parameters: Float[np.ndarray, "lanes p"]
    squares: Float[np.ndarray, " lanes"]


def descend(
    form: Form,
    start: Float[np.ndarray, "lanes p"],
    data: tuple[np.ndarray, np.ndarray],
    *,
    bounds: tuple[np.ndarray, np.ndarray],
) -> Descent:
    """Return the least squares of every lane from its start.

    Args:
        form: The curve.
        start: Within the bounds.
        data: Values and weights, `(lanes, n)` each.
        bounds: Lower and upper, `(p,)` each.
    """
    target, weights = data
    found = np.clip(start, *bounds)
    values, slopes = form(found)
    squares = (weights * (values - target) ** 2).sum(axis=1)
    damping, settled = np.full(len(found), 1e-3), np.zeros(len(found), bool)
    for _ in range(ITERATIONS):
        trial = np.clip(found + _step(values - target, slopes, weights=weights, d=damping), *bounds)
        new_values, new_slopes = form(trial)
        new_squares = (weights * (new_values - target) ** 2).sum(axis=1)
        better = new_squares <= squares
        moved = np.abs(trial - found).max(axis=1)
        settled |= (moved < CONVERGED) | (damping > 1e10)
        settled |= better & (squares - new_squares <= CONVERGED * squares)
        found, squares = _pick(better, trial, found), np.where(better, new_squares, squares)
        values, slopes = _pick(better, new_values, values), _pick(better, new_slopes, slopes)
        damping = np.where(better, np.maximum(damping * 0.2, 1e-12), damping * 8.0)
        if settled.all():
            break
    return Descent(found, squares)


def _step(residual: np.ndarray, slopes: np.ndarray, *, weights: np.ndarray, d: np.ndarray):  # noqa: ANN202
    weighted = slopes * weights[..., None]
    normal = np.swapaxes(weighted, 1, 2) @ slopes
    gradient = (weighted * residual[..., None]).sum(axis=1)
    size = np.einsum("lpp->lp", normal)
    size = np.maximum(size, 1e-12 * size.max(axis=1, keepdims=True) + 1e-300)
    normal = normal + np.einsum("lp,pq->lpq", size * d[:, None], np.eye(size.shape[1]))
    return -np.linalg.solve(normal, gradient[..., None])[..., 0]


def _pick(better: Bool[np.ndarray, " lanes"], new: np.ndarray, old: np.ndarray) -> np.ndarray:
    return np.where(better.reshape(-1, *([1] * (new.ndim - 1))), new, old)
