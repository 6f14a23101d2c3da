"""A straight line in the logarithm of the scale."""

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

from ._base import AbstractLaw, Parameter, coefficient, laws
from ._math import log


@laws.register("logarithmic")
@dataclasses.dataclass(frozen=True)
class Logarithmic(AbstractLaw):
    r"""$a - b\ln x$: what a power law of small exponent looks like over a short range.

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
        """Return the loss at $x=1$ and the slope."""
        return (coefficient("intercept", lower=-math.inf), coefficient("slope", lower=-math.inf))

    def formula(self, params: Mapping[str, Any], columns: Mapping[str, Any]) -> Any:
        """Return the loss of every row."""
        return params["intercept"] - params["slope"] * log(columns[self.column])

    @property
    def expression(self) -> str:
        """Return the formula as text."""
        return f"intercept - slope * log({self.column})"
