r"""Two shapes of a transition along a scale: a step, and a kink, each with place and width.

A step $q_0+\frac{q_1-q_0}{1+(s_c/s)^h}$ is what a first-order-like transition and every smooth
cross-over look like. A kink, $q_\infty+m\,\frac{\sqrt{z^2+1}-z}{2}\,\delta$ with
$z=(s-s_c)/\delta$, is a line that ends on a plateau: an order parameter with exponent 1. The ramp
of a kink never shrinks, however sharp the transition; its rounding $\delta$ does.
"""

from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Float

from ._data import Points
from ._descent import Descent, Form, descend

Shape = Literal["step", "kink"]
# Levels before and after a step: both fitted, both read off the ends of the scale, or given.
Levels = Literal["free", "ends"] | tuple[float, float]
NUM_PLACES, NUM_WIDTHS = 24, 12
LOG_SPREAD = 2.0 * np.log(4.0)  # 20-80 % of 1/(1 + e^-x)
KINK_SPREAD = 0.75  # z at which the slope of a kink has changed by 20 % or 80 %


class Fits(NamedTuple):
    """The fitted shapes of many lanes.

    Attributes:
        place: Critical scale of each lane.
        log_width: 20-80 % width on the logarithm of the scale: of the step, or of the change of
            slope of the kink.
        start, end: Order parameter far below and far above the step; of a kink, at the lowest
            scale and on the plateau.
        squares: Weighted sum of squared residuals.
        parameters: In the coordinates of the fit.
    """

    place: Float[np.ndarray, " lanes"]
    log_width: Float[np.ndarray, " lanes"]
    start: Float[np.ndarray, " lanes"]
    end: Float[np.ndarray, " lanes"]
    squares: Float[np.ndarray, " lanes"]
    parameters: Float[np.ndarray, "lanes 4"]


class Wanted(NamedTuple):
    """What is fitted.

    Attributes:
        shape: `step` or `kink`.
        levels: Of a step; a kink's are always free.
    """

    shape: Shape
    levels: Levels = "free"


def fit_shape(
    data: Points, order: np.ndarray, weights: np.ndarray, *, wanted: Wanted, near: np.ndarray | None
) -> Fits:
    """Fit one shape to many lanes of values on the same scales.

    Args:
        data: Gives the scales.
        order: Values, `(lanes, n)`.
        weights: Likewise.
        wanted: The shape, and its levels.
        near: Start from these parameters, `(4,)`; None searches a grid.
    """
    fitter = _fitter(data.distinct, wanted.shape)
    order, weights, within = _per_scale(data, order, weights)
    fixed = _fixed_levels(order, wanted)
    if near is None:
        starts = _search(fitter, order, weights, fixed=fixed)
    else:
        starts = np.array(np.broadcast_to(near, (len(order), 4)))
    form, (low, high) = fitter.form, fitter.bounds
    if fixed is not None:
        # Coordinates whose bounds meet stay where they are; without slopes nothing pulls them.
        low, high = (np.broadcast_to(end, starts.shape).copy() for end in (low, high))
        low[:, 2:] = high[:, 2:] = starts[:, 2:] = fixed
        form = _without_levels(form)
    found = descend(form, starts, (order, weights), bounds=(low, high))
    return fitter.describe(found._replace(squares=found.squares + within))


def curve_of(data: Points, parameters: Float[np.ndarray, "lanes 4"], shape: Shape) -> np.ndarray:
    """Return the values of fitted shapes at the scales of `data`, `(lanes, n)`."""
    values = _fitter(data.distinct, shape).form(parameters)[0]
    return values[:, np.searchsorted(data.distinct, data.scale)]


def _fitter(scales: Float[np.ndarray, " sizes"], shape: Shape) -> "_Step | _Kink":
    return _Step(scales) if shape == "step" else _Kink(scales)


def _per_scale(
    data: Points, order: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return mean and weight of every lane at each scale, and the squares within scales.

    Least squares on repeats is least squares on their means, a few times cheaper.
    """
    lanes = max(len(order), len(weights))
    rows = (data.scale[:, None] == data.distinct).astype(np.float64)
    total = weights @ rows
    mean = (weights * order) @ rows / np.maximum(total, 1e-300)
    within = (weights * order**2).sum(axis=1) - (total * mean**2).sum(axis=1)
    shape = (lanes, rows.shape[1])
    return mean, np.broadcast_to(total, shape), np.maximum(within, 0.0)


def _fixed_levels(order: Float[np.ndarray, "lanes sizes"], wanted: Wanted) -> np.ndarray | None:
    """Return level and height of every lane where they are not fitted, `(lanes, 2)`."""
    if wanted.shape == "kink" or wanted.levels == "free":
        return None
    if isinstance(wanted.levels, str):
        return np.column_stack([order[:, 0], order[:, -1] - order[:, 0]])
    start, end = wanted.levels
    return np.broadcast_to([start, end - start], (len(order), 2))


def _without_levels(form: Form) -> Form:
    def held(theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        values, slopes = form(theta)
        slopes[..., 2:] = 0.0
        return values, slopes

    return held


class _Step:
    """Coordinates: ln s_c, ln h, level below, height."""

    def __init__(self, scales: Float[np.ndarray, " sizes"]) -> None:
        self.x = np.log(scales)
        low, high = self.x[0], self.x[-1]
        reach = max(high - low, 1e-6)
        gap = np.diff(self.x).min(initial=reach)
        # From steps far narrower than the grid to ones far wider than the range.
        self.widths = np.geomspace(0.1 * gap, 5.0 * reach, NUM_WIDTHS)
        self.places = np.linspace(low, high, NUM_PLACES)
        free = np.inf
        self.bounds = (
            np.array([low - reach, np.log(LOG_SPREAD / (20.0 * reach)), -free, -free]),
            np.array([high + reach, np.log(LOG_SPREAD / (0.02 * gap)), free, free]),
        )

    def basis(self) -> tuple[np.ndarray, np.ndarray]:
        """Return nonlinear coordinates of the grid, `(g, 2)`, and its steps, `(g, n)`."""
        place, width = (a.ravel() for a in np.meshgrid(self.places, self.widths))
        steep = LOG_SPREAD / width
        return np.column_stack([place, np.log(steep)]), _logistic(
            steep[:, None] * (self.x - place[:, None])
        )

    def form(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        place, steep = theta[:, :1], np.exp(theta[:, 1:2])
        level, height = theta[:, 2:3], theta[:, 3:4]
        z = steep * (self.x - place)
        g = _logistic(z)
        bend = height * g * (1 - g)
        slopes = np.stack([-bend * steep, bend * z, np.ones_like(g), g], axis=-1)
        return level + height * g, slopes

    def describe(self, found: Descent) -> Fits:
        theta = found.parameters
        width = LOG_SPREAD / np.exp(theta[:, 1])
        ends = theta[:, 2], theta[:, 2] + theta[:, 3]
        return Fits(np.exp(theta[:, 0]), width, *ends, found.squares, theta)


class _Kink:
    """Coordinates: s_c and ln delta in units of the largest scale, plateau, slope."""

    def __init__(self, scales: Float[np.ndarray, " sizes"]) -> None:
        self.unit = float(scales[-1])
        self.x = scales / self.unit
        low, high = self.x[0], self.x[-1]
        reach = max(high - low, 1e-6)
        gap = np.diff(self.x).min(initial=reach)
        self.places = np.geomspace(low, high, NUM_PLACES)
        self.widths = np.geomspace(0.1 * gap, 2.0 * reach, NUM_WIDTHS)
        free = np.inf
        self.bounds = (
            np.array([1e-9, np.log(0.01 * gap), -free, -free]),
            np.array([high + reach, np.log(20.0 * reach), free, free]),
        )

    def basis(self) -> tuple[np.ndarray, np.ndarray]:
        """Return nonlinear coordinates of the grid, `(g, 2)`, and its ramps, `(g, n)`."""
        place, width = (a.ravel() for a in np.meshgrid(self.places, self.widths))
        ramp = _ramp((self.x - place[:, None]) / width[:, None]) * width[:, None]
        return np.column_stack([place, np.log(width)]), ramp

    def form(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        place, width = theta[:, :1], np.exp(theta[:, 1:2])
        level, slope = theta[:, 2:3], theta[:, 3:4]
        z = (self.x - place) / width
        root = np.sqrt(z**2 + 1)
        ramp = _ramp(z)
        down = 0.5 * (1 - z / root)
        slopes = np.stack(
            [slope * down, slope * width * (0.5 / root), np.ones_like(z), ramp * width], axis=-1
        )
        return level + slope * width * ramp, slopes

    def describe(self, found: Descent) -> Fits:
        theta = found.parameters
        place, half = theta[:, 0], KINK_SPREAD * np.exp(theta[:, 1])
        # The lower end of the rounding may lie below zero, where no logarithm reaches.
        lower = np.maximum(place - half, 1e-3 * place)
        values = self.form(theta)[0]
        log_width = np.log((place + half) / lower)
        return Fits(place * self.unit, log_width, values[:, 0], theta[:, 2], found.squares, theta)


def _search(
    fitter: _Step | _Kink, order: np.ndarray, weights: np.ndarray, *, fixed: np.ndarray | None
) -> np.ndarray:
    """Return the best grid point of every lane, its two linear coordinates by least squares."""
    places, basis = fitter.basis()
    rows = np.arange(len(order))
    if fixed is not None:
        rest, height = order - fixed[:, :1], fixed[:, 1:]
        gain = 2 * height * ((weights * rest) @ basis.T) - height**2 * (weights @ (basis**2).T)
        return np.column_stack([places[np.argmax(gain, axis=1)], fixed])
    total = np.maximum(weights.sum(axis=1, keepdims=True), 1e-300)
    mean_y = (weights * order).sum(axis=1, keepdims=True) / total
    mean_g = weights @ basis.T / total  # lanes x grid
    cross = (weights * (order - mean_y)) @ basis.T
    power = np.maximum(weights @ (basis**2).T - total * mean_g**2, 1e-12)
    best = np.argmax(cross**2 / power, axis=1)
    height = cross[rows, best] / power[rows, best]
    level = mean_y[:, 0] - height * mean_g[rows, best]
    return np.column_stack([places[best], level, height])


def _logistic(z: np.ndarray) -> np.ndarray:
    return 0.5 * (1 + np.tanh(0.5 * z))


def _ramp(z: np.ndarray) -> np.ndarray:
    """Return (sqrt(z^2 + 1) - z)/2 without cancellation."""
    root = np.hypot(z, 1.0)
    return np.where(z > 0, 0.5 / (root + np.abs(z)), 0.5 * (root - z))
