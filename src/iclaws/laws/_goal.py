"""The quantity that new runs should make certain: a parameter, a loss, or a function of both."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from .._registry import unknown_name_message
from ..errors import InvalidValue, UnknownName
from . import _syntax

if TYPE_CHECKING:
    from ._result import Fit

Goal = str | Mapping[str, float] | Callable[[Mapping[str, Any]], Any]


@dataclasses.dataclass(frozen=True)
class Formula:
    """A quantity written as an expression over parameters, such as `beta/(alpha+beta)`.

    Attributes:
        text: The expression.
    """

    text: str

    def __call__(self, params: Mapping[str, Any]) -> Any:
        """Return its value; an unknown name gets a suggestion."""
        tree = _syntax.read(self.text)
        for name in _syntax.identifiers(tree):
            if _syntax.decode(name) not in params:
                raise UnknownName(unknown_name_message("parameter", _syntax.decode(name), params))
        values = {_syntax.encode(name): value for name, value in params.items()}
        return _syntax.evaluate(tree, values)


def read_goal(text: str) -> Goal:
    """Return a goal from text: `"N=1e12,D=1e13"`, a parameter's name, or a formula over them.

    Raises:
        InvalidValue: It is none of these.
    """
    if "=" not in text:
        return text.strip() if text.strip().isidentifier() else Formula(text)
    found = {}
    for pair in text.split(","):
        name, _, value = pair.partition("=")
        try:
            found[name.strip().strip("`")] = float(value)
        except ValueError as trouble:
            raise InvalidValue(
                f"A configuration is written name=value,name=value with numbers. Got {text!r}."
            ) from trouble
    return found


def goal_value(fit: "Fit", goal: Goal, coordinates: np.ndarray) -> float:
    """Return the quantity at given coordinates."""
    if isinstance(goal, Mapping):
        row = {n: np.array([float(goal[n])]) for n in fit.law.columns}
        return float(fit.problem.transformed(fit.problem.predict(coordinates, row))[0])
    params = {n: float(v) for n, v in fit.problem.natural(coordinates).items()}
    if callable(goal):
        return float(goal(params))
    if goal not in params:
        raise InvalidValue(f"No parameter is named {goal!r}; known: {', '.join(params)}.")
    return params[goal]


def goal_slope(fit: "Fit", goal: Goal, coordinates: np.ndarray) -> np.ndarray:
    """Return derivatives of the quantity by the coordinates, by central differences."""
    steps = 1e-5 * np.maximum(np.abs(coordinates), 1e-2)
    ends = [
        [goal_value(fit, goal, coordinates + sign * shift) for sign in (1.0, -1.0)]
        for shift in np.diag(steps)
    ]
    slope = np.array(
        [(up - down) / (2.0 * step) for (up, down), step in zip(ends, steps, strict=True)]
    )
    if not np.all(np.isfinite(slope)) or not np.any(slope):
        raise InvalidValue("The quantity does not depend on the parameters, or has no slope there.")
    return slope
