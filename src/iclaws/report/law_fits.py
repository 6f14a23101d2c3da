"""The law of a figure, fitted to its curves, with intervals over seeds."""

import dataclasses
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from jaxtyping import Float
from scipy import stats

from .. import laws
from ..claims._rows import Rows
from ..errors import InvalidValue
from .selection import numbers

FEWEST_SEEDS = 3
Refit = Callable[[np.ndarray], laws.Fit]


@dataclasses.dataclass(frozen=True)
class Estimated:
    """One parameter of a fitted law.

    Attributes:
        name: Its name.
        value: Fitted to all seeds together.
        interval: 95 %, from leaving out each seed, and from the error that all seeds share
            because they are evaluated on the same contexts; None for fewer than three seeds.
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
        parameters: The estimates; empty if there was too little data.
        remarks: What a reader should know: a status other than OK, and the fit's notes.
        fit: The fit itself.
        refits: Without each seed in turn; None without intervals.
        shifted: With each size's values moved up by their shared standard error in turn.
    """

    subject: str
    num_runs: int
    parameters: tuple[Estimated, ...]
    remarks: tuple[str, ...]
    fit: laws.Fit | None
    refits: Any = None
    shifted: tuple[laws.Fit, ...] = ()

    def line(
        self, columns: dict[str, Float[np.ndarray, " n"]], *, log: bool
    ) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, "2 n"] | None] | None:
        """Return the law at some sizes with the ends of its 95 % band, or None without a fit."""
        if self.fit is None or not self.parameters:
            return None
        centre = self.fit.predict(columns)
        if self.refits is None:
            return centre, None
        drawn = self.refits.predict(columns)
        moved = np.array([fit.predict(columns) for fit in self.shifted]).reshape(-1, len(centre))
        if log:
            drawn, moved, middle = (_log(values) for values in (drawn, moved, centre))
            half = np.hypot(half_width(drawn), shared_width(moved - middle))
            return centre, np.stack([centre * np.exp(-half), centre * np.exp(half)])
        half = np.hypot(half_width(drawn), shared_width(moved - centre))
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
    try:
        refit = partial(_fit, law, table, target=y, log=log)
        fit = refit(values[usable])
    except InvalidValue as refused:  # said in place of the fit: the page has more to show
        return LawFit(subject, len(rows), (), (str(refused),), None)
    if not fit.parameters:
        return LawFit(subject, len(rows), (), _remarks(fit), fit)
    refits = _without_each_seed(fit, numbers(rows, "seed"))
    shared = values[usable] * _shared_error(rows, y)
    shifted = (
        _shifted(refit, table, values[usable], shared=shared, log=log) if refits is not None else ()
    )
    expected = _expected(refit, numbers(rows, prediction), log=log)
    parameters = tuple(
        Estimated(name, value, _interval(fit, refits, shifted, name=name), expected.get(name))
        for name, value in fit.parameters.items()
    )
    return LawFit(subject, len(rows), parameters, _remarks(fit), fit, refits, shifted)


def half_width(drawn: Float[np.ndarray, "seeds *n"]) -> Float[np.ndarray, "*n"]:
    r"""Return half the 95 % interval of an estimate, from its values without each seed in turn.

    The jackknife over clusters, $\frac{n-1}{n}\sum_s(\hat\theta_{-s}-\bar\theta)^2$, with Student's
    t: for a balanced design and a linear estimate it is the interval of a mean over seeds.
    """
    count = len(drawn)
    quantile = float(stats.t.ppf(0.975, count - 1))
    # numpy's std divides by n: times n, times (n - 1) / n.
    return np.asarray(quantile * np.sqrt(count - 1) * drawn.std(axis=0))


def shared_width(changes: Float[np.ndarray, "sizes *n"]) -> Float[np.ndarray, "*n"]:
    """Return half the 95 % interval from independent errors, given what one of each changes."""
    return np.asarray(stats.norm.ppf(0.975) * np.sqrt((changes**2).sum(axis=0)))


def _shared_error(rows: Rows, y: str) -> Float[np.ndarray, " runs"]:
    """Return the relative standard error that seeds share, 0 where none is known.

    A median of means has about the error of runs without a heavy tail: the median run's.
    """
    mean = y.removesuffix("_robust")
    relative = np.nan_to_num(numbers(rows, f"{mean}_se") / numbers(rows, mean))
    return relative if y == mean else np.minimum(relative, np.median(relative))


def _log(values: np.ndarray) -> np.ndarray:
    return np.log(np.maximum(values, 1e-300))


def _fit(
    law: laws.AbstractLaw,
    table: dict[str, np.ndarray],
    values: np.ndarray,
    *,
    target: str,
    log: bool,
) -> laws.Fit:
    return laws.fit(law, table | {target: values}, target, loss=laws.Squared(), log_residuals=log)


def _without_each_seed(fit: laws.Fit, seeds: Float[np.ndarray, " runs"]) -> Any:
    """Return the law refitted without each seed in turn, in one compiled program."""
    different = np.unique(seeds)
    if len(different) < FEWEST_SEEDS:
        return None
    counts = np.stack([seeds != seed for seed in different]).astype(np.float64)
    return fit.bootstrap(counts=counts)


def _shifted(
    refit: Refit,
    table: dict[str, np.ndarray],
    values: np.ndarray,
    *,
    shared: np.ndarray,
    log: bool,
) -> tuple[laws.Fit, ...]:
    """Return the law refitted with the values of each size moved up by their shared error."""
    sizes = np.stack(list(table.values()), axis=1)
    found = []
    for size in np.unique(sizes, axis=0):
        at = (sizes == size).all(axis=1)
        if shared[at].any():
            step = np.where(at, shared, 0.0)
            # On a log scale the relative error moves the value: it stays positive.
            moved = values * np.exp(step / values) if log else values + step
            found.append(refit(moved))
    return tuple(fit for fit in found if fit.parameters)


def _interval(
    fit: laws.Fit, refits: Any, shifted: tuple[laws.Fit, ...], *, name: str
) -> tuple[float, float] | None:
    if refits is None:
        return None
    changes = np.array([other.parameters[name] - fit.parameters[name] for other in shifted])
    half = float(np.hypot(half_width(refits.values(name)), shared_width(changes)))
    lower, upper = next(p.bounds for p in fit.law.parameters if p.name == name)
    value = fit.parameters[name]
    return max(value - half, lower), min(value + half, upper)


def _expected(refit: Refit, predicted: np.ndarray, *, log: bool) -> dict[str, float]:
    """Return the law's parameters on the predictions; empty unless every run has one."""
    if not np.isfinite(predicted).all() or (log and (predicted <= 0).any()):
        return {}
    return refit(predicted).parameters


def _remarks(fit: laws.Fit) -> tuple[str, ...]:
    return fit.notes if fit.ok else (fit.status.value, *fit.notes)
