"""Two bottlenecks under one outer power, with a floor."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from ._base import AbstractLaw, Kind, Parameter, coefficient, exponent, laws
from ._math import exp, log, softplus


@laws.register("coupled")
@dataclasses.dataclass(frozen=True)
class Coupled(AbstractLaw):
    r"""$E + A\,(x^{-\alpha} + R\,y^{-\beta})^{\kappa}$; $\kappa=1$ is the additive law.

    Attributes:
        column: The column $x$.
        second: The column $y$.
    """

    column: str = "params"
    second: str = "tokens"

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the two columns."""
        return (self.column, self.second)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Return floor, coefficient, ratio, the two exponents and the outer power."""
        first, last = f"exponent_{self.column}", f"exponent_{self.second}"

        def outer(params: Mapping[str, Any]) -> Any:
            return params[first] * params["coupling"]

        return (
            coefficient("floor"),
            coefficient("coefficient", units=((self.column, outer),)),
            Parameter(
                "ratio", Kind.SCALE, start=(0.03, 30.0),
                units=((self.column, f"-{first}"), (self.second, last)),
            ),
            exponent(first),
            exponent(last),
            Parameter("coupling", Kind.POSITIVE, 0.02, 50.0, start=(0.3, 3.0)),
        )  # fmt: skip

    def formula(self, params: Mapping[str, Any], columns: Mapping[str, Any]) -> Any:
        """Return the loss of every row."""
        one = -params[f"exponent_{self.column}"] * log(columns[self.column])
        two = log(params["ratio"]) - params[f"exponent_{self.second}"] * log(columns[self.second])
        inner = two + softplus(one - two)
        return params["floor"] + params["coefficient"] * exp(params["coupling"] * inner)

    @property
    def expression(self) -> str:
        """Return the formula as text."""
        x, y = self.column, self.second
        return f"floor + coefficient * ({x}^-exponent_{x} + ratio * {y}^-exponent_{y})^coupling"
