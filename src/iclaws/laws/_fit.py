"""The one entry: a law, a table, a loss of residuals, and out comes a fit."""

from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np

from ..errors import InvalidValue
from ._base import AbstractLaw
from ._jacobian import identification, jacobian
from ._losses import AbstractLoss, Huber
from ._noise import StandardErrors, error_variances, fit_with_errors
from ._problem import Problem, build
from ._result import Fit
from ._search import AGREEMENT, SEARCH_ROWS, Found, descend, search
from ._status import judge, shortage

NUM_STARTS = 64


def fit(  # noqa: PLR0913 (every choice that changes the answer is named here)
    law: AbstractLaw | str | Callable[..., Any],
    table: Any,
    target: str = "loss",
    *,
    loss: AbstractLoss | None = None,
    log_residuals: bool | Literal["logit"] = True,
    cluster: str | Sequence[str] | None = None,
    weights: Any = None,
    key: int = 0,
    num_starts: int = NUM_STARTS,
) -> Fit:
    """Fit a law to a table from random starts, and say how far the answer can be trusted.

    Args:
        law: A law, an expression for `iclaws.laws.parse`, or a function `f(params, columns)`.
        table: A mapping of columns, a pandas data frame or an Arrow table.
        target: The column to predict.
        loss: What is minimised; None is `Huber(1e-3)`. The estimates depend on it, so a fit
            prints it with its numbers.
        log_residuals: Take residuals between logarithms (True), raw values (False) or
            `"logit"`s. Logarithms need a positive target.
        cluster: Columns that name a run, whose rows (checkpoints) are not independent.
        weights: A column or an array of weights (a weight of 2 counts a row twice), or
            `StandardErrors(column)`: the evaluation error of each row, from which weights follow
            and which is kept apart from the noise between runs.
        key: Seed of the random starts; the same key gives the same fit.
        num_starts: Random starts per round; rounds are added until two starts agree.

    Raises:
        InvalidValue: The table cannot be fitted: missing or infinite values, a target without
            a logarithm, a law that is finite from no start.
        UnknownName: A column is not in the table.
    """
    if num_starts < 4:
        raise InvalidValue(f"`num_starts` must be at least 4. Got {num_starts}.")
    problem = build(
        as_law(law),
        table,
        target,
        loss=Huber(1e-3) if loss is None else loss,
        residuals=residual_scale(log_residuals),
        cluster=cluster,
        weights=None if isinstance(weights, StandardErrors) else weights,
    )
    if isinstance(weights, StandardErrors):
        variances = error_variances(problem, table, weights)
        return fit_with_errors(problem, variances, key=key, num_starts=num_starts)
    return fit_problem(problem, key=key, num_starts=num_starts)


def residual_scale(log_residuals: bool | str) -> str:
    """Return the scale of residuals that the argument of `fit` names."""
    if isinstance(log_residuals, bool):
        return "log" if log_residuals else "raw"
    return log_residuals


def as_law(law: Any) -> AbstractLaw:
    """Return a law from a law, an expression or a function."""
    if isinstance(law, AbstractLaw):
        return law
    if isinstance(law, str):
        from ._expression import parse

        return parse(law)
    if callable(law):
        from ._custom import Custom

        return Custom(law)
    raise InvalidValue(f"A law is a law, an expression or a function; got {law!r}.")


def fit_problem(problem: Problem, *, key: int = 0, num_starts: int = NUM_STARTS) -> Fit:
    """Fit a problem that is already built."""
    short = shortage(problem)
    if short is not None:
        return Fit.failed(problem, *short)
    from ._solver import Solver

    solver = Solver(problem)
    if problem.num_rows > 2 * SEARCH_ROWS:
        found = _thinned(problem, solver, key=key, num_starts=num_starts)
    else:
        found = search(solver, key=key, num_starts=num_starts)
    seen = identification(problem, jacobian(problem, found.coordinates))
    status, notes = judge(problem, found, seen)
    return Fit(problem=problem, found=found, identification=seen, status=status, notes=tuple(notes))


def _thinned(problem: Problem, solver: Any, *, key: int, num_starts: int) -> Found:
    """Search on a random part of a long table, then finish on all rows from its best optimum."""
    import dataclasses

    from ._solver import Solver

    chosen = np.random.default_rng(key).choice(problem.num_rows, SEARCH_ROWS, replace=False)
    part = subset(problem, np.sort(chosen))
    found = search(Solver(part), key=key, num_starts=num_starts)
    lower, upper = problem.bounds()
    start = np.clip(found.coordinates, lower, upper)
    nudged = np.clip(start + 0.01 * (1 + np.abs(start)), lower, upper)
    final = descend(solver, np.stack([start, nudged]), found.stages[-1:])
    best = int(np.argmin(final.objective))
    objective = float(final.objective[best])
    return dataclasses.replace(
        found,
        coordinates=final.coordinates[best],
        objective=objective,
        decrement=float(final.decrement[best]) / max(objective, 1e-300),
        num_agreeing=int(np.sum(final.objective <= objective * (1 + AGREEMENT))),
    )


def subset(problem: Problem, rows: np.ndarray) -> Problem:
    """Return the problem on some rows, in the same centred units."""
    import dataclasses

    return dataclasses.replace(
        problem,
        columns={name: values[rows] for name, values in problem.columns.items()},
        target=problem.target[rows],
        weights=problem.weights[rows],
        clusters=None if problem.clusters is None else problem.clusters[rows],
        raw_columns={name: values[rows] for name, values in problem.raw_columns.items()},
        raw_target=problem.raw_target[rows],
    )
