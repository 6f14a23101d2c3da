"""A sum of powers and one product of powers: bottlenecks that also act together."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from ._base import AbstractLaw, Parameter, coefficient, exponent, laws
from ._math import exp, log, power


@laws.register("interaction")
@dataclasses.dataclass(frozen=True)
class Interaction(AbstractLaw):
    r"""$E + \sum_i A_i x_i^{-\alpha_i} + C \prod_i x_i^{-\gamma_i}$.

    Attributes:
        over: The columns $x_i$.
    """

    over: tuple[str, ...] = ("params", "tokens")

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the columns of the terms."""
        return self.over

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Return floor, coefficients and exponents of the terms, then those of the product."""
        joint = tuple((c, f"joint_{c}") for c in self.over)
        return (
            coefficient("floor"),
            *(coefficient(f"coefficient_{c}", units=((c, f"exponent_{c}"),)) for c in self.over),
            coefficient("coefficient_joint", units=joint),
            *(exponent(f"exponent_{c}") for c in self.over),
            *(exponent(f"joint_{c}") for c in self.over),
        )

    def formula(self, params: Mapping[str, Any], columns: Mapping[str, Any]) -> Any:
        """Return the loss of every row."""
        joint = sum(params[f"joint_{c}"] * log(columns[c]) for c in self.over)
        total = params["floor"] + params["coefficient_joint"] * exp(-joint)
        for c in self.over:
            total = total + params[f"coefficient_{c}"] * power(columns[c], -params[f"exponent_{c}"])
        return total

    def terms(self) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
        """Return one term per column, then the joint one."""
        single = tuple((f"coefficient_{c}", ((c, f"exponent_{c}"),)) for c in self.over)
        return (*single, ("coefficient_joint", tuple((c, f"joint_{c}") for c in self.over)))

    @property
    def expression(self) -> str:
        """Return the formula as text."""
        single = [f"coefficient_{c} * {c}^-exponent_{c}" for c in self.over]
        joint = " * ".join(["coefficient_joint", *(f"{c}^-joint_{c}" for c in self.over)])
        return " + ".join(["floor", *single, joint])
