"""An exponential decay in one column, as in depth where the covariates are updated too."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from ._base import AbstractLaw, Parameter, coefficient, laws, scale
from ._math import exp


@laws.register("exponential")
@dataclasses.dataclass(frozen=True)
class Exponential(AbstractLaw):
    r"""$E + A e^{-x/x_c}$.

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
        """Return floor (if kept), coefficient and decay length."""
        floor = (coefficient("floor"),) if self.with_floor else ()
        return (*floor, coefficient("coefficient"), scale("decay", self.column))

    def formula(self, params: Mapping[str, Any], columns: Mapping[str, Any]) -> Any:
        """Return the loss of every row."""
        term = params["coefficient"] * exp(-columns[self.column] / params["decay"])
        return params["floor"] + term if self.with_floor else term

    @property
    def expression(self) -> str:
        """Return the formula as text."""
        floor = "floor + " if self.with_floor else ""
        return f"{floor}coefficient * exp(-{self.column} / decay)"
