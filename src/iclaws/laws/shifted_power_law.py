"""A power law whose column saturates (M3 of Alabdulmohsin et al.)."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from ._base import AbstractLaw, Parameter, coefficient, exponent, laws, scale
from ._math import exp, log, softplus


@laws.register("shifted-power-law")
@dataclasses.dataclass(frozen=True)
class ShiftedPowerLaw(AbstractLaw):
    r"""$A\,(x^{-1} + x_s^{-1})^{\alpha}$ (M3 of arXiv 2209.06640 with $\gamma=1/x_s$).

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
        """Return coefficient, saturation scale and exponent."""
        return (
            coefficient("coefficient", units=((self.column, "exponent"),)),
            scale("saturation", self.column),
            exponent("exponent"),
        )

    def formula(self, params: Mapping[str, Any], columns: Mapping[str, Any]) -> Any:
        """Return the loss of every row."""
        first, last = -log(columns[self.column]), -log(params["saturation"])
        inner = last + softplus(first - last)
        return params["coefficient"] * exp(params["exponent"] * inner)

    @property
    def expression(self) -> str:
        """Return the formula as text."""
        return f"coefficient * (1/{self.column} + 1/saturation)^exponent"
