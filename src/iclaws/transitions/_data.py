"""What every estimator takes: one measured quantity along a scale, with seeds; and resampling."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from ..errors import InvalidValue

Values = Sequence[float] | np.ndarray
Numbers = float | Values | np.generic
FEWEST_SEEDS = 3


class Curve(NamedTuple):
    """An order parameter along a scale, of one system.

    Attributes:
        scale: Where it was measured, positive, `(n,)`: tasks, examples, steps and so on.
        order: What was measured there, `(n,)`.
        seed: Which independent run each value comes from, `(n,)`; None if all are independent.
    """

    scale: Values
    order: Values
    seed: Sequence[int] | np.ndarray | None = None


# Curves of one kind of system, by its size (any positive number).
Systems = Mapping[Any, Curve]


class Points(NamedTuple):
    """A curve, checked: sorted by scale, seeds numbered from zero.

    Attributes:
        scale: Positive.
        order: Finite.
        seed: Numbers of the seeds; every row its own where none were given.
        num_seeds: How many there are.
        clustered: Whether seeds were given, at least three of them.
    """

    scale: Float[np.ndarray, " n"]
    order: Float[np.ndarray, " n"]
    seed: Int[np.ndarray, " n"]
    num_seeds: int
    clustered: bool

    @property
    def distinct(self) -> Float[np.ndarray, " sizes"]:
        """Return the different scales, ascending."""
        return np.unique(self.scale)


def points(curve: Curve) -> Points:
    """Return a curve's arrays.

    Raises:
        InvalidValue: lengths differ, a scale is not positive, or a value is not finite.
    """
    scale, order = (np.asarray(values, np.float64) for values in (curve.scale, curve.order))
    seed = np.arange(scale.size) if curve.seed is None else np.asarray(curve.seed)
    if scale.ndim != 1 or not scale.shape == order.shape == seed.shape:
        raise InvalidValue(
            "Scales, values and seeds of a curve must be lists of one length. "
            f"Got shapes {scale.shape}, {order.shape} and {seed.shape}."
        )
    if not (np.all(np.isfinite(scale)) and np.all(scale > 0)):
        bad = scale[~(np.isfinite(scale) & (scale > 0))][0]
        raise InvalidValue(
            f"Scales must be positive: they are read on a logarithmic axis. Got {bad:g}; "
            "leave that row out."
        )
    if not np.all(np.isfinite(order)):
        raise InvalidValue(
            f"{int((~np.isfinite(order)).sum())} of {order.size} values are not finite: leave out "
            "runs that diverged, and say how many."
        )
    names, seed = np.unique(seed, return_inverse=True)
    clustered = curve.seed is not None and len(names) >= FEWEST_SEEDS
    by = np.argsort(scale, kind="stable")
    return Points(scale[by], order[by], seed.reshape(-1)[by], len(names), clustered)


def seed_counts(
    num_seeds: int, num_draws: int, generator: np.random.Generator
) -> Int[np.ndarray, "draws seeds"]:
    """Return how often each bootstrap draw takes each seed."""
    return generator.multinomial(num_seeds, np.full(num_seeds, 1.0 / num_seeds), num_draws)


def percentile_interval(
    draws: Float[np.ndarray, " draws"], level: float = 0.95
) -> tuple[float, float]:
    """Return the central interval of draws."""
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
