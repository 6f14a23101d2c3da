r"""GD++: each layer also updates the covariates, $x\leftarrow(I-\zeta_\ell\hat\Sigma_\ell)x$.

On an eigenvalue, $\mu_{\ell+1}=\mu_\ell(1-\zeta_\ell\mu_\ell)^2$ and
$p_{\ell+1}=p_\ell(1-\eta_\ell\mu_\ell)$: a polynomial of degree $(3^L-1)/2$ from $2L-1$ scalars.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from ._objective import FilterObjective

_ITERATIONS = 400


class Updates(NamedTuple):
    r"""Optimal scalars of GD++ and the risk they reach.

    Attributes:
        steps: $\eta_\ell$, one per layer.
        updates: $\zeta_\ell$, one per layer; the last layer's has no effect and is 0.
        risk: Excess risk.
    """

    steps: Float[np.ndarray, " layers"]
    updates: Float[np.ndarray, " layers"]
    risk: float


def polynomial_degree(depth: int) -> int:
    r"""Return $(3^L-1)/2$, the degree of the residual polynomial of GD++."""
    return (3**depth - 1) // 2


def filter_of_updates(
    steps: np.ndarray, updates: np.ndarray, nodes: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return residual and gains of GD++ at the nodes."""
    residual, gains, map_ = np.ones_like(nodes), np.zeros_like(nodes), np.ones_like(nodes)
    for step, update in zip(steps, updates, strict=True):
        bent = nodes * map_**2
        gains = gains + step * map_**2 * residual
        residual = residual * (1 - step * bent)
        map_ = map_ * (1 - update * bent)
    return residual, gains


def best_updates(objective: FilterObjective, depth: int, *, tied: bool) -> list[Updates]:
    """Minimise over the scalars for every depth from 0 to `depth`.

    Each depth starts from the one before with a layer added in front or behind, at several
    strengths of the covariate update; risks never rise with depth when untied.
    """
    nodes = objective.nodes
    unit = 1 / float(nodes.max())
    idle = objective.risk(np.ones_like(nodes), np.zeros_like(nodes))
    sweep = [Updates(np.empty(0), np.empty(0), idle)]
    for layers in range(1, depth + 1):
        found = [
            _descend(objective, steps, updates, tied)
            for steps, updates in _starts(sweep[-1], layers, unit, tied)
        ]
        best = min(found, key=lambda end: end.risk)
        if not tied and best.risk > sweep[-1].risk:
            last = sweep[-1]
            best = Updates(np.append(last.steps, 0), np.append(last.updates, 0), last.risk)
        sweep.append(best)
    return sweep


def _starts(
    last: Updates, layers: int, unit: float, tied: bool
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return starting scalars for one more layer than `last`."""
    strengths = (0.2, 0.5, 0.9, 1.5)
    if layers == 1:
        return [(np.array([unit]), np.zeros(1))]
    if tied:
        steps = [last.steps[0], unit, 2 * unit]
        return [(np.full(layers, s), np.full(layers, z * unit)) for s in steps for z in strengths]
    starts = []
    for strength in strengths:
        update = strength * unit
        # In front: the old stack then acts on the updated covariates.
        shrunk = (1 - strength) ** 2 + 0.1
        front = (np.r_[unit, last.steps / shrunk], np.r_[update, last.updates / shrunk])
        back = (
            np.r_[last.steps, last.steps[-1]],
            np.r_[last.updates[:-1], update, 0.0] if layers > 2 else np.r_[update, 0.0],
        )
        starts += [front, back]
    return starts


def _descend(
    objective: FilterObjective, steps: np.ndarray, updates: np.ndarray, tied: bool
) -> Updates:
    """Quasi-Newton on the scalars with the exact gradient; one pair shared by all if tied."""
    from scipy.optimize import minimize

    layers, unit = steps.size, 1 / float(objective.nodes.max())
    start = np.r_[steps, updates[:-1]] / unit
    if tied:
        start = np.r_[steps[0], updates[0]][: 2 if layers > 1 else 1] / unit
    scale = abs(objective.risk(np.ones_like(objective.nodes), np.zeros_like(objective.nodes)))

    def unpack(scaled: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        if tied:
            update = scaled[1] * unit if layers > 1 else 0.0
            return np.full(layers, scaled[0] * unit), np.full(layers, update)
        return scaled[:layers] * unit, np.append(scaled[layers:], 0.0) * unit

    def value_and_slope(scaled: np.ndarray) -> tuple[float, np.ndarray]:
        value, by_steps, by_updates = _gradient(objective, *unpack(scaled))
        slope = np.r_[by_steps, by_updates[:-1]]
        if tied:
            slope = np.r_[by_steps.sum(), by_updates.sum()][: scaled.size]
        log_value = np.log(max(value, 1e-300) / scale)  # risks span decades between layers
        return log_value, slope * unit / max(value, 1e-300)

    with np.errstate(over="ignore", invalid="ignore"):
        result = minimize(
            value_and_slope, start, jac=True, method="BFGS",
            options={"maxiter": _ITERATIONS, "gtol": 1e-7},
        )  # fmt: skip
    steps, updates = unpack(result.x)
    if tied:
        updates = np.append(updates[:-1], 0.0)
    return Updates(
        steps, updates, objective.risk(*filter_of_updates(steps, updates, objective.nodes))
    )


def _gradient(
    objective: FilterObjective, steps: np.ndarray, updates: np.ndarray
) -> tuple[float, np.ndarray, np.ndarray]:
    """Return the risk and its derivatives by the scalars, by reverse accumulation."""
    nodes, layers = objective.nodes, steps.size
    maps, residuals = [np.ones_like(nodes)], [np.ones_like(nodes)]
    gains = np.zeros_like(nodes)
    for step, update in zip(steps, updates, strict=True):
        squared = maps[-1] ** 2
        gains = gains + step * squared * residuals[-1]
        residuals.append(residuals[-1] * (1 - step * nodes * squared))
        maps.append(maps[-1] * (1 - update * nodes * squared))
    by_gains = 2 * objective.slope(residuals[-1], gains)
    by_steps, by_updates = np.empty(layers), np.empty(layers)
    by_residual, by_map = np.zeros_like(nodes), np.zeros_like(nodes)
    for layer in reversed(range(layers)):
        step, update, map_, residual = steps[layer], updates[layer], maps[layer], residuals[layer]
        pull = by_gains - nodes * by_residual
        by_steps[layer] = (map_**2 * residual) @ pull
        by_updates[layer] = -(nodes * map_**3) @ by_map
        by_map = 2 * step * map_ * residual * pull + by_map * (1 - 3 * update * nodes * map_**2)
        by_residual = by_residual + step * map_**2 * pull
    return objective.risk(residuals[-1], gains), by_steps, by_updates
