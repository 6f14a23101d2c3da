"""Depth against width: frontier exponents from task structure, shape penalties, constraints."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ..errors import InvalidValue
from ._numbers import Array, Numbers, Values, finite, one_whole, pair, plain, positive, real
from .exponents import Variant, exponents


class Frontier(NamedTuple):
    r"""How depth and read-in rank share a budget $N=L^pr^q$.

    Attributes:
        depth: Exponent of $N$ in $L^*$; 0 where $L^*\sim\log N$.
        width: Exponent of $N$ in the rank.
        ratio: $L^*\propto r^{*\,\mathrm{ratio}}$, whatever $p$ and $q$; 0 for a logarithm.
        excess: Exponent of $N$ in the excess (negative).
        sentence: In words.
    """

    depth: float
    width: float
    ratio: float
    excess: float
    sentence: str


class Shapes(NamedTuple):
    """Feasible shapes at one budget, best first.

    Attributes:
        depth: Best depth.
        width: Best width.
        loss: Loss there.
        near_depths: Depths within the tolerance of the best loss.
        near_widths: Their widths.
        at_boundary: Whether the best depth is the first or the last one considered: no
            interior optimum, as for a product law.
    """

    depth: int
    width: int
    loss: float
    near_depths: np.ndarray
    near_widths: np.ndarray
    at_boundary: bool


def frontier(
    capacity: Numbers,
    source: Numbers,
    *,
    tied: bool = True,
    covariate_updates: bool = False,
    cost_exponents: Numbers = (1.0, 1.0),
) -> Frontier:
    r"""Return the frontier of depth and read-in rank on rotated tasks.

    Tied, source below 1: $L^*\propto r^\nu$, hence $L^*\propto N^{\nu/(1+\nu)}$ at $N=Lr$; two
    thirds exactly for $\nu=2$. Untied: $\nu/(2+\nu)$. GD++: $L^*\sim\log N$.

    Args:
        capacity: $\nu > 0$.
        source: $\beta > 0$.
        tied: One step for all layers.
        covariate_updates: GD++.
        cost_exponents: $(p,q)$ of the budget $L^pr^q$.

    Raises:
        InvalidValue: For an argument that is not positive.
    """
    p, q = pair("cost_exponents", cost_exponents)
    variant = Variant(covariate_updates=covariate_updates)
    found = exponents(capacity, source, setting="rrs", noisy=False, tied=tied, variant=variant)
    assert found.width is not None
    beta = found.width
    if found.depth is None:
        return Frontier(0.0, 1 / q, 0.0, -beta / q, "L* ~ log N: depth is exponential")
    alpha = found.depth
    total = alpha * q + beta * p
    return Frontier(
        beta / total, alpha / total, beta / alpha, -alpha * beta / total,
        f"L* ~ r*^{beta / alpha:.4g} for every monomial budget",
    )  # fmt: skip


def shape_penalty(
    log_ratio: Numbers,
    exponents: Numbers,
    cost_exponents: Numbers = (1.0, 1.0),
) -> Values:
    r"""Return $\frac{\mathcal L-E}{\mathcal L^*-E}$ at depth $L^*e^u$ on the same budget.

    $\frac{\frac p\alpha e^{-\alpha u}+\frac q\beta e^{\beta pu/q}}{p/\alpha+q/\beta}$, about
    $1+\frac12\alpha\beta\frac pqu^2$.

    Args:
        log_ratio: $u=\ln(L/L^*)$.
        exponents: $(\alpha,\beta)$ of depth and width.
        cost_exponents: $(p,q)$.

    Raises:
        InvalidValue: For exponents that are not positive.
    """
    u = real("log_ratio", log_ratio, low=-np.inf)
    alpha, beta = pair("exponents", exponents)
    p, q = pair("cost_exponents", cost_exponents)
    with np.errstate(over="ignore"):
        top = p / alpha * np.exp(-alpha * u) + q / beta * np.exp(beta * p * u / q)
    return plain(top / (p / alpha + q / beta))


def detectable_log_ratio(
    relative_noise: Numbers,
    exponents: Numbers,
    cost_exponents: Numbers = (1.0, 1.0),
    *,
    excess_share: Numbers = 1.0,
) -> Values:
    r"""Return the smallest $|u|$ that noise does not hide: $\sqrt{2\epsilon q/(\alpha\beta p\,s)}$.

    Args:
        relative_noise: $\epsilon$ of one measured loss.
        exponents: $(\alpha,\beta)$.
        cost_exponents: $(p,q)$.
        excess_share: $s=(\mathcal L-E)/\mathcal L$, in (0, 1].

    Raises:
        InvalidValue: For an argument outside its range.
    """
    alpha, beta = pair("exponents", exponents)
    p, q = pair("cost_exponents", cost_exponents)
    share = real("excess_share", positive("excess_share", excess_share), high=1)
    noise = finite("relative_noise", relative_noise)
    return plain(np.sqrt(2 * noise * q / (alpha * beta * p * share)))


def feasible_shapes(
    loss: Callable[[Array, Array], Array],
    budget: Numbers,
    cost: Callable[[Array, Array], Array],
    *,
    quantum: int = 1,
    tolerance: float = 0.01,
    max_depth: int = 65536,
) -> Shapes:
    """Return the best whole depth and width under any cost, and the flat set around it.

    For each depth the largest width in multiples of `quantum` that the budget pays; costs need
    not be monomial (attention adds a term in the context).

    Args:
        loss: Loss of depths and widths, vectorised.
        budget: Not to be exceeded.
        cost: Cost of depths and widths, vectorised, increasing in both.
        quantum: Widths come in multiples (heads x head width).
        tolerance: Relative loss within which a shape counts as equally good.
        max_depth: Deepest stack considered.

    Raises:
        InvalidValue: If not even the smallest shape is paid for.
    """
    limit, unit = float(positive("budget", budget)), one_whole("quantum", quantum, low=1)
    depths = np.arange(1, one_whole("max_depth", max_depth, low=1) + 1)
    count = _largest_affordable(depths, limit, cost, unit)
    depths, widths = depths[count > 0], count[count > 0] * unit
    if depths.size == 0:
        raise InvalidValue(
            f"A budget of {limit:g} does not pay one layer of width {unit}. Raise it, or "
            "lower `quantum`."
        )
    values = np.asarray(loss(depths, widths), dtype=np.float64)
    best = int(values.argmin())
    near = np.flatnonzero(values <= values[best] * (1 + tolerance))
    return Shapes(
        int(depths[best]), int(widths[best]), float(values[best]), depths[near], widths[near],
        best in (0, depths.size - 1),
    )  # fmt: skip


def transformer_flops(depth: Numbers, width: Numbers, num_context: Numbers) -> Values:
    r"""Return forward FLOPs per token, $24Ld^2+4Lkd$; training costs three times as much.

    Raises:
        InvalidValue: For a negative context.
    """
    layers, size = finite("depth", depth), finite("width", width)
    return plain(24 * layers * size**2 + 4 * layers * finite("num_context", num_context) * size)


def _largest_affordable(
    depths: np.ndarray, budget: float, cost: Callable[[Array, Array], Array], unit: int
) -> np.ndarray:
    """Return, for each depth, the most units of width within the budget, by bisection."""
    low, high = np.zeros(depths.size, dtype=np.int64), np.ones(depths.size, dtype=np.int64)
    while True:
        fits = np.asarray(cost(depths, high * unit)) <= budget
        if not fits.any() or high.max() > 1 << 40:
            break
        low, high = np.where(fits, high, low), np.where(fits, 2 * high, high)
    while np.any(high - low > 1):
        middle = (low + high) // 2
        fits = np.asarray(cost(depths, middle * unit)) <= budget
        low, high = np.where(fits, middle, low), np.where(fits, high, middle)
    return low
