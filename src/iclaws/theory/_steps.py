"""The best step sizes of gradient descent for a filter objective: one for all layers, or free."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from ._minimise import minimise_on_line
from ._numbers import Array
from ._objective import FilterObjective, best_polynomials

_SAME = 1e-12
_FAR = 1e6
_SMALL = 0.01


class Steps(NamedTuple):
    """Optimal steps and the risk they reach.

    Attributes:
        steps: One value (tied) or one per layer.
        risk: Excess risk at these steps.
    """

    steps: Float[np.ndarray, " layers"]
    risk: float


def tied_filter(depth: int, step: Array, nodes: Array) -> tuple[np.ndarray, np.ndarray]:
    r"""Return $p=(1-\eta x)^L$ and $g=(1-p)/x$ without cancellation at small $\eta x$."""
    x = step * nodes
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        residual = np.exp(depth * np.log(np.abs(1 - x)))
        residual = np.where(x > 1, -residual, residual) if depth % 2 else residual
        gains = (1 - residual) / nodes
    small = depth * x < _SMALL
    if small.any():
        nodes, step = np.broadcast_to(nodes, x.shape)[small], np.broadcast_to(step, x.shape)[small]
        with np.errstate(divide="ignore", invalid="ignore"):
            exact = -np.expm1(depth * np.log1p(-x[small])) / nodes
        gains[small] = np.where(nodes > 0, exact, depth * step)
    return residual, gains


def filter_of_steps(steps: np.ndarray, nodes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    r"""Return $p=\prod_\ell(1-\eta_\ell x)$ and $g=\sum_\ell\eta_\ell\prod_{j<\ell}(1-\eta_jx)$."""
    residual, gains = np.ones_like(nodes), np.zeros_like(nodes)
    for step in steps:
        gains = gains + step * residual
        residual = residual * (1 - step * nodes)
    return residual, gains


def best_tied(objective: FilterObjective, depth: int) -> Steps:
    """Minimise over one step: a scan over its logarithm, then golden section.

    Between the step that merely undoes the mean curvature, divided by the depth, and the
    inverse of the smallest eigenvalue every stationary point of the risk is met.
    """
    nodes = objective.nodes
    if depth == 0:
        return Steps(np.zeros(1), objective.risk(np.ones_like(nodes), np.zeros_like(nodes)))
    first = best_polynomials(objective, 1, np.empty(0)).gains[1]
    one = float(first[0]) if first.size else 0.0
    if not one > 0:  # the first layer already does harm
        return Steps(np.zeros(1), objective.risk(np.ones_like(nodes), np.zeros_like(nodes)))
    if depth == 1:
        return Steps(np.array([one]), objective.risk(*tied_filter(1, np.array(one), nodes)))

    def risk(log_step: Array) -> Array:
        values = [
            objective.risk(*tied_filter(depth, step, nodes)) for step in np.exp(log_step.ravel())
        ]
        return np.array(values).reshape(log_step.shape)

    low, high = np.log(one / depth) - 1.0, np.log(one) + np.log(depth) + 1.0
    at, best = minimise_on_line(risk, np.asarray(low), np.asarray(high))
    return Steps(np.exp(at)[None], float(best))


def best_free(objective: FilterObjective, depth: int) -> list[Steps]:
    """Minimise over one step per layer, for every depth from 0 to `depth`.

    Where the best polynomial has real positive roots their inverses are the optimum. Beyond,
    each depth starts from the one before with an idle layer added (so that risks never rise
    with depth), from the inverse roots, and from tied steps spread out: equal steps are a
    saddle by symmetry.
    """
    best = best_polynomials(objective, depth, np.empty(0))
    sweep = [Steps(np.empty(0), float(best.risks[0]))]
    for layers in range(1, depth + 1):
        roots = _steps_from_roots(best.roots(layers), layers, objective.nodes.max())
        found = Steps(roots, objective.risk(*filter_of_steps(roots, objective.nodes)))
        if not found.risk <= best.risks[layers] * (1 + _SAME):
            tied = best_tied(objective, layers)
            spread = np.cos(np.pi * (np.arange(layers) + 0.5) / layers)
            idle = np.append(sweep[-1].steps, 0.0)
            tries = [idle, roots, tied.steps[0] * (1 + 0.2 * spread)]
            ends = [_descend(objective, start) for start in tries if np.all(np.isfinite(start))]
            equal = Steps(np.full(layers, tied.steps[0]), tied.risk)
            found = min([*ends, equal, Steps(idle, sweep[-1].risk)], key=lambda end: end.risk)
        sweep.append(Steps(np.sort(found.steps)[::-1], found.risk))
    return sweep


def _descend(objective: FilterObjective, start: np.ndarray) -> Steps:
    """Quasi-Newton from `start`; steps in units of the inverse top node, risks in units of now."""
    from scipy.optimize import minimize

    nodes, unit = objective.nodes, 1 / objective.nodes.max()
    ones = np.ones((1, nodes.size))
    scale = abs(objective.risk(*filter_of_steps(start, nodes))) or 1.0

    def value_and_slope(scaled: np.ndarray) -> tuple[float, np.ndarray]:
        factors = 1 - np.outer(scaled * unit, nodes)
        upto = np.cumprod(factors, axis=0)
        before = np.vstack([ones, upto[:-1]])
        after = np.vstack([np.cumprod(factors[:0:-1], axis=0)[::-1], ones])
        residual, gains = upto[-1], (scaled * unit) @ before
        slope = 2 * (before * after) @ objective.slope(residual, gains)
        return objective.risk(residual, gains) / scale, slope * unit / scale

    with np.errstate(over="ignore", invalid="ignore"):
        result = minimize(
            value_and_slope, start / unit, jac=True, method="BFGS",
            options={"maxiter": 300, "gtol": 1e-9},
        )  # fmt: skip
    steps = result.x * unit
    return Steps(steps, objective.risk(*filter_of_steps(steps, nodes)))


def _steps_from_roots(roots: np.ndarray, layers: int, top: float) -> np.ndarray:
    """Return inverse roots as steps, idle layers for roots at infinity.

    A complex pair becomes two equal steps of the same sum: p'(0) is kept.
    """
    roots = roots[np.isfinite(roots) & (np.abs(roots) < _FAR * top) & (roots != 0)]
    return np.pad((1 / roots).real, (0, layers))[:layers]
