r"""The best configuration for a budget, how well it is known, and how flat the optimum is.

For a sum of powers under a monomial cost $c\prod_i r_i^{p_i}=C$ the optimum is one root in closed
form: with $H=\sum_ip_i/a_i$ every term equals $\mu p_i/a_i$, where
$\ln\mu=\big(\ln c+\sum_i\frac{p_i}{a_i}\ln\frac{a_iA_i}{p_i}-\ln C\big)/H$. Every other law or
cost is searched numerically along the surface of constant cost.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InvalidValue
from ._base import AbstractLaw
from ._cost import Cost
from ._frontier import Frontier

if TYPE_CHECKING:
    from ._bootstrap import Bootstrap
    from ._result import Fit

NEAR = 0.01


@dataclasses.dataclass(frozen=True, eq=False)
class Allocation:
    """The best configuration for a budget.

    Attributes:
        sizes: The optimal value of each column.
        loss: The predicted loss there.
        cost: What it costs (at most the budget; below it where sizes are rounded).
        intervals: Percentile interval of each optimal size over bootstrap draws; empty without.
        loss_interval: Likewise for the loss, or None.
        near_optimal: Smallest and largest value of each column at which the rest can be chosen so
            that the loss stays within 1 % of the optimum: report this range, not the point.
        exponents: Each optimal size grows as this power of the budget.
        interior: Whether the optimum is inside the range searched; if not, the law has no optimum
            under this cost (a product of powers has none) and `sizes` lie at its edge.
        closed_form: Whether the optimum came from the closed form.
    """

    sizes: dict[str, float]
    loss: float
    cost: float
    intervals: dict[str, tuple[float, float]]
    loss_interval: tuple[float, float] | None
    near_optimal: dict[str, tuple[float, float]]
    exponents: dict[str, float]
    interior: bool
    closed_form: bool
    frontier: Frontier = dataclasses.field(repr=False)

    def penalty(self, sizes: Mapping[str, float]) -> float:
        """Return the relative loss given away by another shape at the same budget.

        Args:
            sizes: Values of all columns of the cost but one, which the budget decides; or all, of
                which the last is then replaced.
        """
        full = self.frontier.complete(dict(sizes))
        return float(self.frontier.loss(full)) / self.loss - 1.0

    def summary(self) -> str:
        """Return the allocation in a few lines."""
        from ._describe import allocation_summary

        return allocation_summary(self)

    def __str__(self) -> str:
        return self.summary()


def allocate(
    fit: "Fit | Any",
    *,
    cost: str,
    budget: float | int,
    fixed: Mapping[str, float] | None = None,
    integers: Sequence[str] = (),
    multiples: Mapping[str, int] | None = None,
    draws: "Bootstrap | None" = None,
    level: float = 0.95,
) -> Allocation:
    """Return the configuration of least predicted loss at a cost of `budget`.

    Args:
        fit: A fit, or a stored one.
        cost: The cost as an expression over columns, increasing in each, such as
            `"6*params*tokens"`.
        budget: What may be spent, in the units of `cost`.
        fixed: Values of columns that are not to be chosen.
        integers: Columns that must be whole numbers.
        multiples: Columns that must be multiples of a number (heads times head width).
        draws: A bootstrap of the fit; gives intervals, each draw optimised by itself.
        level: Nominal coverage of the intervals.

    Raises:
        InvalidValue: The budget is not positive, a column of the law has no cost and no value, or
            no configuration costs so little.
    """
    if not (np.isfinite(budget) and budget > 0):
        raise InvalidValue(f"`budget` must be a positive number. Got {budget}.")
    frontier = Frontier.of(fit, Cost(cost), budget=float(budget), fixed=dict(fixed or {}))
    exact = closed_form(fit.law, fit.parameters, frontier)
    sizes, interior = (exact, True) if exact is not None else frontier.search()
    steps = {**dict.fromkeys(integers, 1), **(multiples or {})}
    if steps:
        sizes = frontier.rounded(sizes, steps)
    loss = float(frontier.loss(sizes))
    intervals, loss_interval = _intervals(frontier, draws, sizes, level=level)
    return Allocation(
        sizes={name: sizes[name] for name in frontier.free},
        loss=loss,
        cost=float(frontier.cost(sizes)),
        intervals=intervals,
        loss_interval=loss_interval,
        near_optimal=frontier.near(sizes, (1.0 + NEAR) * loss),
        exponents=_exponents(fit, frontier),
        interior=interior,
        closed_form=exact is not None,
        frontier=frontier,
    )


def closed_form(
    law: AbstractLaw, params: Mapping[str, Any], frontier: Frontier
) -> dict[str, Any] | None:
    """Return the optimal sizes in closed form, or None where there is none.

    Args:
        law: The law.
        params: Numbers, or arrays of draws of shape `(draws,)`.
        frontier: Cost and budget.
    """
    terms, monomial = law.terms(), frontier.cost.monomial
    if terms is None or monomial is None or any(len(powers) != 1 for _, powers in terms):
        return None
    free = [(name, *powers[0]) for name, powers in terms if powers[0][0] in frontier.free]
    if sorted(column for _, column, _ in free) != sorted(frontier.free):
        return None
    constant, powers = monomial
    for name, value in frontier.fixed.items():
        constant *= value ** powers.get(name, 0.0)
    # Terms in a fixed column only add to the floor.
    weights = {c: powers[c] / params[a] for _, c, a in free}
    total = sum(weights.values())
    shifted = np.log(constant) - np.log(frontier.budget)
    with np.errstate(divide="ignore", invalid="ignore"):
        for name, c, a in free:
            shifted = shifted + weights[c] * np.log(params[a] * params[name] / powers[c])
        log_mu = shifted / total
        sizes = {
            c: np.exp((np.log(params[a] * params[name] / powers[c]) - log_mu) / params[a])
            for name, c, a in free
        }
    if not all(np.all(np.isfinite(size)) for size in sizes.values()):
        return None
    return {**frontier.fixed, **sizes}


def _intervals(
    frontier: Frontier, draws: Any, sizes: Mapping[str, float], *, level: float
) -> tuple[dict[str, tuple[float, float]], tuple[float, float] | None]:
    if draws is None:
        return {}, None
    params = draws.parameters
    exact = closed_form(frontier.fit.law, params, frontier)
    found = exact if exact is not None else frontier.search_draws(draws, sizes)
    ends = [0.5 - level / 2, 0.5 + level / 2]
    columns = {name: np.asarray(found[name], dtype=float) for name in frontier.free}
    num = len(next(iter(params.values())))
    table = {
        name: columns[name] if name in columns else np.full(num, value)
        for name, value in {**frontier.fixed, **columns}.items()
    }
    losses = frontier.loss_of_draws(draws, table)
    low, high = np.quantile(losses, ends)
    spans = {name: tuple(map(float, np.quantile(values, ends))) for name, values in columns.items()}
    return spans, (float(low), float(high))  # pyright: ignore[reportReturnType]


def _exponents(fit: Any, frontier: Frontier) -> dict[str, float]:
    """Return d ln(size) / d ln(budget) at the optimum, from budgets 1 % apart."""
    found = []
    for factor in (0.99, 1.01):
        other = dataclasses.replace(frontier, budget=frontier.budget * factor)
        exact = closed_form(fit.law, fit.parameters, other)
        found.append(exact if exact is not None else other.search()[0])
    step = np.log(1.01 / 0.99)
    return {n: float(np.log(found[1][n] / found[0][n]) / step) for n in frontier.free}
