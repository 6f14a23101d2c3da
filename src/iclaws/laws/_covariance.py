"""Covariances from derivatives at the optimum: Wald, sandwich and clustered sandwich."""

from typing import TYPE_CHECKING

import numpy as np

from ..errors import InvalidValue
from ._jacobian import jacobian
from ._losses import Absolute, Squared

if TYPE_CHECKING:
    from ._result import Fit

KINDS = ("wald", "sandwich")


def slopes(fit: "Fit") -> tuple[np.ndarray, np.ndarray]:
    r"""Return $\psi=\rho'$ and $\psi'$ of every centred residual.

    Where the loss bends in so narrow a middle that hardly a residual lies there, $\psi'$ is the
    density of residuals at zero (by counting in a window that shrinks as $n^{-1/3}$).
    """
    residuals = fit.residuals / fit.problem.unit
    delta = fit.optimum.delta
    side = np.where(residuals > 0, fit.problem.loss.over, 1.0)
    if isinstance(fit.problem.loss, Squared):
        return side * residuals, side * np.ones_like(residuals)
    size = np.abs(residuals)
    middle = float(np.median(size[fit.problem.weights > 0]))
    window = max(delta, 1.5 * middle * fit.num_rows ** (-1 / 3))
    if isinstance(fit.problem.loss, Absolute):
        delta = min(delta, 1e-300)
    psi = np.where(size <= delta, residuals, delta * np.sign(residuals))
    bend = np.where(size <= window, delta / window, 0.0)
    return side * psi, side * bend


def bread(fit: "Fit") -> np.ndarray:
    """Return the inverse of the summed outer products of weighted derivatives."""
    problem = fit.problem
    derivatives = jacobian(problem, fit.coordinates)
    gram = derivatives.T @ (problem.weights[:, None] * derivatives)
    # A term that vanished leaves its exponent without a column: no variance is defined for it.
    size = np.sqrt(np.diag(gram))
    size = np.where(size > 0, size, 1.0)
    inverse = np.linalg.pinv(gram / np.outer(size, size), rcond=1e-13, hermitian=True)
    return inverse / np.outer(size, size)


def leverages(fit: "Fit") -> np.ndarray:
    """Return the share of each row's own noise in its fitted value, shape `(rows,)`."""
    derivatives = jacobian(fit.problem, fit.coordinates)
    return fit.problem.weights * np.einsum("ij,jk,ik->i", derivatives, bread(fit), derivatives)


def noise_variance(fit: "Fit") -> float:
    r"""Return the variance that one row of weight 1 stands for, centred: $E\psi^2/(E\psi')^2$.

    The residual variance for a squared loss; for a robust one, Huber's asymptotic variance, which
    outliers do not blow up. Weights are scaled to a mean of 1.
    """
    psi, bend = slopes(fit)
    used = fit.problem.weights > 0
    weights = fit.problem.weights / fit.problem.weights[used].mean()
    spare = max(fit.num_rows - fit.num_parameters, 1)
    mean_bend = float(np.sum(weights * bend)) / max(fit.num_rows, 1)
    return float(np.sum(weights * psi**2)) / spare / max(mean_bend, 1e-300) ** 2


def centred_covariance(fit: "Fit", kind: str = "sandwich") -> np.ndarray:
    """Return the covariance of the fitted coordinates, shape `(parameters, parameters)`.

    Args:
        fit: The fit.
        kind: `"wald"` assumes equal, independent noise; `"sandwich"` neither equal noise nor,
            where the fit has clusters, independence within them.
    """
    if kind not in KINDS:
        raise InvalidValue(f"Covariances are {', '.join(map(repr, KINDS))}. Got {kind!r}.")
    problem = fit.problem
    if kind == "wald":
        used = problem.weights > 0
        return bread(fit) * problem.weights[used].mean() * noise_variance(fit)
    psi, bend = slopes(fit)
    spare = max(fit.num_rows - fit.num_parameters, 1)
    scores = (problem.weights * psi)[:, None] * jacobian(problem, fit.coordinates)
    correction = fit.num_rows / spare
    if problem.clusters is not None:
        summed = np.zeros((int(problem.clusters.max()) + 1, scores.shape[1]))
        np.add.at(summed, problem.clusters, scores)
        num = len(np.unique(problem.clusters[problem.weights > 0]))
        scores, correction = summed, num / max(num - 1, 1)
    derivatives = jacobian(problem, fit.coordinates)
    curvature = derivatives.T @ ((problem.weights * bend)[:, None] * derivatives)
    size = np.sqrt(np.diag(curvature))
    size = np.where(size > 0, size, 1.0)
    outer = np.linalg.pinv(curvature / np.outer(size, size), rcond=1e-13, hermitian=True)
    outer = outer / np.outer(size, size)
    return correction * outer @ (scores.T @ scores) @ outer


def covariance(fit: "Fit", kind: str = "sandwich") -> np.ndarray:
    """Return the covariance of the parameters in the user's units, by the delta method."""
    slope = natural_slopes(fit)
    return slope @ centred_covariance(fit, kind) @ slope.T


def natural_slopes(fit: "Fit") -> np.ndarray:
    """Return derivatives of the parameters in the user's units by the coordinates."""
    step = 1e-6 * np.maximum(np.abs(fit.coordinates), 1e-3)
    columns = []
    for index, width in enumerate(step):
        shift = np.zeros_like(step)
        shift[index] = width
        up = fit.problem.natural(fit.coordinates + shift)
        down = fit.problem.natural(fit.coordinates - shift)
        columns.append([float(up[n] - down[n]) / (2 * width) for n in fit.law.names])
    return np.array(columns).T


def standard_errors(fit: "Fit", kind: str = "sandwich") -> dict[str, float]:
    """Return the standard error of every parameter in the user's units."""
    return dict(zip(fit.law.names, np.sqrt(np.diag(covariance(fit, kind))).tolist(), strict=True))
