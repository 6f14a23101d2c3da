"""A stretched exponential: between a power law and an exponential."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from ._base import AbstractLaw, Parameter, coefficient, exponent, laws, scale
from ._math import exp, log


@laws.register("stretched-exponential")
@dataclasses.dataclass(frozen=True)
class StretchedExponential(AbstractLaw):
    r"""$E + A e^{-(x/x_c)^{s}}$.

    Attributes:
        column: The column $x$.
        with_floor: Keep the irreducible term $E$.
    """

    column: str = "scale"
    with_floor: bool = True

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the one column."""
        return (self.column,)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Return floor (if kept), coefficient, decay length and stretching."""
        floor = (coefficient("floor"),) if self.with_floor else ()
        return (
            *floor,
            coefficient("coefficient"),
            scale("decay", self.column),
            exponent("stretching", lower=0.05, upper=5.0, start=(0.2, 2.0)),
        )

    def formula(self, params: Mapping[str, Any], columns: Mapping[str, Any]) -> Any:
        """Return the loss of every row."""
        ratio = log(columns[self.column]) - log(params["decay"])
        term = params["coefficient"] * exp(-exp(params["stretching"] * ratio))
        return params["floor"] + term if self.with_floor else term

    @property
    def expression(self) -> str:
        """Return the formula as text."""
        floor = "floor + " if self.with_floor else ""
        return f"{floor}coefficient * exp(-({self.column} / decay)^stretching)"
