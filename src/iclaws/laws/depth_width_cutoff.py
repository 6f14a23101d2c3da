"""Depth and width of a linear in-context learner, its depth term cut off by the width."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from ._base import AbstractLaw, Kind, Parameter, coefficient, exponent, laws
from ._math import exp, log, power, upper_gamma


@laws.register("depth-width-cutoff")
@dataclasses.dataclass(frozen=True)
class DepthWidthCutoff(AbstractLaw):
    r"""$E + A(4L)^{-\alpha}Q(\alpha, 4bLr^{-\beta/\alpha}) + Br^{-\beta}$.

    $Q$ is the regularised upper incomplete gamma function: a width $r$ keeps only the large
    eigenvalues, beyond whose resolution depth gains nothing more. The plain additive law takes
    that cut-off for a steeper depth exponent (.80 where the truth is .60). Homogeneous in
    $L/r^{\beta/\alpha}$, so its frontier has the additive law's shape.

    Attributes:
        column: The depth $L$.
        second: The width $r$.
        with_floor: Keep the irreducible term $E$.
    """

    column: str = "depth"
    second: str = "width"
    with_floor: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """Return depth and width."""
        return (self.column, self.second)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Return floor (if kept), coefficients, exponents and cut-off."""
        first, last = f"exponent_{self.column}", f"exponent_{self.second}"

        def ratio(params: Mapping[str, Any]) -> Any:
            return params[last] / params[first]

        floor = (coefficient("floor"),) if self.with_floor else ()
        return (
            *floor,
            coefficient(f"coefficient_{self.column}", units=((self.column, first),)),
            coefficient(f"coefficient_{self.second}", units=((self.second, last),)),
            exponent(first, lower=0.02),
            exponent(last),
            Parameter(
                "cutoff", Kind.SCALE, start=(0.003, 3.0),
                units=((self.column, -1.0), (self.second, ratio)),
            ),
        )  # fmt: skip

    def formula(self, params: Mapping[str, Any], columns: Mapping[str, Any]) -> Any:
        """Return the loss of every row."""
        order, last = params[f"exponent_{self.column}"], params[f"exponent_{self.second}"]
        depth, width = log(columns[self.column]), log(columns[self.second])
        reach = exp(log(4.0 * params["cutoff"]) + depth - last / order * width)
        total = params[f"coefficient_{self.second}"] * exp(-last * width)
        deep = params[f"coefficient_{self.column}"] * power(4.0 * columns[self.column], -order)
        total = total + deep * upper_gamma(order, reach)
        return params["floor"] + total if self.with_floor else total

    @property
    def expression(self) -> str:
        """Return the formula as text."""
        x, y = self.column, self.second
        floor = "floor + " if self.with_floor else ""
        reach = f"4*cutoff*{x}*{y}^-(exponent_{y}/exponent_{x})"
        return (
            f"{floor}coefficient_{x} * (4*{x})^-exponent_{x} * "
            f"upper_gamma(exponent_{x}, {reach}) + coefficient_{y} * {y}^-exponent_{y}"
        )
