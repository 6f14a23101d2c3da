"""Laws side by side: how they fit, and how they extrapolate to scales they have not seen."""

import dataclasses
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from ..errors import InvalidValue
from ._base import AbstractLaw
from ._fit import as_law, fit_problem, residual_scale, subset
from ._holdout import LARGEST, held_out
from ._losses import AbstractLoss, Huber
from ._problem import build
from ._result import Fit
from ._search import residuals_at
from ._status import FAILED


@dataclasses.dataclass(frozen=True, eq=False)
class Candidate:
    """One law of a comparison.

    Attributes:
        law: The law.
        fit: Its fit to all rows.
        held_in: Its fit to the rows that were not held out.
        extrapolation_error: Root mean square residual on the rows held out, on the scale of the
            residuals; infinite where the law could not be fitted or predicts no finite value.
    """

    law: AbstractLaw
    fit: Fit
    held_in: Fit
    extrapolation_error: float

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
        num_held_out: Rows held out.
    """

    candidates: tuple[Candidate, ...]
    num_held_out: int

    @property
    def choice(self) -> Candidate:
        """Return the law that extrapolates best."""
        return min(self.candidates, key=lambda one: one.extrapolation_error)

    @property
    def in_sample_winner(self) -> Candidate:
        """Return the law of the lowest AICc; never the answer alone."""
        return min(self.candidates, key=lambda one: one.aicc)


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
    """Fit several laws to the same rows and score each on the largest scales held out.

    Args:
        candidates: Laws, expressions or functions, as for `fit`.
        table: As for `fit`.
        target: As for `fit`.
        hold_out: Which rows to hold out; see `iclaws.laws._holdout.held_out`.
        loss: As for `fit`.
        log_residuals: As for `fit`; the same for all laws, or their likelihoods would not compare.
        cluster: As for `fit`.
        weights: As for `fit`.
        key: As for `fit`.

    Raises:
        InvalidValue: Fewer than two laws, or nothing left to fit or to predict.
    """
    if len(candidates) < 2:
        raise InvalidValue(f"A comparison takes at least two laws. Got {len(candidates)}.")
    residuals = residual_scale(log_residuals)
    problems = [
        build(
            as_law(law), table, target, loss=Huber(1e-3) if loss is None else loss,
            residuals=residuals, cluster=cluster, weights=weights,
        )
        for law in candidates
    ]  # fmt: skip
    columns = {n: v for problem in problems for n, v in problem.raw_columns.items()}
    mask = held_out(table, columns, hold_out)
    if not mask.any():
        raise InvalidValue("No row is held out, so nothing would measure extrapolation.")
    results = []
    for problem in problems:
        inside = fit_problem(subset(problem, np.flatnonzero(~mask)), key=key)
        error = extrapolation_error(inside, subset(problem, np.flatnonzero(mask)))
        results.append(Candidate(problem.law, fit_problem(problem, key=key), inside, error))
    return Comparison(tuple(results), int(mask.sum()))


def extrapolation_error(fit: Fit, outside: Any) -> float:
    """Return the root mean square residual of a fit on rows it has not seen."""
    if fit.status in FAILED:
        return np.inf
    errors = residuals_at(outside, fit.coordinates) * outside.unit
    error = float(np.sqrt(np.average(errors**2, weights=outside.weights)))
    return error if np.isfinite(error) else np.inf
