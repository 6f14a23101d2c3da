r"""Optimal sizes read off budgets one by one, as a cross-check of the fitted law.

At each budget a cubic in $\ln x$ is fitted to the logarithm of the loss; its minimum is the optimal
size there. (A parabola is biased wherever the two exponents differ, even without noise: arXiv
2603.22339.) A power law through the minima gives the exponent to compare with the law's own.
"""

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InvalidValue
from . import _table

if TYPE_CHECKING:
    from ._result import Fit

DEGREE = 3


@dataclasses.dataclass(frozen=True, eq=False)
class IsoFlop:
    """Optimal sizes at each budget, and the power law through them.

    Attributes:
        budgets: Budgets with a minimum inside their sizes, shape `(budgets,)`.
        sizes: The optimal size at each.
        losses: The interpolated loss at each.
        exponent: Slope of the logarithm of the size against that of the budget.
        exponent_error: Its standard error; NaN-free: infinite with two budgets.
        coefficient: The size at a budget of 1.
        skipped: Budgets without a minimum inside, or with fewer than 5 sizes.
    """

    budgets: np.ndarray
    sizes: np.ndarray
    losses: np.ndarray
    exponent: float
    exponent_error: float
    coefficient: float
    skipped: tuple[float, ...]

    def disagreement(self, fit: "Fit", cost: str, column: str) -> np.ndarray:
        """Return the logarithm of each size over the one the fit allocates at its budget."""
        found = [fit.allocate(cost=cost, budget=float(b)).sizes[column] for b in self.budgets]
        return np.log(self.sizes / np.array(found))


def isoflop(table: Any, *, budget: str, size: str, target: str = "loss") -> IsoFlop:
    """Return the optimal `size` at each value of the column `budget`.

    Raises:
        InvalidValue: Fewer than two budgets have a minimum inside their sizes.
    """
    columns = _table.gather(table, (budget, size, target))
    if any(np.any(values <= 0) for values in columns.values()):
        raise InvalidValue("Budgets, sizes and losses must be positive for isoFLOP profiles.")
    found, skipped = [], []
    for value in np.unique(columns[budget]):
        rows = columns[budget] == value
        minimum = _minimum(np.log(columns[size][rows]), np.log(columns[target][rows]))
        if minimum is None:
            skipped.append(float(value))
        else:
            found.append((value, *np.exp(minimum)))
    if len(found) < 2:
        raise InvalidValue(
            f"{len(found)} of {len(found) + len(skipped)} budgets have their best {size!r} inside "
            "the sizes tried (5 or more each); at least 2 are needed."
        )
    budgets, sizes, losses = np.array(found).T
    slope, intercept, error = _line(np.log(budgets), np.log(sizes))
    return IsoFlop(budgets, sizes, losses, slope, error, float(np.exp(intercept)), tuple(skipped))


def _minimum(logs: np.ndarray, losses: np.ndarray) -> tuple[float, float] | None:
    """Return where the cubic through a profile is least, and its value; None if at an end."""
    if len(np.unique(logs)) < DEGREE + 2:
        return None
    middle, spread = logs.mean(), logs.std()
    cubic = np.polynomial.Polynomial.fit(
        (logs - middle) / spread, losses, DEGREE, domain=[-1, 1], window=[-1, 1]
    )
    roots = cubic.deriv().roots()
    roots = np.real(roots[np.abs(np.imag(roots)) < 1e-9])
    roots = roots[(cubic.deriv(2)(roots) > 0)]
    low, high = (logs.min() - middle) / spread, (logs.max() - middle) / spread
    inside = roots[(roots > low) & (roots < high)]
    if len(inside) == 0:
        return None
    return float(inside[0] * spread + middle), float(cubic(inside[0]))


def _line(x: np.ndarray, y: np.ndarray) -> tuple[float, float, float]:
    centred = x - x.mean()
    slope = float(centred @ y / (centred @ centred))
    intercept = float(y.mean() - slope * x.mean())
    rest = y - intercept - slope * x
    if len(x) < 3:
        return slope, intercept, np.inf
    return slope, intercept, float(np.sqrt(rest @ rest / (len(x) - 2) / (centred @ centred)))
