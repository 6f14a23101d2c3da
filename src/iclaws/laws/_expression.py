"""Laws written as text: `E + A*params^-alpha + B*tokens^-beta` over a table's columns."""

import ast
import dataclasses
import difflib
import functools
from collections.abc import Mapping, Sequence
from typing import Any

from .._registry import unknown_name_message
from ..errors import InvalidValue, UnknownName
from . import _syntax
from ._base import AbstractLaw, Kind, Parameter, laws
from ._units import Balance

SIGNED_EXPONENT = (-10.0, 10.0)
Bounds = tuple[float | int | None, float | int | None]


@dataclasses.dataclass(frozen=True)
class Expression(AbstractLaw):
    """A law written as text.

    Attributes:
        text: The formula; names that are columns of the table are columns, all others are
            parameters.
        bound_to: The columns it reads, in order; None until it meets a table.
        limits: `(parameter, (lower, upper))` pairs that replace inferred bounds.
    """

    text: str = "E + A*scale^-alpha"
    bound_to: tuple[str, ...] | None = None
    limits: tuple[tuple[str, Bounds], ...] = ()

    def __post_init__(self) -> None:
        _syntax.read(self.text)

    @functools.cached_property
    def tree(self) -> ast.expr:
        """Return the syntax tree."""
        return _syntax.read(self.text)

    def bind(self, columns: Sequence[str]) -> "Expression":
        """Return the law with every name decided: a column of the table, or a parameter."""
        known = {_syntax.encode(name): name for name in columns}
        names = list(dict.fromkeys(_syntax.identifiers(self.tree)))
        used = tuple(known[name] for name in names if name in known)
        if not used:
            raise UnknownName(
                f"The expression {self.text!r} uses no column of the table; columns: "
                f"{', '.join(columns)}."
            )
        for name in names:
            if name not in known and len(name) > 2:
                _refuse_misspelt(_syntax.decode(name), columns)
        bound = dataclasses.replace(self, bound_to=used)
        unknown = [name for name, _ in self.limits if name not in bound.names]
        if unknown:
            raise UnknownName(unknown_name_message("parameter", unknown[0], bound.names))
        return bound

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the columns, once the law has met a table."""
        if self.bound_to is None:
            raise InvalidValue(
                f"Which names of {self.text!r} are columns is known only with a table: fit it, or "
                "pass `columns=` to `parse`."
            )
        return self.bound_to

    @functools.cached_property
    def _parameters(self) -> tuple[Parameter, ...]:
        return infer(self.tree, self.columns, dict(self.limits))

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Return the parameters in order of appearance, with inferred kinds and units."""
        return self._parameters

    @property
    def floor(self) -> str | None:
        """Return the bare term that multiplies nothing, if there is one."""
        for _, term in _syntax.terms(self.tree):
            if isinstance(term, ast.Name) and term.id in self.names:
                return term.id
        return None

    def formula(self, params: Mapping[str, Any], columns: Mapping[str, Any]) -> Any:
        """Return the loss of every row."""
        encoded = {_syntax.encode(name): values for name, values in columns.items()}
        return _syntax.evaluate(self.tree, {**params, **encoded})

    def terms(self) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...] | None:
        """Return the terms if the law is a floor and a sum of powers, else None."""
        found = [_monomial(term, self) for sign, term in _syntax.terms(self.tree) if sign > 0]
        signs = [sign for sign, _ in _syntax.terms(self.tree)]
        if any(one is None for one in found) or -1 in signs:
            return None
        monomials = [one for one in found if one is not None]
        if sum(1 for _, powers in monomials if not powers) > 1:
            return None
        return tuple((name, powers) for name, powers in monomials if powers)

    @property
    def expression(self) -> str:
        """Return the formula as text."""
        return self.text


def parse(
    expression: str,
    *,
    columns: Sequence[str] | None = None,
    bounds: Mapping[str, Bounds] | None = None,
) -> AbstractLaw:
    """Return the law that a text describes.

    Args:
        expression: A formula with `+ - * / ^`, numbers, and `exp`, `log`, `sigmoid`, `max`, …;
            or a registered law with its columns, such as `"power-law(tokens)"`.
        columns: Names that are columns; None decides it when the law meets a table.
        bounds: Lower and upper bound by parameter, None for an open end. By default
            coefficients and scales are positive, and exponents lie between 0 and 10.

    Raises:
        InvalidValue: The text is no arithmetic expression.
        UnknownName: No registered law, column or parameter has this name.
    """
    named = _registered(expression)
    if named is not None:
        return named
    for name, (lower, upper) in (bounds or {}).items():
        if lower is not None and upper is not None and not lower < upper:
            raise InvalidValue(f"The bounds of {name!r} are empty: {lower} to {upper}.")
    law = Expression(expression, limits=tuple(sorted((bounds or {}).items())))
    return law if columns is None else law.bind(columns)


def _registered(expression: str) -> AbstractLaw | None:
    """Return a registered law from `name` or `name(column, …)`, None for anything else."""
    name, bracket, rest = expression.strip().partition("(")
    if name.strip() not in laws.names():
        return None
    law = laws.get(name.strip())()
    if not bracket:
        return law
    if not rest.rstrip().endswith(")"):
        raise InvalidValue(f"The bracket after {name!r} in {expression!r} is not closed.")
    columns = tuple(part.strip() for part in rest.rstrip()[:-1].split(",") if part.strip())
    return law.over_columns(columns)


def _refuse_misspelt(name: str, columns: Sequence[str]) -> None:
    lower = {column.lower(): column for column in columns}
    near = difflib.get_close_matches(name.lower(), lower, n=1, cutoff=0.85)
    if near:
        raise UnknownName(
            f"{name!r} is no column of the table. Did you mean {lower[near[0]]!r}? If it is meant "
            "to be a parameter, give it another name."
        )


def _monomial(term: ast.expr, law: Expression) -> tuple[str, tuple[tuple[str, str], ...]] | None:
    """Return `(coefficient, ((column, exponent), …))` of a term, None if it is no such product."""
    names, powers = [], []
    columns = {_syntax.encode(name): name for name in law.columns}
    for power, factor in _syntax.factors(term):
        if isinstance(factor, ast.Name) and factor.id not in columns and power == 1:
            names.append(factor.id)
            continue
        exponent = _column_power(factor, power)
        if exponent is None or exponent[0] not in columns or exponent[1] in columns:
            return None
        powers.append((columns[exponent[0]], exponent[1]))
    if len(names) != 1 or len({column for column, _ in powers}) < len(powers):
        return None
    return names[0], tuple(powers)


def _column_power(factor: ast.expr, power: int) -> tuple[str, str] | None:
    """Return base and exponent names of `x^-alpha`, or of `x^alpha` under a division."""
    if not (isinstance(factor, ast.BinOp) and isinstance(factor.op, ast.Pow)):
        return None
    base, exponent = factor.left, factor.right
    if isinstance(exponent, ast.UnaryOp) and isinstance(exponent.op, ast.USub):
        exponent, power = exponent.operand, -power
    if power == -1 and isinstance(base, ast.Name) and isinstance(exponent, ast.Name):
        return base.id, exponent.id
    return None


def infer(
    tree: ast.expr, columns: Sequence[str], limits: Mapping[str, Bounds]
) -> tuple[Parameter, ...]:
    """Return the parameters of an expression with kinds, bounds and units."""
    encoded = {_syntax.encode(name): name for name in columns}
    balance = Balance(tree, frozenset(encoded))
    names = [n for n in dict.fromkeys(_syntax.identifiers(tree)) if n not in encoded]
    linear = _coefficients(tree, encoded)
    decaying, signed, inverse = _exponents(tree, encoded)
    found = []
    for name in names:
        units = tuple(
            (encoded[column], power)
            for column, power in balance.units.get(name, {}).items()
            if column not in balance.unscaled
        )
        lower, upper = limits.get(name, (None, None))
        if name in limits and lower is None and upper is None:
            lower, upper = -float("inf"), float("inf")
        if name in linear:
            kind = Kind.COEFFICIENT
        elif name in decaying and name not in inverse:
            kind = Kind.EXPONENT
        elif name in signed and name not in inverse:
            kind = Kind.EXPONENT
            lower, upper = (lower, upper) if name in limits else SIGNED_EXPONENT
        else:
            kind = Kind.SCALE if units else Kind.POSITIVE
            kind = Kind.REAL if lower is not None and lower < 0 else kind
        found.append(
            Parameter(
                name, kind, lower, upper, units=units,
                target_units=1.0 if linear and name in linear and _covers(tree, linear) else 0.0,
            )
        )  # fmt: skip
    return tuple(found)


def _covers(tree: ast.expr, linear: set[str]) -> bool:
    """Say whether every term carries a coefficient, so that rescaling the target is absorbed."""
    return all(
        any(isinstance(factor, ast.Name) and factor.id in linear for _, factor in
            _syntax.factors(term))
        for _, term in _syntax.terms(tree)
    )  # fmt: skip


def _coefficients(tree: ast.expr, columns: Mapping[str, str]) -> set[str]:
    """Return parameters that multiply one term each and occur nowhere else."""
    names = _syntax.identifiers(tree)
    found = set()
    for _, term in _syntax.terms(tree):
        for power, factor in _syntax.factors(term):
            if (
                power == 1
                and isinstance(factor, ast.Name)
                and factor.id not in columns
                and names.count(factor.id) == 1
            ):
                found.add(factor.id)
                break
    return found


def _exponents(tree: ast.expr, columns: Mapping[str, str]) -> tuple[set[str], set[str], set[str]]:
    """Return parameters in exponents: of decaying columns, of either sign, and in denominators."""
    decaying, signed, inverse = set(), set(), set()
    divisors = {
        id(factor)
        for node in ast.walk(tree)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div)
        for power, factor in _syntax.factors(node)
        if power < 0
    }
    for node in ast.walk(tree):
        if not (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow)):
            continue
        inside = [n for n in _syntax.identifiers(node.right) if n not in columns]
        falling = isinstance(node.right, ast.UnaryOp) ^ (id(node) in divisors)
        simple = isinstance(node.left, ast.Name) and len(inside) == 1
        (decaying if falling and simple else signed).update(inside)
        for power, factor in _syntax.factors(
            node.right.operand if isinstance(node.right, ast.UnaryOp) else node.right
        ):
            if power < 0:
                inverse.update(_syntax.identifiers(factor))
    return decaying, signed, inverse
