"""How a fit ended: one status, and the sentences that go with it."""

import enum

import numpy as np

from . import _table
from ._base import Kind
from ._jacobian import Identification
from ._problem import Problem
from ._search import Found

AT_BOUND = 1e-9
# A further Newton step promises more than this share of the objective: not converged. Where the
# condition number is beyond `DRIFTING` as well, parameters drift towards a limit of the law.
UNFINISHED = 1e-6
DRIFTING = 1000.0


class FitStatus(enum.Enum):
    """Why a fit ended as it did; each value is the sentence for a reader."""

    OK = "Gradient and restarts agree on the optimum, and every parameter is identified."
    NOT_CONVERGED = "The optimiser did not converge: the gradient at the best point is not zero."
    STARTS_DISAGREE = "No two random starts ended at the same optimum; it may not be the best one."
    BOUND_HIT = "A parameter lies at a bound of its range, not at an optimum."
    NOT_IDENTIFIED = "The data do not determine every parameter of the law."
    TOO_FEW_POINTS = "There are no more rows than parameters."
    TOO_FEW_SIZES = "There are fewer different configurations than parameters."


FAILED = frozenset({FitStatus.TOO_FEW_POINTS, FitStatus.TOO_FEW_SIZES})


def shortage(problem: Problem) -> tuple[FitStatus, str] | None:
    """Return why a problem has too little data to be fitted at all, or None."""
    num_parameters = len(problem.law.parameters)
    num_rows = int(np.sum(problem.weights > 0))
    if num_rows <= num_parameters:
        return FitStatus.TOO_FEW_POINTS, (
            f"{num_rows} rows cannot determine {num_parameters} parameters and the noise; "
            f"bring at least {num_parameters + 1} rows or a law with fewer parameters."
        )
    for name, values in problem.raw_columns.items():
        if np.ptp(values[problem.weights > 0]) == 0.0:
            return FitStatus.TOO_FEW_SIZES, (
                f"Column {name!r} holds one size only ({values[0]:g}), so no law in it can be "
                "fitted; leave its term out or bring other sizes."
            )
    used = {name: values[problem.weights > 0] for name, values in problem.raw_columns.items()}
    sizes = _table.num_distinct(used)
    if sizes < num_parameters:
        return FitStatus.TOO_FEW_SIZES, (
            f"{sizes} different configurations cannot determine {num_parameters} parameters; "
            "repeats do not help: bring other sizes or a law with fewer parameters."
        )
    return None


def at_bounds(problem: Problem, coordinates: np.ndarray) -> list[tuple[str, str]]:
    """Return `(parameter, "lower" | "upper")` for every parameter at an end of its range."""
    lower, upper = problem.bounds()
    found = []
    for index, name in enumerate(problem.law.names):
        if np.isfinite(lower[index]) and coordinates[index] <= lower[index] + AT_BOUND * (
            1 + abs(lower[index])
        ):
            found.append((name, "lower"))
        elif np.isfinite(upper[index]) and coordinates[index] >= upper[index] - AT_BOUND * (
            1 + abs(upper[index])
        ):
            found.append((name, "upper"))
    return found


def judge(problem: Problem, found: Found, seen: Identification) -> tuple[FitStatus, list[str]]:
    """Return the status of a finished search and every sentence a reader should see."""
    ends = at_bounds(problem, found.coordinates)
    kinds = {p.name: p.kind for p in problem.law.parameters}
    vanished = [name for name, side in ends if kinds[name] is Kind.COEFFICIENT]
    hit = [(name, side) for name, side in ends if name not in vanished]
    unseen = [name for name in seen.unseen if name not in vanished]
    notes = [_vanished_note(name, problem.law.floor) for name in vanished]
    notes += [f"{name} lies at the {side} end of its range." for name, side in hit]
    if unseen:
        notes.append(
            f"The data do not determine {', '.join(unseen)} (Jacobian rank {seen.rank} of "
            f"{len(kinds)}): their values are arbitrary."
        )
    notes += _tradeoff_notes(seen) + duplicate_notes(problem)
    drifting = found.decrement > UNFINISHED
    if drifting and seen.condition > DRIFTING:
        notes.append(
            f"{', '.join(seen.tradeoff or seen.unseen)} drift along a valley without an end (the "
            f"next step promises {found.decrement:.1g} of the objective): their values are "
            "arbitrary, predictions inside the data are not."
        )
        status = FitStatus.NOT_IDENTIFIED
    elif drifting:
        status = FitStatus.NOT_CONVERGED
    elif found.num_agreeing < 2:
        status = FitStatus.STARTS_DISAGREE
    elif vanished or unseen:
        status = FitStatus.NOT_IDENTIFIED
    else:
        status = FitStatus.BOUND_HIT if hit else FitStatus.OK
    return status, notes


def _vanished_note(name: str, floor: str | None) -> str:
    what = "the floor is not identified" if name == floor else "its term is not identified"
    return f"{name} is zero at the optimum: {what}, only bounded from above (see its profile)."


def _tradeoff_notes(seen: Identification) -> list[str]:
    if not seen.tradeoff:
        return []
    return [
        f"{', '.join(seen.tradeoff)} are nearly collinear on these data (condition number "
        f"{seen.condition:.0f}): they are hardly identified one by one, only together."
    ]


def duplicate_notes(problem: Problem) -> list[str]:
    """Return a sentence on rows that repeat an earlier row, target included."""
    used = problem.weights > 0
    rows = {name: values[used] for name, values in problem.raw_columns.items()}
    rows[f"\0{problem.target_name}"] = problem.raw_target[used]
    repeats = int(used.sum()) - _table.num_distinct(rows)
    if not repeats:
        return []
    return [
        f"{repeats} of {int(used.sum())} rows repeat another row exactly, {problem.target_name} "
        "included: a copy is no new observation and narrows intervals for free; drop duplicates."
    ]
