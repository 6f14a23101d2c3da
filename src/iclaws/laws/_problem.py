r"""One fitting problem in centred units: what the optimiser sees.

Columns are divided by their geometric means and the target by its own, so that every law is
fitted around 1 whatever the units (30 orders of magnitude apart or not), its terms at the
centre are the coefficients themselves, and the Jacobian is well conditioned (a condition of
$10^3$ against $10^{11}$ in raw units for $E+AN^{-\alpha}+BD^{-\beta}$, arXiv 2603.22339).
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..errors import InvalidValue
from . import _math, _table
from ._base import LOGARITHMIC, AbstractLaw, Parameter
from ._losses import AbstractLoss

RESIDUALS = ("raw", "log", "logit")
# Centred logarithmic coordinates are kept within e^±60: a parameter that runs there is not
# identified, and no product of a few of them overflows.
LOG_LIMIT = 60.0
# Orders of magnitude that one column may span.
MOST_ORDERS = 120.0


@dataclasses.dataclass(frozen=True, eq=False)
class Problem:
    """A law, its data in centred units, and the loss of their residuals.

    Attributes:
        law: The law, bound to the table's columns.
        columns: Centred columns, each of shape `(rows,)`.
        target: The transformed, centred target.
        weights: One positive weight per row, in the user's units.
        scales: What each column was divided by; `""` is the target's.
        residuals: `"raw"`, `"log"` or `"logit"`.
        loss: The loss in the user's units.
        clusters: An integer per row, or None.
        raw_columns: The columns in the user's units.
        raw_target: The target in the user's units.
        target_name: What the target is called.
        middle: One typical row in centred units.
    """

    law: AbstractLaw
    columns: dict[str, np.ndarray]
    target: np.ndarray
    weights: np.ndarray
    scales: dict[str, float]
    residuals: str
    loss: AbstractLoss
    clusters: np.ndarray | None
    raw_columns: dict[str, np.ndarray]
    raw_target: np.ndarray
    target_name: str
    middle: dict[str, float]

    @property
    def num_rows(self) -> int:
        """Return the number of rows."""
        return len(self.target)

    @property
    def unit(self) -> float:
        """Return what a centred residual is multiplied by to be in the user's units."""
        return self.scales[""] if self.residuals == "raw" else 1.0

    def bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """Return lower and upper bounds in the optimiser's coordinates."""
        pairs = [self._bound(parameter) for parameter in self.law.parameters]
        return np.array([low for low, _ in pairs]), np.array([high for _, high in pairs])

    def _bound(self, parameter: Parameter) -> tuple[float, float]:
        lower, upper = parameter.bounds
        factor = 1.0
        if any(np.isfinite(b) and b != 0.0 for b in (lower, upper)):
            factor = float(parameter.factor({}, self.scales))
        if parameter.kind in LOGARITHMIC:
            low = np.log(lower / factor) if lower > 0 else -LOG_LIMIT
            return max(low, -LOG_LIMIT), min(np.log(upper / factor), LOG_LIMIT)
        return lower / factor, upper / factor

    def coordinates(self, params: Mapping[str, Any]) -> np.ndarray:
        """Return the optimiser's coordinates, `(..., parameters)`, of centred parameters."""
        with np.errstate(divide="ignore"):
            return np.stack(
                [
                    np.log(params[p.name]) if p.kind in LOGARITHMIC else params[p.name]
                    for p in self.law.parameters
                ],
                axis=-1,
            )

    def natural(self, coordinates: np.ndarray) -> dict[str, np.ndarray]:
        """Return parameters in the user's units from coordinates of shape `(..., parameters)`."""
        centred = self.law.centre(centred_parameters(self.law, coordinates), self.middle)
        with np.errstate(over="ignore"):
            return {
                p.name: np.asarray(centred[p.name] * p.factor(centred, self.scales))
                for p in self.law.parameters
            }

    def to_coordinates(self, params: Mapping[str, Any]) -> np.ndarray:
        """Return coordinates from parameters in the user's units (laws with known units)."""
        return self.coordinates(
            {
                p.name: np.asarray(params[p.name], dtype=float) / p.factor(params, self.scales)
                for p in self.law.parameters
            }
        )

    def predict(self, coordinates: np.ndarray, columns: Mapping[str, Any]) -> np.ndarray:
        """Return the prediction in the user's units, for columns in the user's units.

        Args:
            coordinates: Shape `(parameters,)`, or `(draws, parameters)` for one row of
                predictions per draw.
            columns: Arrays of shape `(rows,)`.
        """
        centred = {
            name: np.asarray(columns[name], dtype=float) / self.scales.get(name, 1.0)
            for name in self.law.columns
        }
        coordinates = np.asarray(coordinates)
        if coordinates.ndim > 1:
            coordinates = coordinates[:, None, :]
            centred = {name: values[None, :] for name, values in centred.items()}
        values = evaluate(self.law, coordinates, centred, middle=self.middle)
        shape = np.broadcast_shapes(*(np.shape(value) for value in centred.values()), ())
        return np.broadcast_to(values * self.scales[""], np.broadcast_shapes(shape, values.shape))

    def transformed(self, values: Any) -> np.ndarray:
        """Return values of the target on the scale of the residuals, centred."""
        return np.asarray(transform(np.asarray(values) / self.scales[""], self.residuals))


def typical(values: np.ndarray) -> float:
    """Return the geometric mean of positive values, the mean of others."""
    if np.all(values > 0):
        return float(np.exp(np.mean(np.log(values))))
    return float(np.mean(values))


def centred_parameters(law: AbstractLaw, coordinates: Any) -> dict[str, Any]:
    """Return centred parameters by name from coordinates of shape `(..., parameters)`."""
    return {
        p.name: _math.exp(coordinates[..., index])
        if p.kind in LOGARITHMIC
        else coordinates[..., index]
        for index, p in enumerate(law.parameters)
    }


def evaluate(
    law: AbstractLaw, coordinates: Any, columns: Mapping[str, Any], *, middle: Mapping[str, Any]
) -> Any:
    """Return the formula's values from coordinates; traced by the optimiser, or NumPy's."""
    params = law.centre(centred_parameters(law, coordinates), middle)
    if isinstance(coordinates, np.ndarray):
        with np.errstate(all="ignore"):
            return np.asarray(law.formula(params, columns), dtype=float)
    return law.formula(params, columns)


def transform(values: Any, residuals: str) -> Any:
    """Return values on the scale of the residuals."""
    if residuals == "log":
        return _math.log(values)
    return _math.logit(values) if residuals == "logit" else values


def column_scales(law: AbstractLaw, columns: Mapping[str, np.ndarray]) -> dict[str, float]:
    """Return the divisor of each column: its geometric mean where the law's units allow it."""
    known = {name for p in law.parameters for name, _ in p.units}
    fixed = {
        name
        for p in law.parameters
        if any(np.isfinite(b) and b != 0.0 for b in p.bounds)
        for name, exponent in p.units
        if not isinstance(exponent, float | int)
    }
    return {
        name: typical(values)
        for name, values in columns.items()
        if name in known - fixed and np.all(values > 0)
    }


def target_scale(law: AbstractLaw, target: np.ndarray, residuals: str) -> float:
    """Return the divisor of the target: its typical size, 1 where the law cannot be rescaled."""
    if residuals == "logit" or not law.scaled_target:
        return 1.0
    size = np.abs(target[target != 0.0])
    return typical(size) if len(size) else 1.0


def check_target(target: np.ndarray, name: str, *, residuals: str) -> None:
    """Refuse a target without the transformation that its residuals need."""
    if residuals not in RESIDUALS:
        raise InvalidValue(
            f"Residuals are {', '.join(map(repr, RESIDUALS))} (or True for log, False for raw). "
            f"Got {residuals!r}."
        )
    if residuals == "log":
        bad = np.flatnonzero(target <= 0)
        why = "not positive, so it has no logarithm: fit raw residuals (log_residuals=False)"
    elif residuals == "logit":
        bad = np.flatnonzero((target <= 0) | (target >= 1))
        why = "not between 0 and 1, so it has no logit: fit raw residuals (log_residuals=False)"
    else:
        return
    if len(bad):
        raise InvalidValue(
            f"{name!r} is {why} or drop {len(bad)} rows, the first being row {bad[0]} with "
            f"{target[bad[0]]:g}."
        )


def check_spread(values: np.ndarray, name: str) -> None:
    """Refuse values so far apart that squares of their ratios overflow."""
    size = np.abs(values[values != 0.0])
    if len(size) and np.log10(size.max()) - np.log10(size.min()) > MOST_ORDERS:
        raise InvalidValue(
            f"{name!r} ranges from {size.min():.3g} to {size.max():.3g} in size, more than "
            f"{MOST_ORDERS:.0f} orders of magnitude: numbers overflow there; filter rows or mend "
            "the units."
        )


def build(
    law: AbstractLaw, table: Any, target: str, *, loss: AbstractLoss, residuals: str,
    cluster: Any = None, weights: Any = None,
) -> Problem:  # fmt: skip
    """Return the problem of fitting `law` to `table[target]`, refusing what cannot be fitted."""
    law = law.bind(_table.column_names(table))
    data = _table.gather(table, (*law.columns, target))
    for name, values in data.items():
        check_spread(values, name)
    raw_target = data.pop(target) if target not in law.columns else data[target]
    if len(raw_target) == 0:
        raise InvalidValue("The table has no rows.")
    check_target(raw_target, target, residuals=residuals)
    scales = column_scales(law, data)
    scales[""] = target_scale(law, raw_target, residuals)
    columns = {name: values / scales.get(name, 1.0) for name, values in data.items()}
    return Problem(
        law=law,
        columns=columns,
        target=np.asarray(transform(raw_target / scales[""], residuals)),
        weights=row_weights(table, weights, num_rows=len(raw_target)),
        scales=scales,
        residuals=residuals,
        loss=loss,
        clusters=None if cluster is None else _table.codes(table, cluster),
        raw_columns=data,
        raw_target=raw_target,
        target_name=target,
        middle={name: typical(values) for name, values in columns.items()},
    )


def row_weights(table: Any, weights: Any, *, num_rows: int) -> np.ndarray:
    """Return one non-negative weight per row, from a column's name, an array or None (ones)."""
    if weights is None:
        return np.ones(num_rows)
    values = _table.numbers(table, weights) if isinstance(weights, str) else np.asarray(weights)
    if values.shape != (num_rows,):
        raise InvalidValue(f"`weights` has shape {values.shape}; the table has {num_rows} rows.")
    if not np.all(np.isfinite(values)) or np.any(values < 0) or not np.any(values > 0):
        raise InvalidValue("`weights` must be finite, not negative, and not all zero.")
    return values.astype(np.float64)


def masked(problem: Problem, keep: np.ndarray) -> Problem:
    """Return the problem with weight on the rows `keep` alone; shapes and units are unchanged."""
    return dataclasses.replace(problem, weights=problem.weights * keep)
