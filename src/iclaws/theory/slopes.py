"""The slope that a fit over given sizes will see: finite-size formulas behind every exponent."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from ..errors import InvalidValue
from . import _curves as curves
from ._numbers import Numbers, increasing
from .exponents import Prediction, Variant, exponents
from .structure import TaskStructure


class LocalSlopes(NamedTuple):
    """One resource scaled alone, at finite size.

    Attributes:
        sizes: The sizes asked for.
        excess: Excess risk above `limit` at each.
        limit: Risk that remains when this resource is unlimited.
        slopes: Of the log excess on the log size, between neighbours.
        fitted: Least-squares slope over all sizes.
        prediction: The asymptotic law, for comparison.
    """

    sizes: Float[np.ndarray, " sizes"]
    excess: Float[np.ndarray, " sizes"]
    limit: float
    slopes: Float[np.ndarray, " gaps"]
    fitted: float
    prediction: Prediction


Curve = Callable[[np.ndarray, TaskStructure, "curves.Options"], tuple[np.ndarray, float]]

CURVES: dict[tuple[str, str], Curve] = {
    ("iso", "depth"): curves.iso_depth,
    ("iso", "width"): curves.iso_width,
    ("iso", "context"): curves.iso_context,
    ("iso", "sequences"): curves.iso_sequences,
    ("iso", "tasks"): curves.iso_tasks,
    ("fs", "depth"): curves.fixed_depth,
    ("fs", "width"): curves.fixed_width,
    ("fs", "context"): curves.fixed_context,
    ("fs", "time"): curves.fixed_time,
    ("fs", "sequences"): curves.fixed_sequences,
    ("rrs", "depth"): curves.rotated_depth,
    ("rrs", "width"): curves.rotated_width,
    ("rrs", "context"): curves.rotated_context,
    ("rrs", "time"): curves.rotated_time,
    ("rrs", "sequences"): curves.rotated_sequences,
}


def local_slopes(
    resource: str,
    sizes: Numbers,
    structure: TaskStructure,
    *,
    depth: int | None = None,
    num_context: int | None = None,
    tied: bool = True,
    variant: Variant = Variant(),  # noqa: B008 -- an immutable tuple
) -> LocalSlopes:
    r"""Return the excess over given sizes and its local and fitted slopes.

    Compare measurements with these, not with the asymptotic exponent: at $D=400$ an asymptotic
    $-0.51$ shows up as $-0.63$ in experiment and exact theory alike.

    Args:
        resource: `depth`, `width` (read-in rank), `context`, `time`, `sequences` or `tasks`.
        sizes: At least two, increasing.
        structure: The task family.
        depth: For the context curve at fixed covariance or isotropy; None for unbounded.
        num_context: For the other curves; None for unbounded where that has a meaning.
        tied: One step for all layers.
        variant: Conditions that change a law, as in `exponents`.

    Raises:
        InvalidValue: For an unknown resource, one without a finite-size formula, or sizes at
            which the limit is already reached (no slope is left to see).
    """
    setting = structure.setting.value
    names = tuple(name for where, name in CURVES if where == setting)
    if resource not in names:
        raise InvalidValue(
            f"Setting {setting!r} has finite-size formulas for {', '.join(names)}. "
            f"Got {resource!r}."
        )
    at = increasing("sizes", sizes)
    options = curves.Options(depth, num_context, tied, variant)
    risks, limit = CURVES[setting, resource](at, structure, options)
    excess = np.asarray(risks) - limit
    if np.any(excess <= 1e-13 * np.abs(risks)):
        reached = at[excess <= 1e-13 * np.abs(risks)][0]
        raise InvalidValue(
            f"At {resource} = {reached:g} the limit is reached and no slope is left to see. "
            "Choose smaller sizes."
        )
    logs, log_excess = np.log(at), np.log(excess)
    law = exponents(
        structure.capacity, structure.source, setting=setting,
        noisy=structure.noise_var > 0, tied=tied, depth=depth, variant=variant,
    )  # fmt: skip
    return LocalSlopes(
        at, excess, limit, np.diff(log_excess) / np.diff(logs),
        float(np.polyfit(logs, log_excess, 1)[0]), law.predictions[resource],
    )  # fmt: skip
