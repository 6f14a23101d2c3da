r"""The step size that theory expects, and its slopes in depth and dimension.

$\eta$ multiplies the mean gradient $\frac1kX^\top(y-Xw)$, covariance scaled to $\lambda_1=1$.
Sum-gradient convention: $\eta/k$; covariates of variance $1/D$: $\eta D$. A claim on the
exponent of $\eta$ in $D$ is empty without the convention.
"""

from typing import NamedTuple

import numpy as np

from ..errors import InvalidValue
from ._numbers import Numbers, finite, one_spectrum, one_whole, paired, positive, whole
from .contexts import ContextStatistics
from .depth import polynomial_bound
from .gradient_descent import gradient_descent_risk
from .sampled import sampled_gradient_descent_risk

_SMALL = 1e-4


class StepPrediction(NamedTuple):
    r"""A predicted step and its local slopes.

    Attributes:
        step: $\eta^*$ (tied), or the mean over layers.
        slope_depth: $\partial\ln\eta/\partial\ln L$ between $L$ and $2L$.
        slope_dims: $\partial\ln\eta/\partial\ln D$ at fixed $k$.
    """

    step: float
    slope_depth: float
    slope_dims: float


class StepHypothesis(NamedTuple):
    r"""One answer to how the step scales; each slope as an interval.

    Attributes:
        name: Regime.
        slope_depth: Of $\ln\eta$ on $\ln L$.
        slope_dims: On $\ln D$ at fixed $k$; None if it says nothing.
        slope_width: On the model width beyond $D+1$; None likewise.
        sentence: Where it holds.
    """

    name: str
    slope_depth: tuple[float, float]
    slope_dims: tuple[float, float] | None
    slope_width: tuple[float, float] | None
    sentence: str


def step_size(
    depth: Numbers,
    num_context: Numbers,
    num_dims: Numbers,
    signal_var: Numbers,
    noise_var: Numbers,
    tied: bool = True,
) -> StepPrediction:
    r"""Return the optimal step at isotropic covariance with its slopes, proportional limit.

    Tied without noise $k/(k+D)$ at every depth; with noise $T^*/L$ beyond the early-stopping
    depth. Untied: the mean step of the best polynomial, $-p'(0)/L$.

    Args:
        depth: $L \ge 1$.
        num_context: $k > 0$.
        num_dims: $D > 0$.
        signal_var: $\tau > 0$.
        noise_var: $\sigma^2 \ge 0$.
        tied: One step for all layers.

    Raises:
        InvalidValue: For an argument outside its range.
    """
    layers, dims = one_whole("depth", depth, low=1), float(positive("num_dims", num_dims))
    rest = (positive("signal_var", signal_var), finite("noise_var", noise_var))
    k = positive("num_context", num_context)

    def step(at_depth: int, at_dims: float) -> float:
        if tied:
            return float(gradient_descent_risk(at_depth, k, at_dims, *rest).steps)
        return float(polynomial_bound(at_depth, k, at_dims, *rest).total_step) / at_depth

    here = step(layers, dims)
    deeper = np.log(step(2 * layers, dims) / here) / np.log(2)
    wider = np.log(step(layers, dims * (1 + _SMALL)) / step(layers, dims * (1 - _SMALL)))
    return StepPrediction(here, float(deeper), float(wider / np.log((1 + _SMALL) / (1 - _SMALL))))


def sampled_step_slope(
    depths: Numbers, stats: ContextStatistics, noise_var: Numbers, tied: bool = True
) -> float:
    r"""Return the fitted slope of $\ln\bar\eta$ on $\ln L$ at finite sizes.

    Args:
        depths: At least two different depths above 0.
        stats: From `context_statistics`.
        noise_var: $\sigma^2$.
        tied: One step for all layers, or the mean of free ones.

    Raises:
        InvalidValue: For fewer than two depths.
    """
    layers = np.atleast_1d(whole("depths", depths, low=1))
    if np.unique(layers).size < 2:
        raise InvalidValue(f"A slope needs two different depths. Got {layers.tolist()}.")
    found = np.asarray(sampled_gradient_descent_risk(layers, stats, noise_var, tied).steps)
    mean = found if tied else found.sum(axis=-1) / layers
    return float(np.polyfit(np.log(layers), np.log(mean), 1)[0])


def spectral_descent_risk_with(
    step: Numbers, depth: Numbers, covariance_spectrum: Numbers, signal_spectrum: Numbers
) -> np.ndarray:
    r"""Return $\sum_is_i(1-\eta\lambda_i)^{2L}$ for given steps, unbounded context.

    The consequence test: with $\eta=cL^{-q}$ the depth exponent is $\beta(1-q)$ instead of
    $\beta$, so that a step that falls as $L^{-1/2}$ halves it.

    Args:
        step: $\eta$, one per depth.
        depth: $L$, same shape.
        covariance_spectrum: $\lambda_i$.
        signal_spectrum: $s_i$.

    Raises:
        InvalidValue: For a depth that is not a whole number, or spectra that do not fit.
    """
    layers, eta = whole("depth", depth), finite("step", step)
    lam, s = paired(covariance_spectrum, signal_spectrum)
    lam, s = one_spectrum("covariance_spectrum", lam), one_spectrum("signal_spectrum", s)
    eta, layers = np.broadcast_arrays(eta, layers)
    with np.errstate(divide="ignore", over="ignore"):
        logs = np.log(np.abs(1 - eta[..., None] * lam))
        return (s * np.exp(2 * layers[..., None] * logs)).sum(axis=-1)


def step_hypotheses(num_context: Numbers, num_dims: Numbers) -> tuple[StepHypothesis, ...]:
    r"""Return the rival scalings of the step, $\eta=\Theta((Ld)^{-1/2})$ of arXiv 2511.06232 first.

    Args:
        num_context: $k$, for the slope in the dimension.
        num_dims: $D$.

    Raises:
        InvalidValue: For an argument that is not positive.
    """
    k, dims = float(positive("num_context", num_context)), float(positive("num_dims", num_dims))
    quiet = -dims / (k + dims)
    return (
        StepHypothesis(
            "paper", (-0.5, -0.5), (-0.5, -0.5), (-0.5, -0.5),
            "no optimum has these slopes; a parametrisation at initialisation does",
        ),
        StepHypothesis(
            "noise-free, tied", (0.0, 0.0), (quiet, quiet), (0.0, 0.0),
            "isotropic: k/(k + D) at every depth; rotated: towards 2/lambda_1",
        ),
        StepHypothesis(
            "noise-limited, tied", (-1.0, -1.0), None, (0.0, 0.0),
            "beyond the early-stopping depth; -1 in D only where noise dominates, else the gap "
            "of the spectrum sets the stopping time and the slope may even be positive",
        ),
        StepHypothesis(
            "noise-limited, untied mean", (-1.0, -1.0), (-1.0, -1.0), (0.0, 0.0),
            "the steps sum to signal_var k/(noise_var D), the slope of the ridge filter",
        ),
        StepHypothesis(
            "noise-free, untied mean", (0.0, 1.0), None, (0.0, 0.0),
            "rises towards 1/|1 - D/k|, like L at k = D",
        ),
        StepHypothesis(
            "under-trained, 1/L residual", (-1.0, -1.0), None, (0.0, 0.0),
            "the learnt factor does not depend on L yet: train longer",
        ),
    )  # fmt: skip
