r"""Is a transition in the model, or in the metric? The same curve, read under several metrics.

A smooth fall of the risk turns abrupt under a metric that needs many answers to be right at once
(arXiv 2304.15004). The rule: a transition counts only if it is seen in the excess risk itself, or
if its log-width shrinks with system size at a fixed metric.
"""

import enum
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from ..errors import InvalidValue
from ._data import Curve, Systems
from ._shapes import Levels, Shape
from ._status import Status
from .critical_scale import CriticalScale, critical_scale
from .sharpness import FEWEST_SIZES, Kind, Sharpness, sharpness

NARROWER = 0.75  # width under a metric over that of the excess risk: an apparent sharpening
RISK = "excess risk"

Metric = Callable[[np.ndarray], np.ndarray]


class Reality(enum.StrEnum):
    """What a transition turned out to be."""

    TRANSITION = "transition"
    ARTEFACT = "metric artefact"
    SMOOTH = "smooth"
    UNDECIDED = "undecided"


class MetricArtefact(NamedTuple):
    """A transition under several metrics.

    Attributes:
        status: `OK`, or why nothing could be compared.
        sentence: The verdict with its numbers, or the reason.
        reality: `TRANSITION`, `ARTEFACT`, `SMOOTH` or `UNDECIDED`.
        log_widths: Under each metric, in the largest system.
        slopes: What `sharpness` finds under each metric; empty below four sizes.
    """

    status: Status
    sentence: str
    reality: Reality
    log_widths: Mapping[str, float]
    slopes: Mapping[str, Sharpness]


def exact_match(num_answers: int) -> Metric:
    r"""Return $e^{-3Ke}$: the chance that $K$ answers are all right, each with $e^{-3e}$."""
    if num_answers < 1:
        raise InvalidValue(f"`num_answers` must be at least 1. Got {num_answers}.")
    return lambda risk: np.exp(-3.0 * num_answers * risk)


METRICS: Mapping[str, Metric] = {
    f"{count} right at once": exact_match(count) for count in (1, 5, 20, 80)
}


def metric_artefact(
    systems: Systems,
    metrics: Mapping[str, Metric] = METRICS,
    *,
    shape: Shape = "step",
    levels: Levels = "free",
    num_bootstrap: int = 200,
    key: int = 0,
) -> MetricArtefact:
    """Return whether the transition of these systems is one of the model or of a metric.

    Args:
        systems: Excess risk along the scale, by system size; one size may do for an artefact,
            four are needed for a transition.
        metrics: Functions of the excess risk.
        shape: Of the excess risk; a metric turns a kink into a step.
        levels: Of a step, see `critical_scale`.
        num_bootstrap: Draws behind the intervals.
        key: Seeds them.

    Raises:
        InvalidValue: As `critical_scale`; or no system.
    """
    if not systems:
        raise InvalidValue("There is no system to look at: give one curve of excess risk at least.")
    everything: dict[str, Metric] = {RISK: lambda risk: risk} | dict(metrics)
    how: dict[str, Any] = {"levels": levels, "num_bootstrap": num_bootstrap, "key": key}
    largest = max(systems)
    fits, slopes = {}, {}
    for name, metric in everything.items():
        read = {size: _under(curve, metric) for size, curve in systems.items()}
        # Only the risk itself can have a kink: a metric turns it into a step.
        how["shape"] = shape if name == RISK else "step"
        if len(systems) >= FEWEST_SIZES:
            slopes[name] = sharpness(read, **how)
        fits[name] = critical_scale(read[largest], **how)
    widths = {name: float(f.log_width) for name, f in fits.items() if f.log_width is not None}
    return _judged(fits, widths, slopes)


def _under(curve: Curve, metric: Metric) -> Curve:
    return curve._replace(order=metric(np.asarray(curve.order, np.float64)))


def _judged(
    fits: Mapping[str, CriticalScale], widths: dict[str, float], slopes: dict[str, Sharpness]
) -> MetricArtefact:
    sharp = [name for name, found in slopes.items() if found.kind is Kind.SHARP]
    if sharp:
        found = slopes[sharp[0]]
        text = f"Under {sharp[0]!r} the width shrinks with size. {found.sentence}"
        return MetricArtefact(Status.OK, text, Reality.TRANSITION, widths, slopes)
    if RISK not in widths:
        text = f"The excess risk itself shows no width. {fits[RISK].sentence}"
        return MetricArtefact(fits[RISK].status, text, Reality.UNDECIDED, widths, slopes)
    listed = ", ".join(f"{width:.2f} ({name})" for name, width in widths.items())
    narrow = min(widths, key=lambda name: widths[name])
    if widths[narrow] < NARROWER * widths[RISK]:
        text = (
            f"Log-widths {listed}: the same runs are {widths[RISK] / widths[narrow]:.1f} times as "
            f"abrupt under {narrow!r} as in the excess risk, and no width is seen to shrink with "
            "size: the metric makes the transition."
        )
        return MetricArtefact(Status.OK, text, Reality.ARTEFACT, widths, slopes)
    smooth = RISK in slopes and slopes[RISK].kind is Kind.SMOOTH
    text = f"Log-widths {listed}: " + (
        "wide under every metric, and no narrower in larger systems."
        if smooth
        else "no metric makes it abrupt, and whether it sharpens with size is open."
    )
    reality = Reality.SMOOTH if smooth else Reality.UNDECIDED
    return MetricArtefact(Status.OK, text, reality, widths, slopes)
