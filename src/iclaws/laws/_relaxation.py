r"""The best design over fractions of runs, and whole runs near it.

With a share $w_i$ of each candidate the variance $\nabla q^\top(M_0+\sum_i w_iJ_i^\top J_i)^{-1}
\nabla q$ is convex in $w$, so that its minimum over $0 \le w_i \le$ `repeats` and a budget is found
by conditional gradients (Frank and Wolfe 1956), each step a knapsack with fractions. Adding runs
one by one instead fills a budget with cheap runs before the dear one that it needed.
"""

import numpy as np
from scipy.optimize import minimize_scalar

from ._design import Design

STEPS = 400
# Relative distance to the optimum at which the search stops: far below what rounding costs.
GAP = 1e-4
# Shares above which a run is taken: each gives a choice, and the best of them is kept.
THRESHOLDS = (0.5, 0.25, 0.1, 0.02)


def relaxed_choice(design: Design, costs: np.ndarray, budget: float, *, repeats: int) -> list[int]:
    """Return whole runs near the optimum over fractions of runs, within the budget.

    Args:
        design: The problem.
        costs: Cost of each candidate, `(candidates,)`.
        budget: What the runs may cost together.
        repeats: How often one candidate may be run.
    """
    costs = np.where(costs <= budget * (1 + 1e-12), costs, np.inf)
    shares = relaxed_shares(design, costs, budget, repeats=repeats)
    found = [_rounded(design, shares, costs, budget=budget, repeats=repeats, least=least)
             for least in THRESHOLDS]  # fmt: skip
    return min(found, key=design.variance)


def relaxed_shares(design: Design, costs: np.ndarray, budget: float, *, repeats: int) -> np.ndarray:
    """Return the optimal share of each candidate, `(candidates,)`; a cost of inf is never paid."""
    shares = _knapsack(np.ones(len(costs)), costs, budget, repeats=repeats)
    for _ in range(STEPS):
        information = design.base + _weighted(design, shares)
        gains = design.slopes_toward(information) ** 2
        gain = gains.mean(axis=0)
        direction = _knapsack(gain, costs, budget, repeats=repeats) - shares
        if gain @ direction <= GAP * design.variance_of(information):
            break
        change = _weighted(design, direction)
        shares = shares + _best_step(design, information, change) * direction
    return shares


def _best_step(design: Design, information: np.ndarray, change: np.ndarray) -> float:
    found = minimize_scalar(
        lambda step: design.variance_of(information + step * change),
        bounds=(0.0, 1.0),
        method="bounded",
        options={"xatol": 1e-4},
    )
    return float(found.x)


def _weighted(design: Design, shares: np.ndarray) -> np.ndarray:
    scaled = design.slopes * shares[None, :, None]
    return np.matmul(scaled.swapaxes(1, 2), design.slopes)


def _knapsack(gain: np.ndarray, costs: np.ndarray, budget: float, *, repeats: int) -> np.ndarray:
    """Return the shares of greatest total gain: the best gain per cost first."""
    order = np.argsort(-gain / costs, kind="stable")
    spent = np.cumsum(repeats * np.where(np.isfinite(costs[order]), costs[order], 0.0))
    before = np.concatenate([[0.0], spent[:-1]])
    shares = np.zeros(len(costs))
    shares[order] = np.clip((budget - before) / costs[order], 0.0, repeats)
    return shares


def _rounded(
    design: Design,
    shares: np.ndarray,
    costs: np.ndarray,
    *,
    budget: float,
    repeats: int,
    least: float,
) -> list[int]:
    """Return the runs with shares of at least `least`, largest first, then the best of the rest."""
    copies = np.repeat(np.arange(len(costs)), repeats)
    parts = np.clip(shares[copies] - np.tile(np.arange(repeats), len(costs)), 0.0, 1.0)
    chosen: list[int] = []
    left = budget
    for place in np.argsort(-parts, kind="stable"):
        row = int(copies[place])
        if parts[place] >= least and costs[row] <= left * (1 + 1e-12):
            chosen.append(row)
            left -= costs[row]
    return design.greedy(costs, left, repeats=repeats, precision=None, chosen=chosen)
