"""From the rows of a study to its transition: a curve for every system size, and the verdict."""

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from ..theory import plateau_time
from ..transitions import (
    METRICS,
    Curve,
    MetricArtefact,
    Sharpness,
    Status,
    metric_artefact,
    sharpness,
)
from ._rows import Rows, usable

NUM_BOOTSTRAP = 200
MOMENTUM = 0.9  # of `sgd`
Shape = Any


@dataclasses.dataclass(frozen=True)
class Systems:
    """An order parameter along a scale, by system size.

    Attributes:
        curves: By size.
        unit: What a risk is divided by before another metric reads it.
        shapes: What may be fitted: `step`, `kink` or both.
        levels: Of a step.
        expected: What theory expects of the slope, None where it has no number.
        note: Adds what else the sentence should say.
    """

    curves: Mapping[float, Curve]
    unit: float = 1.0
    shapes: tuple[Shape, ...] = ("step",)
    levels: Any = "free"
    expected: float | None = None
    note: Callable[[Sharpness], str] = lambda found: ""


class Judged(NamedTuple):
    """What was found.

    Attributes:
        shape: The shape that leaves less.
        sharpness: Of that shape, in the excess risk.
        metrics: The same under other metrics, where the excess risk alone does not decide.
    """

    shape: str
    sharpness: Sharpness
    metrics: MetricArtefact | None


def judge(systems: Systems) -> Judged:
    """Return the sharpness of the shape that fits best, and other metrics if it is not sharp."""
    how: dict[str, Any] = {"levels": systems.levels, "num_bootstrap": NUM_BOOTSTRAP}
    found = {shape: sharpness(systems.curves, shape=shape, **how) for shape in systems.shapes}
    shape = min(found, key=lambda name: _left(found[name]))
    best = found[shape]
    if best.kind.value == "sharp":
        return Judged(shape, best, None)
    scaled = {
        size: curve._replace(order=np.asarray(curve.order) / systems.unit)
        for size, curve in systems.curves.items()
    }
    return Judged(shape, best, metric_artefact(scaled, METRICS, shape=shape, **how))


def _left(found: Sharpness) -> tuple[bool, float]:
    """Return whether a shape was found nowhere, and its squared residuals over all sizes."""
    places = found.places.values()
    squares = [place.squares for place in places if place.squares is not None]
    nowhere = not any(place.status in (Status.OK, Status.UNRESOLVED) for place in places)
    return nowhere, float(sum(squares))


def _task_diversity(rows: Rows) -> Iterator[tuple[str, Systems]]:
    curves = {}
    for (dims,), group in usable(rows).groups(["num_dims"]):
        ratio = group.floats("num_tasks") / dims
        # Per signal variance: systems whose signal grows with their size have one scale of risk.
        share = group.floats("excess_risk") / group.floats("signal_var")
        curves[float(dims)] = Curve(ratio, share, group.column("seed"))
    yield "new tasks", Systems(curves, shapes=("step", "kink"))


def _identification(rows: Rows) -> Iterator[tuple[str, Systems]]:
    unit = _mean(rows, "signal_var")
    for subject, column, kept in (
        ("Bayes", "dmmse_position_excess_risk", rows),
        ("trained layer", "position_excess_risk", usable(rows)),
    ):
        curves = {}
        for (dims,), group in kept.groups(["num_dims"]):
            curve = _by_position(group, column)
            if curve is not None:
                curves[float(dims)] = curve
        yield subject, Systems(curves, unit, levels="ends")


def _by_position(rows: Rows, column: str) -> Curve | None:
    """Return risks by number of examples, from one on, a seed for every pool."""
    listed = zip(rows.column(column), rows.column("pool_seed"), strict=True)
    kept = [(np.asarray(values, np.float64), seed) for values, seed in listed if _is_list(values)]
    if not kept:
        return None
    scale = [np.arange(1.0, len(values)) for values, _ in kept]
    seeds = [np.full(len(values) - 1, seed) for values, seed in kept]
    order = [values[1:] for values, _ in kept]
    return Curve(np.concatenate(scale), np.concatenate(order), np.concatenate(seeds))


def _plateau(rows: Rows) -> Iterator[tuple[str, Systems]]:
    curves, theory = {}, {}
    for (weight,), group in usable(rows).groups(["init_weight"]):
        curve = _over_time(group)
        if curve is not None:
            strength = _mean(group, "signal_var") / _mean(group, "num_dims")
            curves[1.0 / weight] = curve
            factors = round(_mean(group, "num_factors"))
            theory[1.0 / weight] = float(plateau_time(strength, weight, factors))

    def note(found: Sharpness) -> str:
        ratios = {
            size: place.scale / theory[size]
            for size, place in found.places.items()
            if place.scale is not None
        }
        listed = ", ".join(f"{ratio:.3f} (w0 = {1 / size:.2g})" for size, ratio in ratios.items())
        return f" Over 1/((p-2) c w0^(p-2)): {listed}."

    yield "training time", Systems(curves, _mean(rows, "signal_var"), expected=-3.0, note=note)


def _over_time(rows: Rows) -> Curve | None:
    """Return training losses over the time of the gradient flow of half the risk."""
    parts = []
    for index in range(len(rows)):
        losses = rows.column("loss_curve")[index]
        if not _is_list(losses):
            continue
        losses = np.asarray(losses, np.float64)
        share = (np.arange(len(losses)) + 0.5) / len(losses)
        rate = rows.floats("learning_rate")[index] / (1.0 - MOMENTUM)
        time = 2.0 * rate * rows.floats("num_steps")[index] * share
        kept = np.isfinite(losses)
        seed = np.full(kept.sum(), rows.column("seed")[index])
        parts.append((time[kept], losses[kept], seed))
    return Curve(*(np.concatenate(part) for part in zip(*parts, strict=True))) if parts else None


def _mean(rows: Rows, column: str) -> float:
    values = rows.floats(column)
    return float(np.nanmean(values)) if np.isfinite(values).any() else 1.0


def _is_list(values: Any) -> bool:
    return isinstance(values, list | tuple | np.ndarray) and len(values) > 1


# What each study varies, and which of its sizes makes a system large.
SYSTEMS: Mapping[str, Callable[[Rows], Iterator[tuple[str, Systems]]]] = {
    "task-diversity": _task_diversity,
    "identification": _identification,
    "plateau": _plateau,
}
