"""The law of a figure, fitted to its curves, with intervals over seeds."""

import dataclasses
from typing import Any

import numpy as np
from jaxtyping import Float
from scipy import stats

from .. import laws
from ..claims._rows import Rows
from .selection import numbers

FEWEST_SEEDS = 3
TARGET = "value"


@dataclasses.dataclass(frozen=True)
class Estimated:
    """One parameter of a fitted law.

    Attributes:
        name: Its name.
        value: Fitted to all seeds together.
        interval: 95 %, Student's t over one fit per seed; None for fewer than three seeds.
        expected: The same law fitted to the predictions of the same runs.
    """

    name: str
    value: float
    interval: tuple[float, float] | None
    expected: float | None


@dataclasses.dataclass(frozen=True)
class LawFit:
    """A law fitted to the runs of one or several curves.

    Attributes:
        subject: Which curves, in words.
        num_runs: Runs in the fit.
        num_seeds: Seeds behind the intervals.
        parameters: The estimates; empty if there was too little data.
        remarks: What a reader should know: a status other than OK, and the fit's notes.
        fit: The fit itself.
        by_seed: Refits, one per seed; None without intervals.
    """

    subject: str
    num_runs: int
    num_seeds: int
    parameters: tuple[Estimated, ...]
    remarks: tuple[str, ...]
    fit: laws.Fit
    by_seed: Any = None

    def line(
        self, columns: dict[str, Float[np.ndarray, " n"]], *, log: bool
    ) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, "2 n"] | None] | None:
        """Return the law at some sizes with the ends of its 95 % band, or None without a fit."""
        if not self.parameters:
            return None
        centre = self.fit.predict(columns)
        if self.by_seed is None:
            return centre, None
        drawn = self.by_seed.predict(columns)
        if log:
            half = half_width(np.log(np.maximum(drawn, 1e-300)))
            return centre, np.stack([centre * np.exp(-half), centre * np.exp(half)])
        half = half_width(drawn)
        return centre, np.stack([centre - half, centre + half])


def fit_law(
    law: laws.AbstractLaw, rows: Rows, *, y: str, prediction: str, log: bool, subject: str
) -> LawFit | None:
    """Fit a law to the runs that count, least squares on logarithms if `log`.

    Returns None if no run has the columns.
    """
    names = law.columns
    values = numbers(rows, y)
    usable = np.isfinite(values) & (values > 0 if log else True)
    for name in names:
        usable &= np.isfinite(numbers(rows, name))
    rows = rows.keep(usable)
    if not len(rows):
        return None
    table = {name: numbers(rows, name) for name in names}
    fit = _fit(law, table, values[usable], log=log)
    if not fit.parameters:
        return LawFit(subject, len(rows), 0, (), _remarks(fit), fit)
    by_seed, num_seeds = _by_seed(fit, numbers(rows, "seed"))
    expected = _expected(law, table, numbers(rows, prediction), log=log)
    parameters = tuple(
        Estimated(name, value, _interval(fit, by_seed, name), expected.get(name))
        for name, value in fit.parameters.items()
    )
    return LawFit(subject, len(rows), num_seeds, parameters, _remarks(fit), fit, by_seed)


def half_width(drawn: Float[np.ndarray, "seeds *n"]) -> Float[np.ndarray, "*n"]:
    """Return half the 95 % interval of a mean over seeds, Student's t."""
    count = len(drawn)
    quantile = float(stats.t.ppf(0.975, count - 1))
    return quantile * drawn.std(axis=0, ddof=1) / np.sqrt(count)


def _fit(
    law: laws.AbstractLaw, table: dict[str, np.ndarray], values: np.ndarray, *, log: bool
) -> laws.Fit:
    return laws.fit(law, table | {TARGET: values}, TARGET, loss=laws.Squared(), log_residuals=log)


def _by_seed(fit: laws.Fit, seeds: np.ndarray) -> tuple[Any, int]:
    """Return the law refitted to each seed alone, in one compiled program."""
    fewest = len(fit.law.parameters) + 1
    complete = [s for s in np.unique(seeds) if (seeds == s).sum() >= fewest]
    if len(complete) < FEWEST_SEEDS:
        return None, 0
    counts = np.stack([seeds == seed for seed in complete]).astype(np.float64)
    return fit.bootstrap(counts=counts), len(complete)


def _interval(fit: laws.Fit, by_seed: Any, name: str) -> tuple[float, float] | None:
    if by_seed is None:
        return None
    half = float(half_width(by_seed.values(name)))
    lower, upper = next(p.bounds for p in fit.law.parameters if p.name == name)
    value = fit.parameters[name]
    return max(value - half, lower), min(value + half, upper)


def _expected(
    law: laws.AbstractLaw, table: dict[str, np.ndarray], predicted: np.ndarray, *, log: bool
) -> dict[str, float]:
    """Return the law's parameters on the predictions; empty unless every run has one."""
    if not np.isfinite(predicted).all() or (log and (predicted <= 0).any()):
        return {}
    return _fit(law, table, predicted, log=log).parameters


def _remarks(fit: laws.Fit) -> tuple[str, ...]:
    return fit.notes if fit.ok else (fit.status.value, *fit.notes)
