r"""Susceptibility: the variance of an order parameter over seeds, times the system size."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy import stats

from ._data import Points, Systems, points, seed_counts
from ._status import Status

FEWEST_SEEDS = 5
FEWEST_SIZES = 3


class Susceptibility(NamedTuple):
    r"""$\chi=\mathrm{size}\times\mathrm{Var}_{\rm seeds}(q)$ of every system.

    Attributes:
        status: `OK`, or why there are no numbers.
        sentence: The result, or the reason.
        sizes: System sizes, ascending.
        scales: Where each was measured.
        values: $\chi$ there.
        peaks: Scale of the largest value, by a parabola in ln scale.
        heights: The largest values.
        growth: Slope of ln height on ln size: above 0 the peak diverges; None below three sizes.
        growth_interval: Its 95 % interval, over seeds.
    """

    status: Status
    sentence: str
    sizes: Float[np.ndarray, " sizes"] = np.empty(0)
    scales: tuple[np.ndarray, ...] = ()
    values: tuple[np.ndarray, ...] = ()
    peaks: Float[np.ndarray, " sizes"] = np.empty(0)
    heights: Float[np.ndarray, " sizes"] = np.empty(0)
    growth: float | None = None
    growth_interval: tuple[float, float] | None = None


def susceptibility(systems: Systems, *, num_bootstrap: int = 400, key: int = 0) -> Susceptibility:
    """Return the susceptibility of every system along the scale, and how its peak grows.

    Args:
        systems: Order parameters with seeds, by system size; five seeds at least.
        num_bootstrap: Draws of seeds behind the interval of the growth.
        key: Seeds them.

    Raises:
        InvalidValue: As `critical_scale`.
    """
    sizes = np.array(sorted(systems), np.float64)
    data = [points(systems[size]) for size in sorted(systems)]
    fewest = min((d.num_seeds if d.clustered else 1 for d in data), default=0)
    if fewest < FEWEST_SEEDS:
        text = f"A variance over seeds needs {FEWEST_SEEDS} of them in every system. Got {fewest}."
        return Susceptibility(Status.TOO_FEW_SEEDS, text)
    values = tuple(
        n * _variances(d, np.ones((1, d.num_seeds)))[0] for n, d in zip(sizes, data, strict=True)
    )
    if all(np.allclose(v, 0.0) for v in values):
        return Susceptibility(Status.CONSTANT, "All seeds agree everywhere: nothing fluctuates.")
    scales = tuple(d.distinct for d in data)
    peaks = np.array([_peak(s, v) for s, v in zip(scales, values, strict=True)])
    heights = np.array([v.max() for v in values])
    found = Susceptibility(Status.OK, "", sizes, scales, values, peaks, heights)
    if len(sizes) < FEWEST_SIZES:
        text = (
            f"Peaks at {', '.join(f'{p:.3g}' for p in peaks)}; growth needs {FEWEST_SIZES} sizes."
        )
        return found._replace(sentence=text)
    growth, interval = _growth(sizes, data, heights, draws=(num_bootstrap, key))
    text = (
        f"The peak of the susceptibility moves from {peaks[0]:.3g} to {peaks[-1]:.3g} and grows as "
        f"size^{growth:.2f} [{interval[0]:.2f}, {interval[1]:.2f}]."
    )
    return found._replace(sentence=text, growth=growth, growth_interval=interval)


def _variances(data: Points, counts: np.ndarray) -> np.ndarray:
    """Return the unbiased variance over (weighted) seeds at each scale, `(draws, scales)`."""
    rows = (data.scale[:, None] == data.distinct).astype(np.float64)
    weights = counts[:, data.seed]
    total = weights @ rows
    mean = (weights * data.order) @ rows / np.maximum(total, 1e-300)
    square = (weights * data.order**2) @ rows / np.maximum(total, 1e-300)
    return np.maximum(square - mean**2, 0.0) * total / np.maximum(total - 1, 1)


def _peak(scales: np.ndarray, values: np.ndarray) -> float:
    """Return the top of the parabola through the highest value and its neighbours."""
    at = int(np.argmax(values))
    if at in (0, len(values) - 1):
        return float(scales[at])
    x = np.log(scales[at - 1 : at + 2])
    a, b, _ = np.polyfit(x - x[1], values[at - 1 : at + 2], 2)
    return float(np.exp(x[1] + np.clip(-b / (2 * a), x[0] - x[1], x[2] - x[1])))


def _growth(
    sizes: np.ndarray, data: list[Points], heights: np.ndarray, *, draws: tuple[int, int]
) -> tuple[float, tuple[float, float]]:
    num, key = draws
    generator = np.random.default_rng(key)
    x = np.log(sizes) - np.log(sizes).mean()
    weights = x / (x**2).sum()
    growth = float(weights @ np.log(heights))
    drawn = []
    for size, one in zip(sizes, data, strict=True):
        counts = seed_counts(one.num_seeds, num, generator).astype(np.float64)
        drawn.append(np.log(np.maximum(size * _variances(one, counts).max(axis=1), 1e-300)))
    spread = float((weights @ np.array(drawn)).std(ddof=1))
    half = float(stats.t.ppf(0.975, min(d.num_seeds for d in data) - 1)) * spread
    return growth, (growth - half, growth + half)
