"""Derivatives of the residuals at a fit, and what they say about identification."""

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from ._base import AbstractLaw
from ._problem import Problem, evaluate, transform

# Directions whose singular value is below this share of the largest, with columns scaled to
# unit length, are not seen by the data.
RANK_TOLERANCE = 1e-7
# Above this condition number (columns scaled to unit length) some parameters are separated by
# the fourth digit of the data at best: 30 for Hoffmann's law on its own data, 2000 for terms in
# width, depth and parameters together.
COLLINEAR = 300.0
# Parameters with at least this share in the weakest direction are named.
SHARE = 0.05


@functools.lru_cache(maxsize=64)
def _program(law: AbstractLaw, residuals: str, padded: int) -> Callable[..., Any]:
    import jax

    from ._solver import QUICK_COMPILE

    del padded  # tells the cache one compilation from another

    def value(point: Any, columns: Any, middle: Any) -> Any:
        return transform(evaluate(law, point, columns, middle=middle), residuals)

    return jax.jit(jax.jacfwd(value), compiler_options=QUICK_COMPILE)


def jacobian(problem: Problem, coordinates: np.ndarray, columns: Any = None) -> np.ndarray:
    """Return derivatives of the centred predictions, shape `(rows, parameters)`.

    Args:
        problem: The problem whose coordinates and residual scale are meant.
        coordinates: Shape `(parameters,)`.
        columns: Columns in the user's units; None takes the problem's rows.
    """
    import jax

    from ._solver import padded_rows

    if columns is None:
        columns = problem.raw_columns
    centred = {
        name: np.asarray(columns[name], dtype=float) / problem.scales.get(name, 1.0)
        for name in problem.law.columns
    }
    num = len(next(iter(centred.values())))
    pad = np.minimum(np.arange(padded_rows(num)), num - 1)
    with jax.enable_x64(True):
        values = _program(problem.law, problem.residuals, len(pad))(
            np.asarray(coordinates, np.float64),
            {name: array[pad] for name, array in centred.items()},
            {name: np.float64(value) for name, value in problem.middle.items()},
        )
        return np.asarray(values)[:num]


@dataclasses.dataclass(frozen=True)
class Identification:
    """What the data can tell about the parameters.

    Attributes:
        rank: Rank of the Jacobian with columns scaled to unit length.
        condition: Ratio of its largest to its smallest singular value.
        unseen: Names of parameters that the data do not determine.
        tradeoff: Parameters that hardly differ in what they do to the predictions; empty where
            the condition number is moderate.
    """

    rank: int
    condition: float
    unseen: tuple[str, ...]
    tradeoff: tuple[str, ...]


def identification(problem: Problem, derivatives: np.ndarray) -> Identification:
    """Return the rank, condition and strongest correlation of a Jacobian."""
    names = problem.law.names
    weighted = derivatives * np.sqrt(problem.weights)[:, None]
    length = np.linalg.norm(weighted, axis=0)
    seen = length > RANK_TOLERANCE * length.max(initial=0.0)
    scaled = weighted / np.where(length > 0, length, 1.0)
    _, singular, axes = np.linalg.svd(scaled, full_matrices=False)
    keep = singular > RANK_TOLERANCE * singular.max(initial=1e-300)
    # A column with a share in a direction the data do not see is not determined.
    share = np.sum(axes[~keep] ** 2, axis=0) if np.any(~keep) else np.zeros(len(names))
    unseen = [name for name, s, ok in zip(names, share, seen, strict=True) if s > 0.05 or not ok]
    rank = int(np.sum(keep))
    condition = float(singular[0] / singular[-1]) if singular[-1] > 0 else float("inf")
    weakest = axes[-1] ** 2
    close = [name for name, s in zip(names, weakest, strict=True) if s > SHARE]
    tradeoff = tuple(close) if rank == len(names) and condition > COLLINEAR else ()
    return Identification(rank, condition, tuple(unseen), tradeoff)
