"""The joint law of Kaplan et al.: two bottlenecks under one exponent, no floor."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from ._base import AbstractLaw, Parameter, coefficient, exponent, laws, scale
from ._math import exp, log, softplus


@laws.register("kaplan")
@dataclasses.dataclass(frozen=True)
class Kaplan(AbstractLaw):
    r"""$A\big[(x_c/x)^{\alpha/\beta} + y_c/y\big]^{\beta}$ with $A=1$ (arXiv 2001.08361, eq. 1.5).

    Written $A\,[x^{-\alpha/\beta} + y_c\,y^{-1}]^{\beta}$: only one of the coefficient and the
    two scales of the published form is free once the target has units.

    Attributes:
        column: The column $x$.
        second: The column $y$.
        with_floor: Add an irreducible term.
    """

    column: str = "params"
    second: str = "tokens"
    with_floor: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the two columns."""
        return (self.column, self.second)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Return floor (if kept), coefficient, scale and the two exponents."""
        floor = (coefficient("floor"),) if self.with_floor else ()
        first = f"exponent_{self.column}"
        last = f"exponent_{self.second}"

        def ratio(params: Mapping[str, Any]) -> Any:
            return -params[first] / params[last]

        return (
            *floor,
            coefficient("coefficient", units=((self.column, first),)),
            scale(
                "scale", self.second, units=((self.column, ratio), (self.second, 1.0)),
                start=(0.03, 30.0),
            ),
            exponent(first),
            exponent(last, lower=1e-3),
        )  # fmt: skip

    def formula(self, params: Mapping[str, Any], columns: Mapping[str, Any]) -> Any:
        """Return the loss of every row."""
        last = params[f"exponent_{self.second}"]
        one = -params[f"exponent_{self.column}"] / last * log(columns[self.column])
        two = log(params["scale"]) - log(columns[self.second])
        term = params["coefficient"] * exp(last * (two + softplus(one - two)))
        return params["floor"] + term if self.with_floor else term

    @property
    def expression(self) -> str:
        """Return the formula as text."""
        x, y = self.column, self.second
        floor = "floor + " if self.with_floor else ""
        return f"{floor}coefficient * ({x}^-(exponent_{x}/exponent_{y}) + scale / {y})^exponent_{y}"
