r"""Gradient descent in context at isotropic covariance, any depth, at its optimal step sizes.

The step $\eta$ multiplies the mean gradient, covariance scaled to $\lambda_1=1$.
"""

from typing import NamedTuple

import numpy as np

from ._marchenko_pastur import Quadrature, geometric, quadrature
from ._minimise import minimise_by_slope
from ._numbers import Array, Numbers, Values, finite, one_whole, plain, positive, whole
from ._objective import FilterObjective
from ._steps import best_free, tied_filter

_BLOCK = 1 << 13  # configurations x nodes: small temporaries are reused, large ones mapped anew


class GradientDescentRisk(NamedTuple):
    r"""Gradient descent at its best.

    Attributes:
        risk: Excess risk.
        steps: $\eta^*$ (tied), or $\eta_1..\eta_L$ on a last axis (untied); 0 at depth 0.
    """

    risk: Values
    steps: Values


def gradient_descent_risk(
    depth: Numbers,
    num_context: Numbers,
    num_dims: Numbers,
    signal_var: Numbers,
    noise_var: Numbers,
    tied: bool = True,
) -> GradientDescentRisk:
    r"""Return the excess risk of $L$ steps of gradient descent from zero, and the optimal steps.

    Isotropic covariance and prior, proportional limit ($k,D\to\infty$ at fixed ratio): at
    $D\le20$ the risk of deep stacks at $k\approx D$ is dominated by rare contexts and
    `sampled_gradient_descent_risk` is the reference. Tied without noise:
    $\eta^*=k/(k+D)$ at every depth and a Catalan series; with noise: quadrature, exact in the
    number of nodes, minimised over the step. Untied without noise: closed form; with noise: the
    best real steps (the best polynomial may have complex roots, see `polynomial_bound`).

    Args:
        depth: $L \ge 0$, whole; one number when untied.
        num_context: $k \ge 0$.
        num_dims: $D > 0$.
        signal_var: $\tau \ge 0$.
        noise_var: $\sigma^2 \ge 0$.
        tied: One step for all layers, or one for each.

    Raises:
        InvalidValue: For a depth that is not a whole number, or a negative argument.
    """
    layers, k = whole("depth", depth), finite("num_context", num_context)
    dims, tau = positive("num_dims", num_dims), finite("signal_var", signal_var)
    noise = finite("noise_var", noise_var)
    if not tied:
        return _untied(one_whole("depth", depth), k, dims, tau, noise)
    shape = np.broadcast_shapes(layers.shape, k.shape, dims.shape, tau.shape, noise.shape)
    layers, k, dims, tau, noise = (
        np.broadcast_to(array, shape).ravel() for array in (layers, k, dims, tau, noise)
    )
    risk, step = tau.copy(), np.zeros(tau.shape)
    works = (layers > 0) & (k > 0) & (tau > 0)
    quiet, loud = works & (noise == 0), works & (noise > 0)
    if quiet.any():
        step[quiet] = k[quiet] / (k[quiet] + dims[quiet])
    for one in np.unique(layers[works]):  # few depths, many configurations each
        at = quiet & (layers == one)
        risk[at] = gradient_descent_risk_with(step[at], int(one), k[at], dims[at], tau[at], 0.0)
        places = np.flatnonzero(loud & (layers == one))
        size = max(1, _BLOCK // num_nodes(int(one)))
        for start in range(0, places.size, size):
            at = places[start : start + size]
            step[at], risk[at] = _tied_noisy(int(one), dims[at] / k[at], tau[at], noise[at])
    return GradientDescentRisk(plain(risk.reshape(shape)), plain(step.reshape(shape)))


def gradient_descent_risk_with(
    step_size: Numbers,
    depth: Numbers,
    num_context: Numbers,
    num_dims: Numbers,
    signal_var: Numbers,
    noise_var: Numbers,
) -> Values:
    r"""Return the risk of tied gradient descent at a given step, one depth.

    $\int\rho[\tau p^2+\sigma^2g(1-p)^2/\lambda]$, $p=(1-\eta\lambda)^L$, isotropic, $g=D/k$.

    Raises:
        InvalidValue: For a depth that is not a whole number, or a negative argument.
    """
    layers, k = one_whole("depth", depth), positive("num_context", num_context)
    dims, tau = positive("num_dims", num_dims), finite("signal_var", signal_var)
    noise, eta = finite("noise_var", noise_var), finite("step_size", step_size)
    eta, ratio, tau, noise = np.broadcast_arrays(eta, dims / k, tau, noise)
    rule = quadrature(num_nodes(layers), ratio)
    return plain(_tied_risk(layers, eta, ratio, tau, noise, rule)[0])


def isotropic_objective(
    num_nodes: int, ratio: float, signal_var: float, noise_var: float
) -> FilterObjective:
    """Return the risk of a filter at isotropic covariance, exact for degrees up to `num_nodes`."""
    rule = quadrature(num_nodes, np.asarray(ratio, float))
    return FilterObjective(
        nodes=rule.nodes,
        floor=signal_var * float(rule.rest),
        cross=np.zeros(num_nodes),
        signal_root=np.sqrt(signal_var * rule.weights / rule.nodes),
        noise_root=np.sqrt(noise_var * ratio * rule.weights),
    )


def num_nodes(depth: int) -> int:
    r"""Return enough nodes: exact at first, then $6\sqrt L$, where $(1-x)^{2L}$ ends."""
    return min(depth, 32 + int(6 * np.sqrt(depth)))


def _tied_risk(
    depth: int, step: Array, ratio: Array, tau: Array, noise: Array, rule: Quadrature
) -> tuple[Array, Array]:
    """Return the risk of one step per configuration and its derivative by the log of the step."""
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        residual, gains = tied_filter(depth, step[..., None], rule.nodes)
        bias, spread = tau * rule.rest, noise * ratio
        signal = tau[..., None] * rule.weights / rule.nodes * residual
        risk = bias + (signal * residual).sum(axis=-1)
        risk = risk + spread * (rule.weights * gains**2).sum(axis=-1)
        moved = depth * residual / (1 - step[..., None] * rule.nodes) * step[..., None]
        by_gains = spread[..., None] * rule.weights * gains - rule.nodes * signal
        slope = 2 * (by_gains * moved).sum(axis=-1)
    return risk, np.where(np.isfinite(slope), slope, np.inf)


def _tied_noisy(depth: int, ratio: Array, tau: Array, noise: Array) -> tuple[Array, Array]:
    """Return optimal steps and risks of one depth for many configurations."""
    one = 1 / (1 + ratio + noise * ratio / tau)  # exact at one layer
    if depth == 1:
        return one, tau * (1 - one)
    rule = quadrature(num_nodes(depth), ratio)

    def risk(log_step: Array, index: np.ndarray) -> tuple[Array, Array]:
        part = Quadrature(*(array[index] for array in rule))
        step = np.exp(log_step)
        return _tied_risk(depth, step, ratio[index], tau[index], noise[index], part)

    # The optimum lies between the one-layer step shared out and the noise-free step.
    low, high = np.log(one / depth) - 0.1, -np.log1p(ratio) + 0.1
    log_step, best = minimise_by_slope(risk, low, high)
    return np.exp(log_step), best


def _untied(depth: int, k: Array, dims: Array, tau: Array, noise: Array) -> GradientDescentRisk:
    """Return free steps; closed form without noise, quasi-Newton one by one with it."""
    k, dims, tau, noise = np.broadcast_arrays(k, dims, tau, noise)
    risk, steps = tau.copy(), np.zeros((*tau.shape, depth))
    for at in np.ndindex(tau.shape):
        if depth == 0 or k[at] == 0 or tau[at] == 0:
            continue
        ratio = float(dims[at] / k[at])
        if noise[at] == 0:
            steps[at] = 1 / quadrature(depth, np.asarray(ratio)).nodes
            risk[at] = tau[at] * geometric(depth, np.asarray(ratio))
        else:
            found = best_free(
                isotropic_objective(depth, ratio, float(tau[at]), float(noise[at])), depth
            )[-1]
            steps[at], risk[at] = found.steps, found.risk
    return GradientDescentRisk(plain(risk), steps)
