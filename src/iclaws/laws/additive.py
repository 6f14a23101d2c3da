"""A sum of powers of several columns: independent bottlenecks."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from ._base import AbstractLaw, Parameter, coefficient, exponent, laws
from ._math import power


@laws.register("additive")
@dataclasses.dataclass(frozen=True)
class Additive(AbstractLaw):
    r"""$E + \sum_i A_i x_i^{-\alpha_i}$ (Hoffmann et al., arXiv 2203.15556, for two columns).

    Attributes:
        over: The columns $x_i$.
        with_floor: Keep the irreducible term $E$.
        tied: One exponent for all columns.
    """

    over: tuple[str, ...] = ("params", "tokens")
    with_floor: bool = True
    tied: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the columns of the terms."""
        return self.over

    def _exponent(self, column: str) -> str:
        return "exponent" if self.tied else f"exponent_{column}"

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Return floor (if kept), coefficients, then exponents."""
        floor = (coefficient("floor"),) if self.with_floor else ()
        coefficients = tuple(
            coefficient(f"coefficient_{c}", units=((c, self._exponent(c)),)) for c in self.over
        )
        exponents = dict.fromkeys(self._exponent(c) for c in self.over)
        return (*floor, *coefficients, *map(exponent, exponents))

    def formula(self, params: Mapping[str, Any], columns: Mapping[str, Any]) -> Any:
        """Return the loss of every row."""
        total = params["floor"] if self.with_floor else 0.0
        for c in self.over:
            total = total + params[f"coefficient_{c}"] * power(
                columns[c], -params[self._exponent(c)]
            )
        return total

    def terms(self) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
        """Return one term per column."""
        return tuple((f"coefficient_{c}", ((c, self._exponent(c)),)) for c in self.over)

    @property
    def expression(self) -> str:
        """Return the formula as text."""
        floor = ["floor"] if self.with_floor else []
        terms = [f"coefficient_{c} * {c}^-{self._exponent(c)}" for c in self.over]
        return " + ".join(floor + terms)
