r"""Units of an expression's parameters, so that it can be fitted in centred units.

The parameter of $A N^{-\alpha}$ has units $N^{\alpha}$, that of $(N/N_c)^{1/f}$ those of $N$. A
sum has the units of its terms; a parameter that occurs once takes up what its term lacks.
Columns for which the books do not balance ($1 + N$) keep the user's units.
"""

import ast
import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from . import _syntax

Exponent = Any  # a number, or a function of the parameters
Units = dict[str, Exponent]


def _value(exponent: Exponent, params: Mapping[str, Any]) -> Any:
    return exponent(params) if callable(exponent) else exponent


def _combine(first: Exponent, second: Exponent, rule: Callable[[Any, Any], Any]) -> Exponent:
    if callable(first) or callable(second):
        return lambda params: rule(_value(first, params), _value(second, params))
    return rule(first, second)


def _merged(first: Units, second: Units, rule: Callable[[Any, Any], Any]) -> Units:
    return {
        column: _combine(first.get(column, 0.0), second.get(column, 0.0), rule)
        for column in {**first, **second}
    }


def _times(units: Units, power: Exponent) -> Units:
    return {column: _combine(own, power, lambda a, b: a * b) for column, own in units.items()}


def _minus(first: Units, second: Units) -> Units:
    return _merged(first, second, lambda a, b: a - b)


@dataclasses.dataclass(frozen=True)
class _Measured:
    """The units of an expression, and the parameter (to a power) that can take up others."""

    units: Units
    free: tuple[str, Exponent] | None = None


class Balance:
    """The books of one expression.

    Attributes:
        units: Units of every parameter that has any.
        unscaled: Columns that must keep the user's units.
    """

    def __init__(self, node: ast.expr, columns: frozenset[str]) -> None:
        names = _syntax.identifiers(node)
        self._columns = columns
        self._once = {name for name in names if names.count(name) == 1} - columns
        # Any values will do to tell whether two exponents are equal; these are generic.
        self._probe = {name: 0.37 + 0.11 * index for index, name in enumerate(dict.fromkeys(names))}
        self.units: dict[str, Units] = {}
        self.unscaled: set[str] = set()
        self._settle(self._measure(node), {})

    def _settle(self, measured: _Measured, wanted: Units) -> None:
        """Give the free parameter the units that are missing, or give up on the columns."""
        missing = _minus(wanted, measured.units)
        if measured.free is not None:
            name, power = measured.free
            self.units[name] = {
                column: _combine(own, power, lambda a, b: a / b) for column, own in missing.items()
            }
            return
        for column, exponent in missing.items():
            if not np.isclose(float(_value(exponent, self._probe)), 0.0):
                self.unscaled.add(column)

    def _measure(self, node: ast.expr) -> _Measured:
        if isinstance(node, ast.Constant):
            return _Measured({})
        if isinstance(node, ast.Name):
            if node.id in self._columns:
                return _Measured({node.id: 1.0})
            return _Measured({}, (node.id, 1.0) if node.id in self._once else None)
        if isinstance(node, ast.UnaryOp):
            return self._measure(node.operand)
        if isinstance(node, ast.Call):
            return self._measure_call(node)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
            return self._measure_power(node)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.Div):
            return self._measure_product(node)
        return self._measure_sum([term for _, term in _syntax.terms(node)])

    def _measure_call(self, node: ast.Call) -> _Measured:
        name = node.func.id  # pyright: ignore[reportAttributeAccessIssue]
        if name in ("min", "max"):
            return self._measure_sum(node.args)
        if name == "abs":
            return self._measure(node.args[0])
        for part in node.args:
            self._settle(self._measure(part), {})
        return _Measured({})

    def _measure_power(self, node: ast.BinOp) -> _Measured:
        self._settle(self._measure(node.right), {})
        base = self._measure(node.left)

        def power(params: Mapping[str, Any]) -> Any:
            return _syntax.evaluate(node.right, params)

        exponent = power(self._probe) if not _syntax.identifiers(node.right) else power
        free = base.free
        if free is not None:
            free = (free[0], _combine(free[1], exponent, lambda a, b: a * b))
        return _Measured(_times(base.units, exponent), free)

    def _measure_product(self, node: ast.expr) -> _Measured:
        units: Units = {}
        free: tuple[str, Exponent] | None = None
        for power, factor in _syntax.factors(node):
            measured = self._measure(factor)
            units = _merged(units, _times(measured.units, float(power)), lambda a, b: a + b)
            if measured.free is not None and free is None:
                free = (
                    measured.free[0],
                    _combine(measured.free[1], float(power), lambda a, b: a * b),
                )
        return _Measured(units, free)

    def _measure_sum(self, parts: list[ast.expr]) -> _Measured:
        measured = [self._measure(part) for part in parts]
        if len(measured) == 1:
            return measured[0]
        fixed = [one for one in measured if one.free is None]
        wanted = fixed[0].units if fixed else {}
        for one in measured:
            if one is not (fixed[0] if fixed else None):
                self._settle(one, wanted)
        return _Measured(wanted)
