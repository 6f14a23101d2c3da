r"""What a fit minimises: a loss of residuals, and the density of noise that it stands for.

All losses belong to one family, $\sum_i w_i\,\rho_\delta(r_i)\,c^{[r_i>0]}$ with Huber's
$\rho_\delta$ ($\delta=\infty$: squared; $\delta\to0$: absolute) and a factor $c$ for residuals
above zero (predictions above the data). Minimising it is maximum likelihood under the density
proportional to $\exp(-\rho(r)/\tau)$, which gives every loss a likelihood for AICc and BIC.
"""

import dataclasses
import math

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import erf

from ..errors import InvalidValue

# A free scale or an absolute loss is smoothed below this share of the typical residual; the
# objective then differs from the sharp one by less than one part in a million.
SHARP = 1e-7


@dataclasses.dataclass(frozen=True)
class AbstractLoss:
    """A loss of residuals, `prediction - data` on the scale they are taken in.

    Attributes:
        over: Factor on the loss of predictions above the data; 1 is symmetric.
    """

    over: float = dataclasses.field(default=1.0, kw_only=True)

    def __post_init__(self) -> None:
        if not (math.isfinite(self.over) and self.over > 0):
            raise InvalidValue(f"`over` must be a positive number. Got {self.over}.")

    @property
    def delta(self) -> float:
        """Return the residual beyond which the loss grows linearly; 0 for the absolute loss."""
        raise NotImplementedError

    def values(self, residuals: np.ndarray) -> np.ndarray:
        """Return the loss of each residual, as the user counts it."""
        return self._side(residuals) * self._symmetric(np.abs(residuals))

    def _symmetric(self, size: np.ndarray) -> np.ndarray:
        raise NotImplementedError

    def _side(self, residuals: np.ndarray) -> np.ndarray:
        return np.where(residuals > 0, self.over, 1.0)

    def log_normaliser(self, temperature: float) -> float:
        r"""Return $\ln\int e^{-\rho(r)/\tau}\,dr$, both sides of zero."""
        raise NotImplementedError

    def describe(self) -> str:
        """Return the noise this loss stands for, in words."""
        raise NotImplementedError


@dataclasses.dataclass(frozen=True)
class Squared(AbstractLoss):
    r"""$r^2$: Gaussian noise."""

    @property
    def delta(self) -> float:
        """Return infinity."""
        return math.inf

    def _symmetric(self, size: np.ndarray) -> np.ndarray:
        return size**2

    def log_normaliser(self, temperature: float) -> float:
        r"""Return the log of $\frac12\sqrt{\pi\tau}(1+c^{-1/2})$."""
        return 0.5 * math.log(math.pi * temperature) + math.log(0.5 + 0.5 / math.sqrt(self.over))

    def describe(self) -> str:
        """Name the Gaussian."""
        return "Gaussian (squared loss)"


@dataclasses.dataclass(frozen=True)
class Absolute(AbstractLoss):
    r"""$|r|$: Laplace noise; the fit is a conditional median."""

    @property
    def delta(self) -> float:
        """Return zero."""
        return 0.0

    def _symmetric(self, size: np.ndarray) -> np.ndarray:
        return size

    def log_normaliser(self, temperature: float) -> float:
        r"""Return the log of $\tau(1+1/c)$."""
        return math.log(temperature * (1.0 + 1.0 / self.over))

    def describe(self) -> str:
        """Name the Laplace density."""
        return "Laplace (least absolute deviations)"


@dataclasses.dataclass(frozen=True)
class Huber(AbstractLoss):
    r"""$\frac12r^2$ up to `threshold`, linear beyond: Gaussian in the middle, Laplace tails.

    With `free_scale`, residuals are divided by a scale that is fitted too, and the objective
    is the negative log-likelihood of Huber's density (Besiroglu et al., arXiv 2404.10102). With
    a threshold far below 1 that density is Laplace, whatever the data.

    Attributes:
        threshold: $\delta$, in units of the residual (of the scaled residual if `free_scale`).
        free_scale: Fit the scale of the residuals as well.
    """

    threshold: float = 1e-3
    free_scale: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if not (math.isfinite(self.threshold) and self.threshold > 0):
            raise InvalidValue(
                f"Huber's threshold must be a positive number. Got {self.threshold}."
            )

    @property
    def delta(self) -> float:
        """Return the threshold."""
        return self.threshold

    def _symmetric(self, size: np.ndarray) -> np.ndarray:
        delta = self.threshold
        return np.where(size <= delta, 0.5 * size**2, delta * (size - 0.5 * delta))

    def log_normaliser(self, temperature: float) -> float:
        """Return the log of the two halves' Gaussian middle and exponential tail."""
        return math.log(self._half(temperature) + self._half(temperature / self.over))

    def _half(self, temperature: float) -> float:
        delta = self.threshold
        middle = math.sqrt(0.5 * math.pi * temperature) * erf(delta / math.sqrt(2 * temperature))
        return middle + temperature / delta * math.exp(-0.5 * delta**2 / temperature)

    def describe(self) -> str:
        """Name Huber's density with its threshold."""
        scaled = " of residuals divided by a fitted scale" if self.free_scale else ""
        return f"Huber with threshold {self.threshold:g}{scaled}"


def profile_scale(loss: AbstractLoss, residuals: np.ndarray, weights: np.ndarray) -> float:
    """Return the scale $s$ that minimises the loss's negative log-likelihood of `r / s`.

    Weights count as repetitions of a row.
    """
    typical = float(np.average(np.abs(residuals), weights=weights))
    if typical == 0.0:
        return 0.0
    # At thresholds far below 1 the optimum lies near threshold * mean |r|; otherwise near it.
    centre = math.log(typical) + min(0.0, math.log(min(loss.delta, 1e300) or 1.0))

    def objective(log_scale: float) -> float:
        return scaled_negative_log_likelihood(loss, residuals / math.exp(log_scale), weights) + (
            log_scale * float(np.sum(weights))
        )

    grid = centre + np.linspace(-5.0, 5.0, 41)
    best = grid[int(np.argmin([objective(value) for value in grid]))]
    found = minimize_scalar(
        objective, bounds=(best - 0.5, best + 0.5), method="bounded", options={"xatol": 1e-12}
    )
    return math.exp(float(found.x))  # pyright: ignore[reportAttributeAccessIssue]


def scaled_negative_log_likelihood(
    loss: AbstractLoss, residuals: np.ndarray, weights: np.ndarray
) -> float:
    """Return the negative log-likelihood of residuals already divided by their scale."""
    return float(np.sum(weights * loss.values(residuals))) + float(
        np.sum(weights)
    ) * loss.log_normaliser(1.0)


def log_likelihood(loss: AbstractLoss, total: float, num_rows: float | int) -> tuple[float, float]:
    r"""Return the log-likelihood maximised over the temperature $\tau$, and that $\tau$.

    Args:
        loss: The loss whose density is meant.
        total: The summed loss at the fit.
        num_rows: The summed weights.
    """
    if total <= 0.0:
        return math.inf, 0.0
    mean = total / num_rows
    if isinstance(loss, Absolute | Squared):
        best = mean if isinstance(loss, Absolute) else 2.0 * mean
    else:
        found = minimize_scalar(
            lambda at: mean * math.exp(-at) + loss.log_normaliser(math.exp(at)),
            bounds=(math.log(mean) - 3.0, math.log(mean) + 3.0),
            method="bounded",
            options={"xatol": 1e-12},
        )
        best = math.exp(float(found.x))  # pyright: ignore[reportAttributeAccessIssue]
    return -num_rows * (mean / best + loss.log_normaliser(best)), best
