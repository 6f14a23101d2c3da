r"""Splitting a monomial budget over resources with additive power laws: closed form."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from ..errors import InvalidValue
from ._numbers import Array, Numbers, Values, plain, positive


class Allocation(NamedTuple):
    r"""The optimum of $\sum_iA_ir_i^{-a_i}$ under $c\prod_ir_i^{p_i}=C$.

    Attributes:
        sizes: $r_i^*$, resources on the last axis, the axes of the budget before it.
        excess: $\mathcal L^*-E$ at the optimum.
        frontier_exponents: Exponent of $C$ in each $r_i^*$.
        excess_exponent: Exponent of $C$ in the excess (negative).
    """

    sizes: Array
    excess: Values
    frontier_exponents: Float[np.ndarray, " resources"]
    excess_exponent: float


def allocate(
    exponents: Numbers,
    coefficients: Numbers,
    cost_exponents: Numbers,
    budget: Numbers,
    cost_coefficient: Numbers = 1.0,
) -> Allocation:
    r"""Minimise $\sum_iA_ir_i^{-a_i}$ at budget $C=c\prod_ir_i^{p_i}$.

    With $H=\sum_ip_i/a_i$: $\ln\mu=[\ln c+\sum_i\frac{p_i}{a_i}\ln\frac{a_iA_i}{p_i}-\ln C]/H$,
    $r_i^*=(a_iA_i/(p_i\mu))^{1/a_i}$, excess $H\mu$. On the frontier
    $r_i^{a_i}\propto r_j^{a_j}$ whatever the $p_i$: the ratio of exponents does not depend on the
    budget's form. At $a=(\alpha,2\alpha)$ and $N=Ld$ the sizes are $N^{2/3},N^{1/3}$.

    Args:
        exponents: $a_i > 0$, one per resource.
        coefficients: $A_i > 0$.
        cost_exponents: $p_i > 0$.
        budget: $C > 0$, any shape.
        cost_coefficient: $c > 0$.

    Raises:
        InvalidValue: For an argument that is not positive, or lists of unequal length.
    """
    a, big_a = positive("exponents", exponents), positive("coefficients", coefficients)
    p, cost = positive("cost_exponents", cost_exponents), positive("budget", budget)
    c = positive("cost_coefficient", cost_coefficient)
    if a.ndim != 1 or a.shape != big_a.shape or a.shape != p.shape:
        raise InvalidValue(
            "`exponents`, `coefficients` and `cost_exponents` must be lists of one length. "
            f"Got shapes {a.shape}, {big_a.shape} and {p.shape}."
        )
    weight = float((p / a).sum())
    log_lead = np.log(a) + np.log(big_a) - np.log(p)
    log_mu = (np.log(c) + (p / a) @ log_lead - np.log(cost)) / weight
    sizes = np.exp((log_lead - log_mu[..., None]) / a)
    return Allocation(sizes, plain(weight * np.exp(log_mu)), 1 / (a * weight), -1 / weight)
