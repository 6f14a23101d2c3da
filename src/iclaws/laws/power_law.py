"""A power of one column, with or without a floor."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from ._base import AbstractLaw, Parameter, coefficient, exponent, laws
from ._math import power


@laws.register("power-law")
@dataclasses.dataclass(frozen=True)
class PowerLaw(AbstractLaw):
    r"""$E + A x^{-\alpha}$ (M2 of Alabdulmohsin et al., arXiv 2209.06640; M1 without floor).

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
        """Return floor (if kept), coefficient and exponent."""
        floor = (coefficient("floor"),) if self.with_floor else ()
        units = ((self.column, "exponent"),)
        return (*floor, coefficient("coefficient", units=units), exponent("exponent"))

    def formula(self, params: Mapping[str, Any], columns: Mapping[str, Any]) -> Any:
        """Return the loss of every row."""
        term = params["coefficient"] * power(columns[self.column], -params["exponent"])
        return params["floor"] + term if self.with_floor else term

    def terms(self) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
        """Return the one term."""
        return (("coefficient", ((self.column, "exponent"),)),)

    @property
    def expression(self) -> str:
        """Return the formula as text."""
        floor = "floor + " if self.with_floor else ""
        return f"{floor}coefficient * {self.column}^-exponent"
