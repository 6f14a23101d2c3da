"""The family between a product, a sum and a maximum of powers."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from ._base import AbstractLaw, Kind, Parameter, coefficient, exponent, laws
from ._math import exp, log, where

# Below this mixing the mean is taken to second order about the geometric one: the general form
# divides by it.
SMALL = 1e-3
# A maximum to within 4 % of the smaller term at equal terms; beyond it the law hardly changes.
LARGEST = 30.0


@laws.register("power-mean")
@dataclasses.dataclass(frozen=True)
class PowerMean(AbstractLaw):
    r"""$E + m\big(\frac1m\sum_i (A_i x_i^{-\alpha_i})^p\big)^{1/p}$ over $m$ columns.

    Mixing $p=1$ is the additive law, $p\to0$ the product $m\prod_i (A_ix_i^{-\alpha_i})^{1/m}$,
    $p\to\infty$ the largest term; $p=1/s$ of Kaplan's form (arXiv 2001.08361). In the product only
    the product of the coefficients is identified.

    Attributes:
        over: The columns $x_i$.
        with_floor: Keep the irreducible term $E$.
    """

    over: tuple[str, ...] = ("params", "tokens")
    with_floor: bool = True

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the columns of the terms."""
        return self.over

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Return floor (if kept), mixing, coefficients, then exponents."""
        floor = (coefficient("floor"),) if self.with_floor else ()
        sizes = (
            Parameter(
                f"coefficient_{c}", Kind.SIZE, units=((c, f"exponent_{c}"),), target_units=1.0
            )
            for c in self.over
        )
        exponents = (exponent(f"exponent_{c}") for c in self.over)
        mixing = Parameter("mixing", Kind.REAL, 0.0, LARGEST, start=(0.05, 2.0))
        return (*floor, mixing, *sizes, *exponents)

    def formula(self, params: Mapping[str, Any], columns: Mapping[str, Any]) -> Any:
        """Return the loss of every row."""
        logs = [
            log(params[f"coefficient_{c}"]) - params[f"exponent_{c}"] * log(columns[c])
            for c in self.over
        ]
        mean = len(logs) * exp(log_power_mean(logs, params["mixing"]))
        return params["floor"] + mean if self.with_floor else mean

    @property
    def expression(self) -> str:
        """Return the formula as text."""
        num = len(self.over)
        terms = " + ".join(f"(coefficient_{c} * {c}^-exponent_{c})^mixing" for c in self.over)
        floor = "floor + " if self.with_floor else ""
        return f"{floor}{num} * (({terms}) / {num})^(1/mixing)"


def log_power_mean(logs: list[Any], mixing: Any) -> Any:
    r"""Return $\frac1p\ln\frac1m\sum_i e^{p l_i}$, smooth down to $p=0$ (the mean of the $l_i$)."""
    num = len(logs)
    middle = sum(logs) / num
    offsets = [one - middle for one in logs]
    square = sum(one * one for one in offsets) / num
    cube = sum(one * one * one for one in offsets) / num
    near = middle + mixing * (0.5 * square + mixing * cube / 6.0)
    safe = where(mixing > SMALL, mixing, 1.0)
    scaled = [safe * one for one in offsets]
    peak = scaled[0]
    for one in scaled[1:]:
        peak = where(one > peak, one, peak)
    far = middle + (peak + log(sum(exp(one - peak) for one in scaled) / num)) / safe
    return where(mixing > SMALL, far, near)
