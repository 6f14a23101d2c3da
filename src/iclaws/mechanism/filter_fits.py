"""Which algorithm has the measured filter: fits of gradient descent, ridge, GD++ and others."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float
from scipy.optimize import least_squares

from .._registry import unknown_name_message
from ..errors import InvalidValue, UnknownName
from ..models import AbstractModel
from ..train.point import Point
from ._base import AbstractProbe, Values, probes
from ._bootstrap import bootstrap_weights, interval
from ._contexts import draw_contexts
from ._shapes import SHAPES, Data
from .filter import Filter, measure_filter
from .linearity import label_linearity

# No more steps than this are told apart by a response at few eigenvalues: the depths merge.
DEEPEST = 64
# Steps, over the best one, that a resample of the contexts may prefer.
NEARBY = np.linspace(0.8, 1.2, 81)


class FilterFit(NamedTuple):
    """One family of filters at its best parameters.

    Attributes:
        family: Name of the family.
        depth: Layers; None where the family has none.
        parameters: The best ones: `step` and `shrinkage` (`steps` where every layer has its
            own), or the `penalty` $z$ of ridge on the mean gradient.
        rms: Root of the mean squared difference from the measured filter, weighted.
    """

    family: str
    depth: int | None
    parameters: dict[str, Float[np.ndarray, " p"]]
    rms: float

    @property
    def label(self) -> str:
        """Return family and depth in words."""
        return self.family if self.depth is None else f"{self.family}, depth {self.depth}"

    @property
    def num_parameters(self) -> int:
        """Return how many numbers were fitted."""
        return sum(len(values) for values in self.parameters.values())

    def response(self, eigenvalues: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
        """Return the fitted $r$."""
        values = np.concatenate([np.zeros(0), *self.parameters.values()])
        return SHAPES[self.family].response(values, eigenvalues, self.depth or 0)


class EffectiveDepth(NamedTuple):
    """The number of equal gradient steps that the filter shows.

    Attributes:
        depth: The best one.
        step: Its step size.
        low, high: 95 % interval of the depth over contexts; `high` is infinite where resamples
            reach the deepest one tried: then the depth is a lower end.
        rms: Root mean squared difference of every depth tried, at its own best step.
    """

    depth: int
    step: float
    low: float
    high: float
    rms: dict[int, float]


def fit_filter(
    found: Filter, families: Sequence[str] | None = None, *, depths: Sequence[int] = range(1, 9)
) -> list[FilterFit]:
    """Return the best fit of every family and depth, the closest first.

    Args:
        found: The filter of one model.
        families: Names of shapes; None takes all.
        depths: Depths tried of families that have one (GD++ up to 4, untied up to 3).

    Raises:
        UnknownName: no family has such a name.
        InvalidValue: the filter is of several models, or of contexts without any direction.
    """
    data, fits = cloud(found), []
    for name in SHAPES if families is None else families:
        if name not in SHAPES:
            raise UnknownName(unknown_name_message("family of filters", name, SHAPES))
        deepest = SHAPES[name].deepest
        tried = [0] if deepest is None else [depth for depth in depths if depth <= deepest]
        fits += [_fit(name, data, depth) for depth in tried]
    return sorted(fits, key=lambda fit: fit.rms)


def simplest(fits: Sequence[FilterFit], slack: float = 0.1) -> FilterFit:
    """Return the fit of fewest parameters, then layers, whose rms is near the best one's.

    Args:
        fits: From `fit_filter`.
        slack: Share of the best rms, and a hundredth of it absolutely, that simplicity may cost.
    """
    least = min(fit.rms for fit in fits)
    near = [fit for fit in fits if fit.rms <= (1.0 + slack) * least + 0.01 * slack]
    return min(near, key=lambda fit: (fit.num_parameters, fit.depth or 0, fit.rms))


def effective_depth(
    found: Filter, *, deepest: int = 12, num_draws: int = 200, seed: int = 0
) -> EffectiveDepth:
    """Return the depth of the tied gradient descent nearest to a filter.

    As long as the deepest depth tried is the best, twice as many are, up to 64. Where steps are far
    below what the spectrum allows, depths become indistinguishable, and the interval over contexts
    says so.
    """
    data = cloud(found)
    fits: dict[int, FilterFit] = {}
    while True:
        tried = range(len(fits) + 1, deepest + 1)
        fits |= {depth: _fit("gradient-descent", data, depth) for depth in tried}
        depth = min(fits, key=lambda one: fits[one].rms)
        if depth < deepest or deepest >= DEEPEST:
            break
        deepest = min(2 * deepest, DEEPEST)
    # Squared differences of each context at each depth and step: a resample is then a product.
    errors = []
    for fit in fits.values():
        steps = float(fit.parameters["step"][0]) * NEARBY
        ratios = 1.0 - steps[:, None, None] * found.eigenvalues[None]
        differences = found.response - 1.0 + ratios ** (fit.depth or 1)
        errors.append((found.weight * differences**2).sum(axis=-1))
    draws = bootstrap_weights(len(found.eigenvalues), num_draws, seed)
    best = (np.asarray(errors) @ draws.T).min(axis=1).argmin(axis=0) + 1
    low, high = interval(best.astype(np.float64))
    high = np.inf if high >= deepest else high
    step = float(fits[depth].parameters["step"][0])
    return EffectiveDepth(depth, step, low, high, {d: fit.rms for d, fit in fits.items()})


def cloud(found: Filter) -> Data:
    """Return one model's filter as points with weights.

    Raises:
        InvalidValue: it is of several models, or of contexts without any direction.
    """
    if found.carried.ndim != 3:
        raise InvalidValue("Fit one model's filter at a time: take it with `found.of(run)`.")
    weight = found.weight.ravel()
    kept = weight > 0
    if not kept.any():
        raise InvalidValue("No context has a direction with data in it: nothing to fit.")
    weight = weight[kept] / weight[kept].sum()
    return Data(found.eigenvalues.ravel()[kept], found.response.ravel()[kept], weight)


def _fit(name: str, data: Data, depth: int) -> FilterFit:
    shape, root = SHAPES[name], np.sqrt(data.weight)

    def residual(values: np.ndarray) -> np.ndarray:
        return root * (shape.response(values, data.eigenvalues, depth) - data.response)

    best, least = np.zeros(0), np.inf
    for start in shape.starts(data, depth):
        found = start
        if len(start) and len(root) >= len(start):
            exact: Any = {"xtol": 1e-12, "ftol": 1e-12, "gtol": 1e-15}
            # A trial step may overflow a high power; the solver then shortens it.
            with np.errstate(over="ignore", invalid="ignore"):
                found = least_squares(residual, start, method="lm", max_nfev=200, **exact).x
        error = float((residual(found) ** 2).sum())
        if error < least:
            best, least = found, error
    if name == "ridge":
        best = np.abs(best)
    return FilterFit(name, depth or None, shape.split(best, depth), float(np.sqrt(least)))


@probes.register("filter-fits")
class FilterFits(AbstractProbe):
    """What the filter is: effective depth and step, and the best fit of each kind."""

    name = "filter-fits"
    version = 2  # 2: depths beyond twelve are found
    columns = (
        "effective_depth",
        "effective_depth_low",
        "effective_depth_high",
        "effective_step",
        "gradient_descent_rms",
        "untied_gradient_descent_rms",
        "gd_plus_plus_rms",
        "untied_gd_plus_plus_rms",
        "ridge_rms",
        "ridge_penalty",
        "label_outside",
        "label_scaling",
        "label_additivity",
    )

    def applies(self, point: Point) -> bool:
        """Return whether the task has covariates with known spectra."""
        return point.task.spectra() is not None

    def measure(self, models: AbstractModel, points: Sequence[Point]) -> list[Values]:
        """Return the fits of each model's filter."""
        contexts = draw_contexts(points[0].task, 96)
        filters = measure_filter(models, contexts, runs=1)
        linear = label_linearity(models, contexts, runs=1)
        depth = int(getattr(points[0].model, "depth", 4))
        found: list[Values] = []
        for run in range(len(points)):
            values = _summary(filters.of(run), depth)
            values["label_scaling"] = float(linear.scaling[run])
            values["label_additivity"] = float(linear.additivity[run])
            found.append(values)
        return found


def _summary(found: Filter, depth: int) -> Values:
    effective = effective_depth(found, deepest=max(12, depth + 4))
    values: Values = {
        "effective_depth": float(effective.depth),
        "effective_depth_low": effective.low,
        "effective_depth_high": effective.high,
        "effective_step": effective.step,
        "gradient_descent_rms": effective.rms[effective.depth],
        "label_outside": float(found.outside.mean()),
    }
    # Steps of their own for as many layers as the model has, and no more.
    for name in ("untied-gradient-descent", "gd-plus-plus", "untied-gd-plus-plus", "ridge"):
        best = fit_filter(found, (name,), depths=(min(depth, SHAPES[name].deepest or depth),))[0]
        values[f"{name.replace('-', '_')}_rms"] = best.rms
        if name == "ridge":
            values["ridge_penalty"] = float(best.parameters["penalty"][0])
    return values
