"""Laws side by side: how they fit, and how they extrapolate to scales they have not seen.

Neither criterion alone chooses well. The best fit in the sample may extrapolate worst (a sum of
powers on a product's data), and a flat stretch before a break makes a constant extrapolate best
until the break. So a law must be adequate in the sample before its extrapolation counts.
"""

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ..errors import InvalidValue
from . import _table
from ._base import AbstractLaw
from ._fit import as_law, fit_problem, residual_scale
from ._holdout import LARGEST, held_out
from ._losses import AbstractLoss, Huber
from ._problem import Problem, build, masked
from ._result import Fit
from ._search import residuals_at
from ._status import FAILED

if TYPE_CHECKING:
    from ._power import PowerLawFinding

# Very strong evidence against a form (Kass and Raftery 1995, section 3.2).
ADEQUATE_BIC = 10.0
# A law whose errors at the held-out scales are this many times the best one's is not averaged.
TOLERABLE = 6.0
# Starts of the fits at each origin; the fit to all rows takes the full number.
ORIGIN_STARTS = 32


@dataclasses.dataclass(frozen=True, eq=False)
class Candidate:
    """One law of a comparison.

    Attributes:
        law: The law.
        fit: Its fit to all rows.
        errors: Root mean square residual on the rows held out at each origin; infinite where the
            law could not be fitted or predicts no finite value.
    """

    law: AbstractLaw
    fit: Fit
    errors: tuple[float, ...]

    @property
    def extrapolation_error(self) -> float:
        """Return the mean error over origins; infinite if the law failed at any."""
        return float(np.mean(self.errors))

    @property
    def aicc(self) -> float:
        """Return the corrected Akaike criterion of the fit to all rows."""
        return np.inf if self.fit.status in FAILED else self.fit.aicc

    @property
    def bic(self) -> float:
        """Return the Schwarz criterion of the fit to all rows."""
        return np.inf if self.fit.status in FAILED else self.fit.bic


@dataclasses.dataclass(frozen=True, eq=False)
class Comparison:
    """Several laws on the same rows.

    Attributes:
        candidates: One per law, in the order given.
        held_out: Rows held out at each origin.
    """

    candidates: tuple[Candidate, ...]
    held_out: tuple[int, ...]

    @property
    def choice(self) -> Candidate:
        """Return the law to use: adequate in the sample, and best on the scales held out.

        Adequate is a BIC within 10 of the best. A law that cannot be fitted at some origin is
        chosen only if no other is left.
        """
        best = min(one.bic for one in self.candidates)
        adequate = [one for one in self.candidates if one.bic <= best + ADEQUATE_BIC]
        return min(adequate, key=lambda one: (one.extrapolation_error, one.bic))

    @property
    def in_sample_winner(self) -> Candidate:
        """Return the law of the lowest AICc; never the answer alone."""
        return min(self.candidates, key=lambda one: (one.aicc, one.bic))

    @property
    def weights(self) -> np.ndarray:
        r"""Return the weight of each candidate in `predict`, summing to 1.

        $e^{-\mathrm{BIC}/2}$, and zero for laws whose errors at the origins they share with others
        are more than six times the best one's in the geometric mean.
        """
        ratio = self._relative_errors()
        usable = np.isfinite(ratio) & (ratio <= TOLERABLE * np.min(ratio))
        bic = np.array([one.bic for one in self.candidates])
        usable &= np.isfinite(bic)
        if not usable.any():
            return np.array([float(one is self.choice) for one in self.candidates])
        weight = np.where(usable, np.exp(-0.5 * (bic - bic[usable].min())), 0.0)
        return weight / weight.sum()

    def _relative_errors(self) -> np.ndarray:
        errors = np.array([one.errors for one in self.candidates])
        # An error below a ten-thousandth is as good as none.
        ratio = (errors + 1e-4) / (np.min(errors, axis=0) + 1e-4)
        seen = np.isfinite(ratio)
        logs = np.sum(np.where(seen, np.log(np.where(seen, ratio, 1.0)), 0.0), axis=1)
        count = seen.sum(axis=1)
        return np.where(count > 0, np.exp(logs / np.maximum(count, 1)), np.inf)

    def predict(self, table: Any) -> np.ndarray:
        """Return the predictions of all tolerable laws, averaged with `weights`.

        The average is taken on the scale of the residuals: of logarithms, for a log fit.
        """
        weights = self.weights
        total: Any = 0.0
        for weight, one in zip(weights, self.candidates, strict=True):
            if weight > 1e-6:
                problem = one.fit.problem
                columns = _table.gather(table, one.law.columns)
                predicted = problem.predict(one.fit.coordinates, columns)
                total = total + weight * to_scale(predicted, problem.residuals)
        total = total / weights[weights > 1e-6].sum()
        return from_scale(total, self.candidates[0].fit.problem.residuals)

    @property
    def power_law(self) -> "PowerLawFinding":
        """Return whether a power law holds; see `iclaws.laws._power`."""
        from ._power import power_law

        return power_law(self)

    def rows(self) -> list[dict[str, Any]]:
        """Return one record per law: criteria, errors, weight, status, parameters."""
        return [
            {
                "law": one.law.expression,
                "num_parameters": len(one.law.parameters),
                "status": one.fit.status.name,
                "aicc": one.aicc,
                "bic": one.bic,
                "extrapolation_error": one.extrapolation_error,
                "weight": float(weight),
                "chosen": one is self.choice,
                "parameters": one.fit.parameters,
            }
            for one, weight in zip(self.candidates, self.weights, strict=True)
        ]

    def summary(self) -> str:
        """Return the choice with both criteria of every law, and whether a power law holds."""
        from ._describe import comparison_summary

        return comparison_summary(self)

    def __str__(self) -> str:
        return self.summary()


def to_scale(values: np.ndarray, residuals: str) -> np.ndarray:
    """Return values of the target on the scale of the residuals."""
    if residuals == "log":
        return np.log(values)
    return np.log(values / (1.0 - values)) if residuals == "logit" else values


def from_scale(values: np.ndarray, residuals: str) -> np.ndarray:
    """Return values of the target from the scale of the residuals."""
    if residuals == "log":
        return np.exp(values)
    return 1.0 / (1.0 + np.exp(-values)) if residuals == "logit" else values


def compare(  # noqa: PLR0913 (the choices of `fit`, and what to hold out)
    candidates: Sequence[Any],
    table: Any,
    target: str = "loss",
    *,
    hold_out: Any = LARGEST,
    loss: AbstractLoss | None = None,
    log_residuals: bool | Literal["logit"] = True,
    cluster: str | Sequence[str] | None = None,
    weights: Any = None,
    key: int = 0,
) -> Comparison:
    """Fit several laws to the same rows and score each on larger scales than it has seen.

    Args:
        candidates: Laws, expressions or functions, as for `fit`; `iclaws.laws.candidates` gives
            the forms worth comparing over some columns.
        table: As for `fit`.
        target: As for `fit`.
        hold_out: Which rows to hold out; see `iclaws.laws._holdout.held_out`.
        loss: As for `fit`.
        log_residuals: As for `fit`; the same for all laws, or their likelihoods would not compare.
        cluster: As for `fit`.
        weights: As for `fit`.
        key: As for `fit`.

    Raises:
        InvalidValue: Fewer than two laws, no law with enough rows, or nothing left to fit or to
            predict.
    """
    if len(candidates) < 2:
        raise InvalidValue(f"A comparison takes at least two laws. Got {len(candidates)}.")
    problems = [
        build(
            as_law(law), table, target, loss=Huber(1e-3) if loss is None else loss,
            residuals=residual_scale(log_residuals), cluster=cluster, weights=weights,
        )
        for law in candidates
    ]  # fmt: skip
    columns = {n: v for problem in problems for n, v in problem.raw_columns.items()}
    origins = held_out(table, columns, hold_out)
    results = tuple(_candidate(problem, origins, key) for problem in problems)
    if all(one.fit.status in FAILED for one in results):
        raise InvalidValue(f"No law could be fitted: {results[0].fit.notes[0]}")
    return Comparison(results, tuple(int(mask.sum()) for mask in origins))


def _candidate(problem: Problem, origins: list[np.ndarray], key: int) -> Candidate:
    fit = fit_problem(problem, key=key)
    errors = []
    for mask in origins:
        inside = fit_problem(masked(problem, ~mask), key=key, num_starts=ORIGIN_STARTS)
        errors.append(extrapolation_error(inside, masked(problem, mask)))
    return Candidate(problem.law, fit, tuple(errors))


def extrapolation_error(fit: Fit, outside: Problem) -> float:
    """Return the root mean square residual of a fit on rows it has not seen."""
    if fit.status in FAILED:
        return np.inf
    errors = residuals_at(outside, fit.coordinates) * outside.unit
    seen = outside.weights > 0
    error = float(np.sqrt(np.average(errors[seen] ** 2, weights=outside.weights[seen])))
    return error if np.isfinite(error) else np.inf
