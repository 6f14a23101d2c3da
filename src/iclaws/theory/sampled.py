"""Finite-size predictions by drawing contexts: gradient descent, GD++, polynomials and Bayes.

Deep gradient descent is heavy-tailed over contexts at finite length: one context in a thousand
may carry the mean. Every function reports the standard error and the share of the worst 1 %.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from ..errors import InvalidValue
from ._compress import at_eigenvalues, compress
from ._covariate_updates import best_updates, filter_of_updates, polynomial_degree
from ._numbers import Numbers, Values, finite, one_spectrum, one_whole, plain, whole
from ._objective import best_polynomials
from ._steps import best_free, best_tied, filter_of_steps, tied_filter
from ._wishart import scaled_contexts
from .contexts import (
    ContextStatistics as ContextStatistics,
    SampledRisk as SampledRisk,
    context_risks,
    context_statistics as context_statistics,
    filter_risk as filter_risk,
    summarise,
)

_DEEPEST = 128
_TOGETHER = 16  # filters expanded to all eigenvalues at once


class SampledSteps(NamedTuple):
    r"""Sampled gradient descent at its best steps.

    Attributes:
        risk: Mean excess risk.
        standard_error: Of that mean over contexts.
        top_share: Share of the mean carried by the worst 1 % of contexts.
        steps: $\eta^*$ (tied), or $\eta_1..\eta_L$ on the last axis (untied; idle layers 0).
    """

    risk: Values
    standard_error: Values
    top_share: Values
    steps: Values


class SampledBound(NamedTuple):
    """Best residual polynomials of one or several degrees over the drawn contexts.

    Attributes:
        risk: Mean excess risk, optimal on these contexts.
        standard_error: Of that mean.
        total_step: Sum of the steps, minus the derivative of the polynomial at zero.
    """

    risk: Values
    standard_error: Values
    total_step: Values


class SampledUpdates(NamedTuple):
    r"""Sampled GD++ at its best scalars.

    Attributes:
        risk: Mean excess risk.
        standard_error: Of that mean.
        top_share: Share of the mean carried by the worst 1 % of contexts.
        steps: $\eta_\ell$.
        updates: $\zeta_\ell$.
    """

    risk: float
    standard_error: float
    top_share: float
    steps: Float[np.ndarray, " layers"]
    updates: Float[np.ndarray, " layers"]


def sampled_gradient_descent_risk(
    depth: Numbers, stats: ContextStatistics, noise_var: Numbers, tied: bool = True
) -> SampledSteps:
    """Return gradient descent at the step sizes that are best for the drawn contexts.

    Args:
        depth: Layers; several depths in one call cost little more than the deepest.
        stats: From `context_statistics`.
        noise_var: Variance of the label noise.
        tied: One step for all layers, or one for each (up to 128 layers).

    Raises:
        InvalidValue: For a depth that is not a whole number, untied above 128, or a negative noise.
    """
    depths = whole("depth", depth)
    noise = float(finite("noise_var", noise_var))
    deepest = int(depths.max(initial=0))
    if tied:
        objective = compress(stats, min(deepest, 32 + int(6 * np.sqrt(deepest))), noise)
        found = {int(one): best_tied(objective, int(one)) for one in np.unique(depths)}
        filters = {one: tied_filter(one, s.steps[0], stats.eigenvalues) for one, s in found.items()}
        steps = np.array([found[int(one)].steps[0] for one in depths.ravel()])
        steps = steps.reshape(depths.shape)
    else:
        objective = compress(stats, _deepest(deepest), noise)
        sweep = best_free(objective, deepest)
        filters = {
            int(one): filter_of_steps(sweep[one].steps, stats.eigenvalues)
            for one in np.unique(depths)
        }
        padded = [np.pad(sweep[one].steps, (0, deepest - one)) for one in depths.ravel()]
        steps = np.array(padded).reshape(*depths.shape, deepest)
    risks = {one: summarise(context_risks(stats, *f, noise)) for one, f in filters.items()}
    table = np.array([risks[int(one)] for one in depths.ravel()]).reshape(*depths.shape, 3)
    risk, error, share = (plain(table[..., column]) for column in range(3))
    return SampledSteps(risk, error, share, plain(steps))


def sampled_polynomial_bound(
    depth: Numbers, stats: ContextStatistics, noise_var: Numbers
) -> SampledBound:
    """Return the best polynomial of degree `depth` over the drawn contexts, up to degree 128.

    A lower bound for label-linear attention with frozen covariates on these contexts. Its
    coefficients are fitted to the draws: as an estimate for all contexts it is low by about the
    fraction degree / draws, more where rare contexts carry the risk.

    Args:
        depth: Degree; several in one call cost no more than the highest.
        stats: From `context_statistics`.
        noise_var: Variance of the label noise.

    Raises:
        InvalidValue: For a degree that is not a whole number or above 128, or a negative noise.
    """
    depths = whole("depth", depth)
    noise, deepest = float(finite("noise_var", noise_var)), _deepest(int(depths.max(initial=0)))
    objective = compress(stats, deepest, noise)
    best = best_polynomials(objective, deepest, np.zeros(1))
    table = np.empty((depths.size, 3))
    for start in range(0, depths.size, _TOGETHER):
        part = slice(start, start + _TOGETHER)
        gains = best.gains[depths.ravel()[part]]
        # Interpolated as the objective was: the polynomial that was judged is the one reported.
        values = np.stack([1 - objective.nodes * gains[:, :-1], gains[:, :-1]])
        spread = at_eigenvalues(stats, objective, values.reshape(-1, objective.nodes.size))
        spread = spread.reshape(2, len(gains), *stats.eigenvalues.shape)
        found = [summarise(context_risks(stats, p, g, noise)) for p, g in zip(*spread, strict=True)]
        table[part] = [(f.risk, f.standard_error, g[-1]) for f, g in zip(found, gains, strict=True)]
    table = table.reshape(*depths.shape, 3)
    return SampledBound(*(plain(table[..., column]) for column in range(3)))


def sampled_gd_plus_plus_risk(
    depth: Numbers, stats: ContextStatistics, noise_var: Numbers, tied: bool = False
) -> SampledUpdates:
    """Return GD++ at the scalars that are best for the drawn contexts, up to five layers.

    Args:
        depth: Layers.
        stats: From `context_statistics`.
        noise_var: Variance of the label noise.
        tied: One pair of scalars for all layers.

    Raises:
        InvalidValue: For a depth that is not a whole number or above five, or a negative noise.
    """
    layers = one_whole("depth", depth)
    noise = float(finite("noise_var", noise_var))
    objective = compress(stats, _deepest(polynomial_degree(min(layers, 6))), noise)
    best = best_updates(objective, layers, tied=tied)[-1]
    filters = filter_of_updates(best.steps, best.updates, stats.eigenvalues)
    found = summarise(context_risks(stats, *filters, noise))
    return SampledUpdates(*found, best.steps, best.updates)


def sampled_bayes_risk(
    num_context: Numbers,
    signal_spectrum: Numbers,
    noise_var: Numbers,
    *,
    num_draws: Numbers = 512,
    seed: int = 0,
) -> SampledRisk:
    r"""Return the Bayes risk at finite size: the mean posterior trace over drawn contexts.

    $\mathrm{tr}\,(\mathrm{diag}(1/s)+Z^\top Z/\sigma^2)^{-1}$ with $Z$ standard normal: exact for
    each context, for a learner that knows covariance and prior. For rotated tasks that learner
    would know the rotation: a lower bound there.

    Args:
        num_context: $k \ge 0$.
        signal_spectrum: $s_i$, $D$ values.
        noise_var: $\sigma^2 \ge 0$.
        num_draws: Contexts.
        seed: Of the generator.

    Raises:
        InvalidValue: For a negative argument or a count that is not whole.
    """
    k, draws = one_whole("num_context", num_context), one_whole("num_draws", num_draws, low=1)
    s, noise = (
        one_spectrum("signal_spectrum", signal_spectrum),
        float(finite("noise_var", noise_var)),
    )
    s = s[s > 0]
    if k == 0 or s.size == 0 or (noise == 0 and k >= s.size):
        return SampledRisk(float(s.sum()) if k < s.size else 0.0, 0.0, 0.01)
    generator = np.random.default_rng(seed)
    block = max(1, (1 << 22) // (s.size * min(k, s.size)))
    risks = [
        _posterior_traces(scaled_contexts(k, s, min(block, draws - start), generator), s, noise / k)
        for start in range(0, draws, block)
    ]
    return summarise(np.concatenate(risks))


def _posterior_traces(rows: np.ndarray, s: np.ndarray, ridge: float) -> np.ndarray:
    r"""Return $\mathrm{tr}\,s(I+R^\top R/\zeta)^{-1}$ for each context, $\zeta=\sigma^2/k$."""
    turned = np.swapaxes(rows, 1, 2)
    if rows.shape[1] < s.size:  # Woodbury: a system of the size of the context
        system = rows @ turned + ridge * np.eye(rows.shape[1])
        learnt = np.linalg.solve(system, rows * s)
        return s.sum() - (rows * learnt).sum(axis=(1, 2))
    system = turned @ rows + ridge * np.eye(s.size)
    return ridge * np.einsum(
        "nll->n", np.linalg.solve(system, np.broadcast_to(np.diag(s), system.shape))
    )


def _deepest(degree: int) -> int:
    """Return the degree, refused beyond what the nodes resolve."""
    if degree > _DEEPEST:
        raise InvalidValue(
            f"Polynomials of drawn contexts go up to degree {_DEEPEST}. Got {degree}; use fewer "
            "layers, or tied steps, which have no limit."
        )
    return degree
