"""Predictions with intervals, and how far they reach beyond the data."""

from typing import TYPE_CHECKING, Any

import numpy as np

from . import _table
from ._compare import from_scale, to_scale
from ._noise import NoiseParts, noise_parts

if TYPE_CHECKING:
    from ._bootstrap import Bootstrap
    from ._result import Fit


def forecast(
    fit: "Fit", table: Any, *, draws: "Bootstrap | None" = None, level: float = 0.95,
    noise: NoiseParts | None = None, key: int = 0,
) -> dict[str, np.ndarray]:  # fmt: skip
    """Return predictions for the rows of a table, with two intervals each.

    Args:
        fit: The fit.
        table: The columns of the law.
        draws: A bootstrap of the fit; None draws one of 1000.
        level: Nominal coverage.
        noise: The parts of the noise; None takes those of the fit.
        key: Seed of the bootstrap.

    Returns:
        Arrays of shape `(rows,)`: `predicted`; `lower` and `upper` for the law itself (its
        parameters are uncertain); `run_lower` and `run_upper` for the loss of one new run (its own
        deviation from the law comes on top, the noise of evaluating it does not); `doublings`, how
        many doublings of a column a row lies beyond the data; and `extrapolated`, whether it does.
    """
    if draws is None:
        draws = fit.bootstrap(1000, key=key)
    columns = _table.gather(table, fit.law.columns)
    residuals = fit.problem.residuals
    noise = noise_parts(fit) if noise is None else noise
    predicted = fit.problem.predict(fit.coordinates, columns)
    spread = to_scale(fit.problem.predict(draws.coordinates, columns), residuals)
    ends = draws.quantiles(level)
    low, high = np.quantile(spread, ends, axis=0)
    generator = np.random.default_rng(key)
    runs = spread + np.sqrt(noise.run_var) * generator.standard_normal(spread.shape)
    run_low, run_high = np.quantile(runs, ends, axis=0)
    beyond = doublings(fit.ranges, columns)
    return {
        "predicted": np.array(predicted),
        "lower": from_scale(low, residuals),
        "upper": from_scale(high, residuals),
        "run_lower": from_scale(run_low, residuals),
        "run_upper": from_scale(run_high, residuals),
        "doublings": beyond,
        "extrapolated": beyond > 0,
    }


def doublings(ranges: dict[str, tuple[float, float]], columns: dict[str, np.ndarray]) -> np.ndarray:
    """Return by how many doublings each row leaves the range of the data, in its worst column.

    Columns whose range or values are not positive count 0 inside and infinitely many outside.
    """
    found = []
    for name, (low, high) in ranges.items():
        values = columns[name]
        if low > 0 and np.all(values > 0):
            above, below = np.log2(values / high), np.log2(low / values)
            # Rounding of units is no extrapolation.
            beyond = np.maximum(above, below)
            found.append(np.where(beyond > 1e-9, beyond, 0.0))
        else:
            found.append(np.where((values < low) | (values > high), np.inf, 0.0))
    return np.max(found, axis=0)
