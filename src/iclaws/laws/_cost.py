"""What a configuration costs, as an expression over columns."""

import ast
import dataclasses
import functools
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..errors import InvalidValue
from . import _syntax

# A size is sought between e^-80 and e^160, by at most so many Newton steps with this difference.
REACH = 80.0
NEWTON_STEPS = 60
STEP = 1e-5


@dataclasses.dataclass(frozen=True)
class Cost:
    """A cost such as `6 * params * tokens`, increasing in every column.

    Attributes:
        text: The expression; every name in it is a column.
    """

    text: str

    def __post_init__(self) -> None:
        if not self.columns:
            raise InvalidValue(f"The cost {self.text!r} names no column.")

    @functools.cached_property
    def tree(self) -> ast.expr:
        """Return the syntax tree."""
        return _syntax.read(self.text)

    @functools.cached_property
    def columns(self) -> tuple[str, ...]:
        """Return the columns in order of appearance."""
        return tuple(map(_syntax.decode, dict.fromkeys(_syntax.identifiers(self.tree))))

    def __call__(self, columns: Mapping[str, Any]) -> np.ndarray:
        """Return the cost of every row."""
        values = {
            _syntax.encode(name): np.asarray(columns[name], dtype=float) for name in self.columns
        }
        return np.asarray(_syntax.evaluate(self.tree, values), dtype=float)

    @functools.cached_property
    def monomial(self) -> tuple[float, dict[str, float]] | None:
        """Return `(coefficient, {column: power})` if the cost is one product of powers."""
        powers: dict[str, float] = {}
        coefficient = 1.0
        for power, factor in _syntax.factors(self.tree):
            base, exponent = factor, 1.0
            if isinstance(factor, ast.BinOp) and isinstance(factor.op, ast.Pow):
                if _syntax.identifiers(factor.right):
                    return None
                base, exponent = factor.left, float(_syntax.evaluate(factor.right, {}))
            if isinstance(base, ast.Name):
                name = _syntax.decode(base.id)
                powers[name] = powers.get(name, 0.0) + power * exponent
            elif not _syntax.identifiers(base):
                coefficient *= float(_syntax.evaluate(base, {})) ** (power * exponent)
            else:
                return None
        return coefficient, powers

    def solve(self, name: str, others: Mapping[str, Any], budget: float) -> Any:
        """Return the value of column `name` at which the cost is `budget`; NaN if there is none.

        Args:
            name: The column that is sought.
            others: Numbers or arrays of all other columns.
            budget: The cost wanted.
        """
        if self.monomial is not None:
            coefficient, powers = self.monomial
            rest = coefficient
            for column, power in powers.items():
                if column != name:
                    rest = rest * np.asarray(others[column], dtype=float) ** power
            return (budget / rest) ** (1.0 / powers[name])
        # In logarithms a sum of positive terms is increasing and convex: Newton's method arrives
        # from anywhere.
        log_size = np.zeros(np.broadcast_shapes(*(np.shape(v) for v in others.values()), ()))
        for _ in range(NEWTON_STEPS):
            value = self._log_excess(name, others, log_size, budget=budget)
            slope = self._log_excess(name, others, log_size + STEP, budget=budget) - value
            change = np.clip(value * STEP / np.maximum(slope, 1e-12), -REACH, REACH)
            log_size = np.clip(log_size - change, -REACH, 2 * REACH)
            if np.all(np.abs(change) < 1e-13 * (1.0 + np.abs(log_size))):
                break
        missed = np.abs(self._log_excess(name, others, log_size, budget=budget)) > 1e-9
        return np.where(missed, np.nan, np.exp(log_size))[()]

    def _log_excess(
        self, name: str, others: Mapping[str, Any], log_size: Any, *, budget: float
    ) -> np.ndarray:
        with np.errstate(all="ignore"):
            found = np.log(self({**others, name: np.exp(log_size)})) - np.log(budget)
        return np.asarray(found)
