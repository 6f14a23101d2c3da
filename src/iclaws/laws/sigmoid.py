"""A fall from a ceiling to a floor around a critical scale."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from ._base import AbstractLaw, Parameter, coefficient, exponent, laws, scale
from ._math import log, sigmoid


@laws.register("sigmoid")
@dataclasses.dataclass(frozen=True)
class Sigmoid(AbstractLaw):
    r"""$E + \Delta\,/\,(1+(x/x_c)^{h})$: a logistic step in $\ln x$ of 20-80 % width $2\ln4/h$.

    A negative steepness rises from floor to ceiling.

    Attributes:
        column: The column $x$.
    """

    column: str = "scale"

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the one column."""
        return (self.column,)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Return floor, height of the step, critical scale and steepness."""
        return (
            coefficient("floor"),
            coefficient("height"),
            scale("critical", self.column),
            exponent("steepness", lower=-100.0, upper=100.0, start=(0.2, 10.0)),
        )

    def formula(self, params: Mapping[str, Any], columns: Mapping[str, Any]) -> Any:
        """Return the loss of every row."""
        ratio = log(columns[self.column]) - log(params["critical"])
        return params["floor"] + params["height"] * sigmoid(-params["steepness"] * ratio)

    @property
    def expression(self) -> str:
        """Return the formula as text."""
        return f"floor + height / (1 + ({self.column} / critical)^steepness)"
