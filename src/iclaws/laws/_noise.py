r"""Two sources of noise kept apart: evaluating a run, and one run to the next.

A run's loss differs from the law by its own deviation (seed, data order), variance $\tau^2$, and is
measured with an evaluation error on top. More evaluation shrinks the second alone, so they are
separated where the data allow: by a column of standard errors, or by repeated rows of one run.
"""

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.optimize import brentq

from ..errors import InvalidValue
from . import _table
from ._problem import Problem

if TYPE_CHECKING:
    from ._result import Fit

REPEATS = 4


@dataclasses.dataclass(frozen=True)
class StandardErrors:
    r"""Weights from a column that holds the standard error of each row's target.

    A row gets weight $1/(s_i^2+\tau^2)$ with the run-to-run variance $\tau^2$ estimated from the
    fit (Paule and Mandel 1982), so that a precise evaluation does not pass for a precise run.

    Attributes:
        column: The column of standard errors, in the units of the target.
    """

    column: str


@dataclasses.dataclass(frozen=True)
class NoiseParts:
    """Variances of the residuals, on their scale (of log loss for a log fit).

    Attributes:
        run_var: Of one run to the next.
        evaluation_var: Of evaluating one run; the mean over rows.
        separated: Whether the data could tell the two apart; if not, all is counted as `run_var`.
    """

    run_var: float
    evaluation_var: float
    separated: bool


def error_variances(problem: Problem, table: Any, errors: StandardErrors) -> np.ndarray:
    """Return the evaluation variance of every row on the scale of the residuals, centred."""
    values = _table.numbers(table, errors.column)
    if np.any(values < 0):
        raise InvalidValue(
            f"Standard errors are not negative; {errors.column!r} has some that are."
        )
    target = problem.raw_target
    slope = {"raw": np.ones_like(target), "log": 1.0 / np.abs(target)}.get(
        problem.residuals, 1.0 / np.maximum(target * (1.0 - target), 1e-300)
    )
    return (values * slope / problem.unit) ** 2


def run_variance(residuals: np.ndarray, variances: np.ndarray, spare: int) -> float:
    r"""Return $\tau^2$ with $\sum_i r_i^2/(s_i^2+\tau^2)=n-p$, zero if errors explain it all."""

    def excess(tau: float) -> float:
        return float(np.sum(residuals**2 / np.maximum(variances + tau, 1e-300))) - max(spare, 1)

    high = float(np.sum(residuals**2)) / max(spare, 1) + 1e-300
    if excess(0.0) <= 0.0:
        return 0.0
    return float(brentq(excess, 0.0, 2.0 * high, xtol=1e-14 * high))  # pyright: ignore[reportArgumentType]


def fit_with_errors(problem: Problem, variances: np.ndarray, **choices: Any) -> "Fit":
    """Fit with weights from evaluation errors and the run-to-run variance, in turn."""
    from ._fit import fit_problem

    base = problem.weights
    fit = fit_problem(problem, **choices)
    tau = 0.0
    for _ in range(REPEATS):
        if fit.found is None:
            return fit
        residuals = fit.residuals / problem.unit
        tau = run_variance(residuals, variances, fit.num_rows - fit.num_parameters)
        weights = base / np.maximum(variances + tau, 1e-12 * float(np.mean(residuals**2)) + 1e-300)
        weights = weights * (np.sum(base) / np.sum(weights))
        fit = fit_problem(dataclasses.replace(problem, weights=weights), **choices)
    unit = problem.unit**2
    noise = NoiseParts(tau * unit, float(np.mean(variances)) * unit, True)
    return dataclasses.replace(fit, noise=noise)


def noise_parts(fit: "Fit") -> NoiseParts:
    """Return the two variances of a fit's noise.

    From the fit itself if it was made with `StandardErrors`; from repeated rows if it has clusters
    in which a configuration occurs more than once (analysis of variance of the residuals); else
    everything is counted as run to run.
    """
    if fit.noise is not None:
        return fit.noise
    used = fit.problem.weights > 0
    residuals = fit.residuals[used]
    spare = max(fit.num_rows - fit.num_parameters, 1)
    total = float(np.sum(residuals**2)) / spare
    if fit.problem.clusters is None:
        return NoiseParts(total, 0.0, False)
    columns = [fit.problem.clusters[used], *(v[used] for v in fit.problem.raw_columns.values())]
    _, group = np.unique(np.stack(columns, axis=1), axis=0, return_inverse=True)
    group = group.reshape(-1)
    count = np.bincount(group)
    if count.max() < 2:
        return NoiseParts(total, 0.0, False)
    mean = np.bincount(group, residuals) / count
    within = float(np.sum((residuals - mean[group]) ** 2)) / max(len(residuals) - len(count), 1)
    # The mean of a group varies by the run's own variance and a share of the evaluation's.
    groups = max(len(count) - fit.num_parameters, 1)
    between = float(np.sum(mean**2)) / groups - within * float(np.mean(1.0 / count))
    return NoiseParts(max(between, 0.0), within, True)
