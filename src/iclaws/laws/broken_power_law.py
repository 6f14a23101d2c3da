"""A power law with smooth breaks in one column (BNSL of Caballero et al.)."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from ..errors import InvalidValue
from ._base import AbstractLaw, Kind, Parameter, coefficient, exponent, laws, scale
from ._math import exp, log, softplus


@laws.register("broken-power-law")
@dataclasses.dataclass(frozen=True)
class BrokenPowerLaw(AbstractLaw):
    r"""$E + A x^{-c_0}\prod_i\big(1+(x/d_i)^{1/f_i}\big)^{-c_if_i}$ (arXiv 2210.14891, eq. 1).

    At break $i$ the slope changes by $-c_i$ (either sign) over a width $f_i$ in $\ln x$. Written
    as $\exp(-c_if_i\,\mathrm{softplus}(\ln(x/d_i)/f_i))$, which does not overflow for sharp breaks.

    Attributes:
        column: The column $x$.
        breaks: How many breaks.
        with_floor: Keep the irreducible term $E$.
    """

    column: str = "scale"
    breaks: int = 1
    with_floor: bool = True

    def __post_init__(self) -> None:
        if self.breaks < 1:
            raise InvalidValue(f"`breaks` must be at least 1. Got {self.breaks}.")

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the one column."""
        return (self.column,)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Return floor (if kept), coefficient, first exponent, then each break."""
        floor = (coefficient("floor"),) if self.with_floor else ()
        found: list[Parameter] = [
            *floor,
            coefficient("coefficient", units=((self.column, "exponent"),)),
            exponent("exponent", lower=-10.0, start=(-0.5, 2.0)),
        ]
        for i in range(1, self.breaks + 1):
            found += [
                scale(f"break_{i}", self.column),
                exponent(f"change_{i}", lower=-10.0, start=(-2.0, 2.0)),
                Parameter(f"width_{i}", Kind.POSITIVE, 1e-3, 10.0, start=(0.03, 2.0)),
            ]
        return tuple(found)

    def formula(self, params: Mapping[str, Any], columns: Mapping[str, Any]) -> Any:
        """Return the loss of every row."""
        logs = log(columns[self.column])
        total = -params["exponent"] * logs
        for i in range(1, self.breaks + 1):
            width = params[f"width_{i}"]
            ratio = (logs - log(params[f"break_{i}"])) / width
            total = total - params[f"change_{i}"] * width * softplus(ratio)
        term = params["coefficient"] * exp(total)
        return params["floor"] + term if self.with_floor else term

    @property
    def expression(self) -> str:
        """Return the formula as text."""
        x = self.column
        text = "floor + coefficient" if self.with_floor else "coefficient"
        text += f" * {x}^-exponent"
        for i in range(1, self.breaks + 1):
            text += f" * (1 + ({x}/break_{i})^(1/width_{i}))^-(change_{i} * width_{i})"
        return text
