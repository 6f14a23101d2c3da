"""A power law between random guessing and the irreducible loss (M4 of Alabdulmohsin et al.)."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from ._base import AbstractLaw, Parameter, coefficient, exponent, laws, scale
from ._math import log, repeat, sigmoid, softplus, stop_gradient, where

# The root of a concave plus a convex branch: Newton's method from the right asymptote is monotone
# and has converged to rounding after this many steps for shapes from 0.05 to 20.
STEPS = 12


@laws.register("saturating-power-law")
@dataclasses.dataclass(frozen=True)
class SaturatingPowerLaw(AbstractLaw):
    r"""The root $\epsilon$ of $\frac{\epsilon-E}{(\epsilon_0-\epsilon)^{a}}=b\,x^{-c}$ (M4).

    arXiv 2209.06640, eq. 2. Here $\epsilon_0=E+\Delta$, and the onset $x_c=b'^{1/c}$ replaces $b$,
    $b'=b\,\Delta^{a-1}$: with $\epsilon=E+\Delta\,\sigma(s)$ the equation reads
    $a\,\mathrm{softplus}(s)-\mathrm{softplus}(-s)=c\ln(x_c/x)$, one root for every $x$.

    Attributes:
        column: The column $x$.
        sharp: Fit the exponent $a$; otherwise it is 1 (a logistic step in $\ln x$).
    """

    column: str = "scale"
    sharp: bool = True

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the one column."""
        return (self.column,)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Return floor, height up to random guessing, onset, exponent and shape."""
        shape = exponent("shape", lower=0.05, upper=20.0, start=(0.3, 3.0))
        return (
            coefficient("floor"),
            coefficient("height"),
            scale("onset", self.column),
            exponent("exponent"),
            *((shape,) if self.sharp else ()),
        )

    def formula(self, params: Mapping[str, Any], columns: Mapping[str, Any]) -> Any:
        """Return the loss of every row."""
        wanted = params["exponent"] * (log(params["onset"]) - log(columns[self.column]))
        shape = params["shape"] if self.sharp else 1.0
        return params["floor"] + params["height"] * sigmoid(root(wanted, shape))

    @property
    def expression(self) -> str:
        """Return the formula as text."""
        left = "(loss - floor) / (floor + height - loss)"
        return f"{left}{'^shape' if self.sharp else ''} = (onset / {self.column})^exponent"


def root(wanted: Any, shape: Any) -> Any:
    """Return the root of `shape * softplus(s) - softplus(-s) = wanted`.

    The root is found without derivatives; two Newton steps from it carry exact first and second
    derivatives in both arguments.
    """
    still, fixed = stop_gradient(wanted), stop_gradient(shape)
    point = where(still > 0.0, still / fixed, still)
    point = repeat(lambda s: _newton(s, still, fixed), point, times=STEPS)
    point = stop_gradient(point)
    return _newton(_newton(point, wanted, shape), wanted, shape)


def _newton(point: Any, wanted: Any, shape: Any) -> Any:
    value = shape * softplus(point) - softplus(-point) - wanted
    return point - value / (shape * sigmoid(point) + sigmoid(-point))
