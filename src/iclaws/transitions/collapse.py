r"""Finite-size collapse: $q=n^{-b}G\big((s-s_c)n^a\big)$, one curve for all system sizes."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from ..errors import InvalidValue
from ._data import Points, Systems, points, seed_counts
from ._status import Status
from .wide_interval import wide_interval

FEWEST_SIZES, FEWEST_ROWS = 3, 24
NUM_KNOTS = 6
STEEPEST = 3.0  # the largest exponent that is looked for
GRID_PLACES, GRID_EXPONENTS = 21, 16
ROUNDS = 3  # of choosing the rows inside the window and fitting again


class Collapse(NamedTuple):
    r"""A collapse of several sizes.

    Attributes:
        status: `OK`, or why there are no numbers.
        sentence: The result, or the reason.
        critical: $s_c$.
        critical_interval: 95 % interval over seeds, or residuals where there are none.
        width_exponent: $a$: the transition narrows as size^-a.
        width_exponent_interval: Its interval.
        order_exponent: $b$: the order parameter at $s_c$ falls as size^-b.
        order_exponent_interval: Its interval.
        rms: Of the residuals about the common curve, in units of each size's root mean square.
        size, scale, order: The rows that were collapsed, means over seeds.
        x, y: The same in scaled variables, $(s-s_c)n^a$ and $qn^b$.
    """

    status: Status
    sentence: str
    critical: float | None = None
    critical_interval: tuple[float, float] | None = None
    width_exponent: float | None = None
    width_exponent_interval: tuple[float, float] | None = None
    order_exponent: float | None = None
    order_exponent_interval: tuple[float, float] | None = None
    rms: float | None = None
    size: Float[np.ndarray, " rows"] = np.empty(0)
    scale: Float[np.ndarray, " rows"] = np.empty(0)
    order: Float[np.ndarray, " rows"] = np.empty(0)
    x: Float[np.ndarray, " rows"] = np.empty(0)
    y: Float[np.ndarray, " rows"] = np.empty(0)


class _Rows(NamedTuple):
    """What is collapsed, a row per size and scale.

    Attributes:
        key: Number of the row's size and scale among all that were measured.
        log_size, scale, order: What was measured; means over seeds.
        unit: Of each value's residual.
    """

    key: Int[np.ndarray, " rows"]
    log_size: Float[np.ndarray, " rows"]
    scale: Float[np.ndarray, " rows"]
    order: Float[np.ndarray, " rows"]
    unit: Float[np.ndarray, " rows"]


def collapse(
    systems: Systems,
    *,
    window: float | None = None,
    num_bootstrap: int = 100,
    key: int = 0,
) -> Collapse:
    r"""Find the critical scale and exponents that bring all sizes onto one curve.

    The curve is a cubic spline in $\operatorname{arsinh}(x)$, fitted to all sizes at once; what is
    minimised are residuals of the measured values themselves, in units of each size's root mean
    square, so that no exponent can shrink them.

    Args:
        systems: Order parameter along the scale, by system size, three sizes or more.
        window: Use rows with $|x|$ up to this only: far from $s_c$ corrections to scaling rule.
            None takes all rows.
        num_bootstrap: Draws behind the intervals.
        key: Seeds them.

    Raises:
        InvalidValue: As `critical_scale`; or a window that is not positive.
    """
    if window is not None and not window > 0:
        raise InvalidValue(f"`window` must be positive, in units of the scaled axis. Got {window}.")
    sizes = [float(size) for size in sorted(systems)]
    data = [points(systems[size]) for size in sorted(systems)]
    rows = _rows(sizes, data, None)
    if len(sizes) < FEWEST_SIZES or len(rows.order) < FEWEST_ROWS:
        text = (
            f"{len(sizes)} sizes and {len(rows.order)} scales in all cannot be collapsed: "
            f"bring at least {FEWEST_SIZES} and {FEWEST_ROWS}."
        )
        return Collapse(Status.TOO_FEW_POINTS, text)
    if np.ptp(rows.order) <= 1e-12 * np.abs(rows.order).max():
        return Collapse(Status.CONSTANT, "The order parameter is the same everywhere.")
    best = _descend(rows, _search(rows))
    inside = np.ones(len(rows.order), bool)
    for _ in range(ROUNDS if window is not None else 0):
        inside = np.abs(_scaled(rows, best)[0]) <= (window or 0)
        if inside.sum() < FEWEST_ROWS:
            text = (
                f"Only {inside.sum()} rows lie within |x| <= {window:g}: {FEWEST_ROWS} are needed."
            )
            return Collapse(Status.TOO_FEW_POINTS, text)
        best = _descend(_keep(rows, inside), best)
    if not rows.scale.min() < best[0] < rows.scale.max():
        text = f"The best collapse is at {best[0]:.3g}, outside the scales: extend them."
        return Collapse(Status.NOT_IN_RANGE, text)
    drawn = _drawn(data, sizes, best, inside=inside, draws=(num_bootstrap, key))
    return _result(_keep(rows, inside), best, drawn, seeds=_num_seeds(data))


def _result(rows: _Rows, best: np.ndarray, drawn: np.ndarray, *, seeds: int) -> Collapse:
    intervals = [
        wide_interval(float(value), draws, seeds if seeds else 1000)
        for value, draws in zip(best, drawn.T, strict=True)
    ]
    x, y = _scaled(rows, best)
    squares = _squares(rows, best)
    (c, a, b), (c_ends, a_ends, b_ends) = best, intervals
    text = (
        f"Sizes collapse at {c:.4g} [{c_ends[0]:.4g}, {c_ends[1]:.4g}] with width exponent "
        f"{a:.3f} [{a_ends[0]:.3f}, {a_ends[1]:.3f}] and order exponent {b:.3f} "
        f"[{b_ends[0]:.3f}, {b_ends[1]:.3f}]."
    )
    fields = (float(c), c_ends, float(a), a_ends, float(b), b_ends)
    rms = float(np.sqrt(squares / len(x)))
    where = (np.exp(rows.log_size), rows.scale, rows.order)
    return Collapse(Status.OK, text, *fields, rms, *where, x, y)


def _rows(sizes: list[float], data: list[Points], counts: list[np.ndarray] | None) -> _Rows:
    """Return means over (weighted) seeds at every size and scale that has any."""
    counts = [np.ones(d.num_seeds) for d in data] if counts is None else counts
    parts, first = [], 0
    for size, one, count in zip(sizes, data, counts, strict=True):
        at = np.searchsorted(one.distinct, one.scale)
        weights = count[one.seed]
        total = np.bincount(at, weights)
        known = np.flatnonzero(total)
        total = total[known]
        order = np.bincount(at, weights * one.order)[known] / total
        size_rms = max(float(np.sqrt((total * order**2).sum() / total.sum())), 1e-300)
        # A mean of more values counts for more; 1 for the usual number.
        share = total * len(one.distinct) / len(one.order)
        log_size = np.full(len(known), np.log(size))
        parts.append(
            _Rows(first + known, log_size, one.distinct[known], order, size_rms / np.sqrt(share))
        )
        first += len(one.distinct)
    return _Rows(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def _keep(rows: _Rows, wanted: Bool[np.ndarray, " rows"]) -> _Rows:
    return _Rows(*(values[wanted] for values in rows))


def _scaled(rows: _Rows, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    critical, a, b = theta
    x = (rows.scale - critical) * np.exp(a * rows.log_size)
    return x, rows.order * np.exp(b * rows.log_size)


def _squares(rows: _Rows, theta: np.ndarray) -> float:
    """Return the squared residuals about the best common curve at these parameters."""
    target = rows.order / rows.unit
    return float(((target - _fitted(rows, theta)) ** 2).sum())


def _fitted(rows: _Rows, theta: np.ndarray) -> np.ndarray:
    """Return the best common curve at the rows, in their units."""
    critical, a, b = theta
    basis = _basis(np.arcsinh((rows.scale - critical) * np.exp(a * rows.log_size)))
    basis = basis * (np.exp(-b * rows.log_size) / rows.unit)[:, None]
    return basis @ np.linalg.lstsq(basis, rows.order / rows.unit, rcond=1e-10)[0]


def _basis(t: np.ndarray) -> np.ndarray:
    """Return a cubic spline's basis with knots where the rows are, `(rows, knots + 4)`."""
    from scipy.interpolate import BSpline

    inner = np.quantile(t, np.linspace(0, 1, NUM_KNOTS + 2))
    inner += np.linspace(0, 1e-9, NUM_KNOTS + 2) * (1 + np.ptp(t))  # no two alike
    knots = np.concatenate([[inner[0]] * 3, inner, [inner[-1]] * 3])
    return BSpline.design_matrix(np.clip(t, inner[0], inner[-1]), knots, 3).toarray()


def _search(rows: _Rows) -> np.ndarray:
    """Return the best of a grid of critical scales and exponents."""
    inner = np.quantile(rows.scale, np.linspace(0.02, 0.98, GRID_PLACES))
    widths = np.linspace(0.0, 2.0, GRID_EXPONENTS)[1:]
    grid = [(c, a, b) for c in inner for a in widths for b in (0.0, 0.25, 0.5, 1.0)]
    return np.array(min(grid, key=lambda theta: _squares(rows, np.array(theta))))


def _descend(rows: _Rows, start: np.ndarray, *, small: bool = False) -> np.ndarray:
    """Return the nearest minimum (Nelder and Mead: knots move with the parameters)."""
    from scipy.optimize import minimize

    reach = np.ptp(rows.scale) * 0.05
    first = np.array([reach, 0.1, 0.1]) * (0.2 if small else 1.0)
    simplex = np.vstack([start, start + np.diag(first)])
    low = np.array([rows.scale.min() - reach, 0.0, -STEEPEST])
    high = np.array([rows.scale.max() + reach, STEEPEST, STEEPEST])
    found = minimize(
        lambda theta: _squares(rows, theta),
        start,
        method="Nelder-Mead",
        bounds=list(zip(low, high, strict=True)),
        options={"initial_simplex": np.clip(simplex, low, high), "xatol": 1e-5, "fatol": 1e-10},
    )
    return np.asarray(found.x)


def _num_seeds(data: list[Points]) -> int:
    return min(d.num_seeds for d in data) if all(d.clustered for d in data) else 0


def _drawn(
    data: list[Points], sizes: list[float], best: np.ndarray, *, inside: np.ndarray, draws: tuple
) -> np.ndarray:
    """Return the parameters of resampled data, `(draws, 3)`."""
    num, key = draws
    generator = np.random.default_rng(key)
    kept = _keep(_rows(sizes, data, None), inside)
    found = []
    for _ in range(num):
        if _num_seeds(data):
            counts = [seed_counts(d.num_seeds, 1, generator)[0].astype(float) for d in data]
            rows = _rows(sizes, data, counts)
            # Where seeds have scales of their own, a draw does not have all of them.
            rows = _keep(rows, inside[rows.key])
        else:
            rows = _noisy(kept, best, generator)
        found.append(_descend(rows, best, small=True))
    return np.array(found)


def _noisy(rows: _Rows, best: np.ndarray, generator: np.random.Generator) -> _Rows:
    """Return the rows with residuals about the common curve drawn again."""
    fitted = _fitted(rows, best)
    spare = max(len(fitted) - NUM_KNOTS - 7, 1)
    residuals = (rows.order / rows.unit - fitted) * np.sqrt(len(fitted) / spare)
    signs = generator.choice([-1.0, 1.0], len(fitted))
    drawn = fitted + signs * generator.choice(residuals, len(fitted))
    return rows._replace(order=drawn * rows.unit)
