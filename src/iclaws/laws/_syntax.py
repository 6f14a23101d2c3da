"""Expressions as Python reads them, restricted to arithmetic, and evaluated without overflow."""

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from ..errors import InvalidValue
from . import _math

FUNCTIONS: dict[str, Callable[..., Any]] = {
    "exp": _math.exp,
    "log": _math.log,
    "log1p": _math.log1p,
    "expm1": _math.expm1,
    "sqrt": _math.sqrt,
    "tanh": _math.tanh,
    "abs": _math.absolute,
    "sigmoid": _math.sigmoid,
    "softplus": _math.softplus,
    "min": _math.minimum,
    "max": _math.maximum,
    "upper_gamma": _math.upper_gamma,
}
OPERATORS = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow)


def read(text: str) -> ast.expr:
    """Return the syntax tree of an expression; `^` is a power, `` `two words` `` a name.

    Raises:
        InvalidValue: It is not arithmetic over names, numbers and the known functions.
    """
    quoted = quote(text)
    try:
        node = ast.parse(quoted.strip(), mode="eval").body
    except SyntaxError as trouble:
        raise InvalidValue(
            f"The expression {text!r} cannot be read: {trouble.msg} at character {trouble.offset}."
        ) from trouble
    check(node, text)
    return node


def quote(text: str) -> str:
    """Return an expression as Python reads it: `**` for `^`, identifiers for quoted names."""
    parts = re.split(r"`([^`]+)`", text)
    parts[1::2] = [encode(name) for name in parts[1::2]]
    parts[::2] = [part.replace("^", "**") for part in parts[::2]]
    return "".join(parts)


def encode(name: str) -> str:
    """Return an identifier for a column whose name is none (`Model Size`)."""
    if name.isidentifier():
        return name
    return "_q_" + "_".join(f"{ord(letter):x}" for letter in name)


def decode(identifier: str) -> str:
    """Return the name that `encode` was given."""
    if not identifier.startswith("_q_"):
        return identifier
    return "".join(chr(int(code, 16)) for code in identifier[3:].split("_"))


def check(node: ast.expr, text: str) -> None:
    """Refuse, with the part that is at fault, what is not arithmetic."""
    for part in ast.walk(node):
        if isinstance(part, ast.BinOp) and isinstance(part.op, OPERATORS):
            if isinstance(part.op, ast.Div) and _is_zero(part.right):
                raise InvalidValue(f"{ast.unparse(part)!r} in {text!r} divides by zero: mend it.")
            continue
        if isinstance(part, ast.UnaryOp) and isinstance(part.op, ast.USub | ast.UAdd):
            continue
        if isinstance(part, ast.Constant) and isinstance(part.value, int | float):
            continue
        if isinstance(part, ast.Call) and isinstance(part.func, ast.Name) and not part.keywords:
            if part.func.id in FUNCTIONS:
                continue
            raise InvalidValue(
                f"{part.func.id!r} in {text!r} is no known function; known: "
                f"{', '.join(FUNCTIONS)}. A product needs its `*`."
            )
        if isinstance(part, ast.Name | ast.Load | ast.operator | ast.unaryop):
            continue
        raise InvalidValue(
            f"{ast.unparse(part) if isinstance(part, ast.expr) else part!r} in {text!r} is not "
            "arithmetic: use + - * / ^, numbers, names and functions."
        )


def _is_zero(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value == 0


def identifiers(node: ast.AST) -> list[str]:
    """Return every name in order of appearance, with repetitions, without functions."""
    functions = {id(part.func) for part in ast.walk(node) if isinstance(part, ast.Call)}
    found = [
        part for part in ast.walk(node) if isinstance(part, ast.Name) and id(part) not in functions
    ]
    return [part.id for part in sorted(found, key=lambda part: (part.lineno, part.col_offset))]


def terms(node: ast.expr, sign: int = 1) -> Iterator[tuple[int, ast.expr]]:
    """Yield the terms of a sum with their signs."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
        yield from terms(node.left, sign)
        yield from terms(node.right, sign if isinstance(node.op, ast.Add) else -sign)
    elif isinstance(node, ast.UnaryOp):
        yield from terms(node.operand, sign if isinstance(node.op, ast.UAdd) else -sign)
    else:
        yield sign, node


def factors(node: ast.expr, power: int = 1) -> Iterator[tuple[int, ast.expr]]:
    """Yield the factors of a product with powers 1 or -1."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        yield from factors(node.left, power)
        yield from factors(node.right, power)
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        yield from factors(node.left, power)
        yield from factors(node.right, -power)
    else:
        yield power, node


def evaluate(node: ast.expr, values: Mapping[str, Any]) -> Any:
    """Return the value of an expression; powers are taken in logarithms where that is safe."""
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name):
        return values[node.id]
    if isinstance(node, ast.UnaryOp):
        inner = evaluate(node.operand, values)
        return inner if isinstance(node.op, ast.UAdd) else -inner
    if isinstance(node, ast.Call):
        function = FUNCTIONS[node.func.id]  # pyright: ignore[reportAttributeAccessIssue]
        return function(*(evaluate(part, values) for part in node.args))
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
        return _power(node, values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.Div):
        return _product(node, values)
    total: Any = None
    for sign, term in terms(node):
        value = evaluate(term, values)
        value = value if sign > 0 else -value
        total = value if total is None else total + value
    return total


def _power(node: ast.BinOp, values: Mapping[str, Any]) -> Any:
    if isinstance(node.right, ast.Constant):
        return evaluate(node.left, values) ** node.right.value
    return _math.exp(evaluate(node.right, values) * log_value(node.left, values))


def _product(node: ast.expr, values: Mapping[str, Any]) -> Any:
    """Return a product, all its powers under one exponential."""
    total: Any = 1.0
    log_total: Any = None
    for power, factor in factors(node):
        if (
            isinstance(factor, ast.BinOp)
            and isinstance(factor.op, ast.Pow)
            and not isinstance(factor.right, ast.Constant)
        ):
            part = evaluate(factor.right, values) * log_value(factor.left, values)
            part = part if power > 0 else -part
            log_total = part if log_total is None else log_total + part
        else:
            value = evaluate(factor, values)
            total = total * value if power > 0 else total / value
    return total if log_total is None else total * _math.exp(log_total)


def log_value(node: ast.expr, values: Mapping[str, Any]) -> Any:
    """Return the logarithm of an expression, through those of its parts where all are positive."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.Div):
        total: Any = 0.0
        for power, factor in factors(node):
            part = log_value(factor, values)
            total = total + part if power > 0 else total - part
        return total
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
        return evaluate(node.right, values) * log_value(node.left, values)
    if isinstance(node, ast.Call) and node.func.id == "exp":  # pyright: ignore[reportAttributeAccessIssue]
        return evaluate(node.args[0], values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        parts = [log_value(term, values) for sign, term in terms(node) if sign > 0]
        if len(parts) == sum(1 for _ in terms(node)):
            return _log_sum(parts)
    value = evaluate(node, values)
    return np.log(value) if isinstance(value, float | int) else _math.log(value)


def _log_sum(parts: list[Any]) -> Any:
    """Return the logarithm of a sum from the logarithms of its terms."""
    total = parts[0]
    for part in parts[1:]:
        if isinstance(total, float | int) and isinstance(part, float | int):
            total = float(np.logaddexp(total, part))
        else:
            total = part + _math.softplus(total - part)
    return total
