"""Binder's cumulant: where curves of different sizes cross, and whether seeds split in two."""

from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Float

from ._data import Points, Systems, percentile_interval, points, seed_counts
from ._status import Status

FEWEST_SEEDS = 30
LEVEL = 0.95
About = Literal["half", "mean"]


class Binder(NamedTuple):
    r"""$U=1-\frac{\langle\delta^4\rangle}{3\langle\delta^2\rangle^2}$ of every system.

    Attributes:
        status: `OK`, or why there are no numbers.
        sentence: The result, or the reason.
        sizes: System sizes, ascending.
        scales: Where each was measured.
        values: $U$ there.
        crossing: Scale at which the curves of the two largest sizes cross; None unless their
            difference is sure on both sides, with opposite signs.
        crossing_interval: Its 95 % interval over seeds.
        lowest: The smallest value of all.
        bimodal: Whether a value lies below zero beyond its seeds' luck: first-order-like.
        crossing_share: Share of resamples of seeds that cross there too; None without a crossing.
    """

    status: Status
    sentence: str
    sizes: Float[np.ndarray, " sizes"] = np.empty(0)
    scales: tuple[np.ndarray, ...] = ()
    values: tuple[np.ndarray, ...] = ()
    crossing: float | None = None
    crossing_interval: tuple[float, float] | None = None
    lowest: float | None = None
    bimodal: bool = False
    crossing_share: float | None = None


def binder(
    systems: Systems,
    *,
    about: About = "half",
    num_bootstrap: int = 400,
    key: int = 0,
) -> Binder:
    r"""Return the cumulant of every system along the scale, and where the largest two cross.

    Curves of different sizes cross at a continuous transition; a negative dip says that seeds
    fall in two groups of unequal weight, as at a first-order one. Fourth moments need seeds: with
    fewer than 30 use `bimodality`, and a crossing may need hundreds. It counts where the
    difference of the two curves leaves its band of 95 % over all scales together, below zero on
    one side and above on the other: noise alone changes sign again and again.

    Args:
        systems: Order parameters with seeds, by system size, on scales they share.
        about: $\delta=q-\frac12$ (`half`), or $q$ minus its mean over seeds (`mean`).
        num_bootstrap: Draws of seeds behind the intervals.
        key: Seeds them.

    Raises:
        InvalidValue: As `critical_scale`.
    """
    sizes = np.array(sorted(systems), np.float64)
    data = [points(systems[size]) for size in sorted(systems)]
    fewest = min((d.num_seeds if d.clustered else 1 for d in data), default=0)
    if fewest < FEWEST_SEEDS:
        text = (
            f"Fourth moments need {FEWEST_SEEDS} seeds in every system. Got {fewest}: "
            "run more, or use the test of bimodality."
        )
        return Binder(Status.TOO_FEW_SEEDS, text)
    generator = np.random.default_rng(key)
    plain = [_cumulants(d, np.ones((1, d.num_seeds)), about)[0] for d in data]
    drawn = [
        _cumulants(d, seed_counts(d.num_seeds, num_bootstrap, generator).astype(float), about)
        for d in data
    ]
    if not all(np.isfinite(values).any() for values in plain):
        return Binder(Status.CONSTANT, "All seeds agree everywhere: nothing fluctuates.")
    lowest, bimodal = _dip(plain, drawn)
    scales = tuple(d.distinct for d in data)
    found = Binder(Status.OK, "", sizes, scales, tuple(plain), lowest=lowest, bimodal=bimodal)
    if len(data) < 2 or not np.array_equal(scales[-1], scales[-2]):
        text = "A crossing needs two sizes on the same scales."
        return found._replace(sentence=_sentence(text, found))
    found = _with_crossing(found, plain[-1] - plain[-2], drawn[-1] - drawn[-2])
    return found._replace(sentence=_sentence(found.sentence, found))


def _with_crossing(
    found: Binder,
    difference: Float[np.ndarray, " scales"],
    draws: Float[np.ndarray, "draws scales"],
) -> Binder:
    """Return the result with the crossing of two curves, from their difference and its draws."""
    known = np.isfinite(difference) & np.isfinite(draws).all(axis=0)
    log_scale, difference, draws = (
        np.log(found.scales[-1][known]),
        difference[known],
        draws[:, known],
    )
    brackets = _brackets(difference, draws)
    if not brackets:
        text = "The curves of the two largest sizes do not cross beyond their seeds' luck."
        return found._replace(sentence=text)
    # Several, where the sign is sure to change more than once: the steepest.
    ends = max(brackets, key=lambda pair: np.ptp(difference[list(pair)]))
    place = _crossing(log_scale, difference, ends)
    drawn = np.array([_crossing(log_scale, draw, ends) for draw in draws])
    crossed = np.isfinite(drawn)
    share = float(crossed.mean())
    low, high = percentile_interval(np.exp(drawn[crossed] if crossed.any() else [place]))
    crossing = float(np.exp(place))
    text = (
        f"The curves of the two largest sizes cross at {crossing:.4g} [{low:.4g}, {high:.4g}], "
        f"in {share:.0%} of resamples of seeds."
    )
    return found._replace(
        sentence=text, crossing=crossing, crossing_interval=(low, high), crossing_share=share
    )


def _cumulants(data: Points, counts: np.ndarray, about: About) -> np.ndarray:
    """Return the cumulant at each scale, `(draws, scales)`; NaN where seeds agree exactly."""
    rows = (data.scale[:, None] == data.distinct).astype(np.float64)
    weights = counts[:, data.seed]
    total = np.maximum(weights @ rows, 1e-300)
    centre = np.full(total.shape, 0.5)
    if about == "mean":
        centre = (weights * data.order) @ rows / total
    delta = data.order - centre[:, np.searchsorted(data.distinct, data.scale)]
    second, fourth = ((weights * delta**power) @ rows / total for power in (2, 4))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(second > 1e-24, 1 - fourth / (3 * second**2), np.nan)


def _dip(plain: list[np.ndarray], drawn: list[np.ndarray]) -> tuple[float, bool]:
    """Return the lowest value, and whether any is below zero beyond its seeds' luck.

    Judged at 5 % over all scales and sizes together: a Gaussian cloud has values on both sides.
    """
    lowest = min(float(np.nanmin(values)) for values in plain)
    num_values = sum(len(values) for values in plain)
    quantile = 1 - 0.05 / num_values
    tops = [
        np.nanquantile(draws[:, np.isfinite(draws).all(axis=0)], quantile, axis=0)
        for draws in drawn
    ]
    return lowest, bool(any((top < 0).any() for top in tops))


def _brackets(
    difference: Float[np.ndarray, " scales"], draws: Float[np.ndarray, "draws scales"]
) -> list[tuple[int, int]]:
    """Return neighbouring pairs of scales at which the difference is sure, with opposite signs.

    Sure: outside a band that holds the differences at all scales at once in 95 % of draws.
    """
    spread = np.maximum(draws.std(axis=0), 1e-300)
    farthest = (np.abs(draws - difference) / spread).max(axis=1, initial=0.0)
    sure = np.flatnonzero(np.abs(difference) > np.quantile(farthest, LEVEL) * spread)
    signs = np.sign(difference[sure])
    changes = np.flatnonzero(signs[:-1] * signs[1:] < 0)
    return [(int(sure[at]), int(sure[at + 1])) for at in changes]


def _crossing(
    log_scale: Float[np.ndarray, " scales"],
    difference: Float[np.ndarray, " scales"],
    ends: tuple[int, int],
) -> float:
    """Return where a difference changes sign between two scales, most steeply; NaN if nowhere."""
    inside = slice(ends[0], ends[1] + 1)
    x, y = log_scale[inside], difference[inside]
    if y[0] * y[-1] >= 0:
        return np.nan
    rise = np.where(y[:-1] * y[1:] <= 0, np.sign(y[-1]) * np.diff(y), 0.0)
    at = int(np.argmax(rise))
    return float(x[at] - y[at] * (x[at + 1] - x[at]) / rise[at] * np.sign(y[-1]))


def _sentence(text: str, found: Binder) -> str:
    if found.bimodal:
        return f"{text} A dip to {found.lowest:.2f} says that seeds fall in two groups."
    return text
