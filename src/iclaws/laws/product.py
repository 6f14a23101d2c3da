"""A product of powers: every column multiplies the same loss."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from ._base import AbstractLaw, Parameter, coefficient, exponent, laws
from ._math import exp, log


@laws.register("product")
@dataclasses.dataclass(frozen=True)
class Product(AbstractLaw):
    r"""$E + A \prod_i x_i^{-\alpha_i}$; it has no interior optimum under a monomial cost.

    Attributes:
        over: The columns $x_i$.
        with_floor: Keep the irreducible term $E$.
    """

    over: tuple[str, ...] = ("params", "tokens")
    with_floor: bool = True

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the columns of the product."""
        return self.over

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Return floor (if kept), coefficient, then exponents."""
        floor = (coefficient("floor"),) if self.with_floor else ()
        units = tuple((c, f"exponent_{c}") for c in self.over)
        exponents = (exponent(f"exponent_{c}") for c in self.over)
        return (*floor, coefficient("coefficient", units=units), *exponents)

    def formula(self, params: Mapping[str, Any], columns: Mapping[str, Any]) -> Any:
        """Return the loss of every row."""
        logs = sum(params[f"exponent_{c}"] * log(columns[c]) for c in self.over)
        term = params["coefficient"] * exp(-logs)
        return params["floor"] + term if self.with_floor else term

    def terms(self) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
        """Return the one term."""
        return (("coefficient", tuple((c, f"exponent_{c}") for c in self.over)),)

    @property
    def expression(self) -> str:
        """Return the formula as text."""
        floor = "floor + " if self.with_floor else ""
        return f"{floor}coefficient * " + " * ".join(f"{c}^-exponent_{c}" for c in self.over)
