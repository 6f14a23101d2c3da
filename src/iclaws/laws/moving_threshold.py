"""A step whose critical scale is itself a power of another column."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from ._base import AbstractLaw, Parameter, coefficient, exponent, laws, scale
from ._math import log, sigmoid


@laws.register("moving-threshold")
@dataclasses.dataclass(frozen=True)
class MovingThreshold(AbstractLaw):
    r"""$E + \Delta\,/\,(1+(x/x_c)^{h})$ with $x_c = c\,y^{q}$.

    For example the task diversity at which in-context learning sets in, against the task
    dimension (theory: the threshold lies at a number of tasks proportional to it, $q=1$).

    Attributes:
        column: The column $x$ along which the loss steps.
        second: The column $y$ that moves the step.
    """

    column: str = "num_tasks"
    second: str = "num_dims"

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the two columns."""
        return (self.column, self.second)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Return floor, height, critical scale at $y=1$, its exponent and the steepness."""
        return (
            coefficient("floor"),
            coefficient("height"),
            scale("critical", self.column, units=((self.column, 1.0), (self.second, "-threshold"))),
            exponent("threshold", lower=-10.0, start=(-2.0, 2.0)),
            exponent("steepness", lower=-100.0, upper=100.0, start=(0.2, 10.0)),
        )

    def formula(self, params: Mapping[str, Any], columns: Mapping[str, Any]) -> Any:
        """Return the loss of every row."""
        critical = log(params["critical"]) + params["threshold"] * log(columns[self.second])
        ratio = log(columns[self.column]) - critical
        return params["floor"] + params["height"] * sigmoid(-params["steepness"] * ratio)

    @property
    def expression(self) -> str:
        """Return the formula as text."""
        critical = f"(critical * {self.second}^threshold)"
        return f"floor + height / (1 + ({self.column} / {critical})^steepness)"
