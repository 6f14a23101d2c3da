r"""Does a power law hold? A test written before the data.

Supported needs all of: AICc at least 6 below the best rival that is no power law; no curvature
left in log-log (a quadratic in $\ln x$ added to the fit is not significant at 5 %); the largest
size, held out, predicted within 2 standard errors. Refuted: a rival is better by 6 and the
curvature is significant, or the power law leaves structured residuals of some size. Everything
else is undecided.
"""

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import f as f_distribution, norm

from ..errors import InvalidValue
from ._candidates import is_power
from ._covariance import bread
from ._fit import fit_problem
from ._holdout import scale_of
from ._jacobian import jacobian
from ._problem import masked
from ._search import residuals_at
from ._status import FAILED

if TYPE_CHECKING:
    from ._compare import Comparison
    from ._result import Fit

DELTA_AICC = 6.0
LEVEL = 0.05
STANDARD_ERRORS = 2.0
# Residuals in runs of equal sign this unlikely are structure; where they hold more than this share
# of the variance of the data, the law does not describe them. (Clean curves leave structure at the
# level of a thousandth under every law.)
RUNS_LEVEL = 1e-4
UNEXPLAINED = 0.02


@dataclasses.dataclass(frozen=True)
class PowerLawFinding:
    """Whether a power law holds on some data.

    Attributes:
        verdict: `"supported"`, `"refuted"` or `"undecided"`.
        sentence: The verdict with its numbers.
        delta_aicc: AICc of the best rival less that of the best power law.
        curvature_p: Significance of the quadratic term left in log-log.
        held_out_errors: Error at the largest size held out, in its standard errors.
        described: Whether the best power law leaves no structured residuals of any size.
    """

    verdict: str
    sentence: str
    delta_aicc: float
    curvature_p: float
    held_out_errors: float
    described: bool


def power_law(comparison: "Comparison") -> PowerLawFinding:
    """Return the verdict on power laws among the laws of a comparison.

    Raises:
        InvalidValue: No power law, or nothing else, was compared.
    """
    usable = [one for one in comparison.candidates if one.fit.status not in FAILED]
    powers = [one for one in usable if is_power(one.law)]
    rivals = [one for one in usable if not is_power(one.law)]
    if not powers:
        raise InvalidValue("No power law was among the laws compared.")
    best = min(powers, key=lambda one: one.aicc)
    delta = min((one.aicc for one in rivals), default=np.inf) - best.aicc
    curvature = curvature_p(best.fit)
    errors = largest_size_errors(best.fit)
    described = is_described(best.fit)
    anything = is_described(comparison.choice.fit)
    numbers = (float(delta), curvature, errors)
    verdict = _verdict(*numbers, described=described)
    return PowerLawFinding(
        verdict=verdict,
        sentence=_sentence(verdict, numbers, described=described, anything=anything),
        delta_aicc=float(delta),
        curvature_p=curvature,
        held_out_errors=errors,
        described=described,
    )


def _verdict(delta: float, curvature: float, errors: float, *, described: bool) -> str:
    if not described or (delta <= -DELTA_AICC and curvature <= LEVEL):
        return "refuted"
    if delta >= DELTA_AICC and curvature > LEVEL and errors <= STANDARD_ERRORS:
        return "supported"
    return "undecided"


def _sentence(
    verdict: str, numbers: tuple[float, float, float], *, described: bool, anything: bool
) -> str:
    delta, curvature, errors = numbers
    start = {
        "supported": "A power law holds",
        "refuted": "No power law holds",
        "undecided": "Whether a power law holds is undecided",
    }[verdict]
    parts = [
        f"the best other law's AICc is {delta:+.1f} from its own"
        if np.isfinite(delta)
        else "no other law was compared",
        f"curvature left in log-log has p = {curvature:.2g}",
        f"the largest size, held out, is missed by {errors:.1f} standard errors",
    ]
    if not described:
        parts.append("it leaves a structured part of the data that noise does not explain")
    if not anything:
        parts.append("so does the law chosen: none of the laws compared describes these data")
    return f"{start}: {'; '.join(parts)}."


def curvature_p(fit: "Fit") -> float:
    """Return the p-value of a quadratic in the logarithm of every column, added to a fit.

    An F-test of the residuals on the part of the quadratics that the law's own parameters cannot
    take up (a Gauss-Newton step of the enlarged law).
    """
    problem = fit.problem
    used = problem.weights > 0
    root = np.sqrt(problem.weights[used])
    derivatives = jacobian(problem, fit.coordinates)[used] * root[:, None]
    residuals = residuals_at(problem, fit.coordinates)[used] * root
    curves = []
    for values in problem.raw_columns.values():
        logs = np.log(values[used]) if np.all(values > 0) else values[used]
        curves.append((logs - logs.mean()) ** 2 * root)
    extra = np.stack(curves, axis=1)
    basis, singular, _ = np.linalg.svd(derivatives, full_matrices=False)
    basis = basis[:, singular > 1e-10 * singular.max()]
    extra = extra - basis @ (basis.T @ extra)
    left = residuals - basis @ (basis.T @ residuals)
    step, *_ = np.linalg.lstsq(extra, left, rcond=1e-10)
    rest = left - extra @ step
    spare = len(left) - basis.shape[1] - extra.shape[1]
    if spare < 1:
        return 1.0
    gain = float(left @ left - rest @ rest) / extra.shape[1]
    ratio = gain / max(float(rest @ rest) / spare, 1e-300)
    return float(f_distribution.sf(ratio, extra.shape[1], spare))


def largest_size_errors(fit: "Fit") -> float:
    """Return the error at the largest size held out, in standard errors of its prediction."""
    problem = fit.problem
    scale = scale_of(problem.raw_columns)
    used = problem.weights > 0
    last = used & (scale == scale[used].max())
    inside = fit_problem(masked(problem, ~last))
    if inside.status in FAILED:
        return np.inf
    derivatives = jacobian(problem, inside.coordinates)
    errors = residuals_at(problem, inside.coordinates)
    kept = used & ~last
    spare = max(int(kept.sum()) - inside.num_parameters, 1)
    weights = problem.weights
    variance = float(np.sum(weights[kept] * errors[kept] ** 2)) / spare
    mean_slope = derivatives[last].mean(axis=0)
    spread = variance * (
        float(mean_slope @ bread(inside) @ mean_slope) + 1.0 / float(weights[last].sum())
    )
    return float(abs(errors[last].mean()) / np.sqrt(max(spread, 1e-300)))


def is_described(fit: "Fit") -> bool:
    """Say whether a law leaves residuals without structure, or hardly any residuals."""
    problem = fit.problem
    used = problem.weights > 0
    order = np.argsort(scale_of({n: v[used] for n, v in problem.raw_columns.items()}))
    residuals, weights = residuals_at(problem, fit.coordinates)[used][order], problem.weights[used]
    target = problem.target[used]
    spread = target - np.average(target, weights=weights)
    left = float(np.sum(weights[order] * residuals**2) / np.sum(weights * spread**2))
    return not (runs_p(residuals) < RUNS_LEVEL and left > UNEXPLAINED)


def runs_p(residuals: np.ndarray) -> float:
    """Return the p-value of as few runs of equal sign as seen (Wald and Wolfowitz, normal)."""
    signs = residuals > 0
    above, below = int(signs.sum()), int((~signs).sum())
    if above == 0 or below == 0:
        return 1.0
    num = above + below
    mean = 2.0 * above * below / num + 1.0
    variance = (mean - 1.0) * (mean - 2.0) / max(num - 1, 1)
    runs = 1 + int(np.sum(signs[1:] != signs[:-1]))
    return float(norm.cdf((runs + 0.5 - mean) / np.sqrt(max(variance, 1e-300))))
