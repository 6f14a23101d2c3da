"""Fits on disk: a versioned JSON file that predicts, forecasts and allocates later."""

import dataclasses
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import __version__
from .._registry import registered_as
from ..errors import InvalidValue
from . import _table
from ._base import AbstractLaw, laws
from ._compare import from_scale, to_scale
from ._expression import Expression
from ._forecast import doublings
from ._losses import Squared
from ._problem import Problem

if TYPE_CHECKING:
    from ._allocate import Allocation
    from ._bootstrap import Bootstrap
    from ._result import Fit

FORMAT = 1
KIND = "iclaws fit"


@dataclasses.dataclass(frozen=True, eq=False)
class StoredFit:
    """A fit without its data: enough to predict, forecast and allocate.

    Attributes:
        law: The law.
        parameters: Its parameters in the user's units.
        status: The status's name.
        notes: The notes of the fit.
        noise_model: What was assumed, in words.
        objective: The summed loss.
        num_rows: Rows fitted.
        ranges: Range of each column.
        run_var: Variance of one run to the next, on the scale of the residuals.
        draws: Bootstrap draws, or None.
        problem: The units and coordinates the law was fitted in, without rows.
        coordinates: The optimum in those coordinates.
    """

    law: AbstractLaw
    parameters: dict[str, float]
    status: str
    notes: tuple[str, ...]
    noise_model: str
    objective: float
    num_rows: int
    ranges: dict[str, tuple[float, float]]
    run_var: float
    draws: "StoredDraws | None"
    problem: Problem
    coordinates: np.ndarray

    def predict(self, table: Any) -> np.ndarray:
        """Return the predicted target of every row of a table."""
        columns = _table.gather(table, self.law.columns)
        return np.array(self.problem.predict(self.coordinates, columns))

    def forecast(self, table: Any) -> dict[str, np.ndarray]:
        """Return predictions with the intervals of the stored draws, as `Fit.forecast` does.

        Without draws the intervals are left out.
        """
        columns = _table.gather(table, self.law.columns)
        beyond = doublings(self.ranges, columns)
        found = {"predicted": self.predict(table)}
        if self.draws is not None:
            residuals = self.problem.residuals
            spread = to_scale(self.problem.predict(self.draws.coordinates, columns), residuals)
            runs = spread + math.sqrt(self.run_var) * np.random.default_rng(0).standard_normal(
                spread.shape
            )
            for prefix, values in (("", spread), ("run_", runs)):
                low, high = np.quantile(values, self.draws.quantiles, axis=0)
                found[f"{prefix}lower"] = from_scale(low, residuals)
                found[f"{prefix}upper"] = from_scale(high, residuals)
        return {**found, "doublings": beyond, "extrapolated": beyond > 0}

    def allocate(self, *, cost: str, budget: float | int, **choices: Any) -> "Allocation":
        """Return the best configuration for a budget, with intervals where draws are stored."""
        from ._allocate import allocate

        return allocate(self, cost=cost, budget=budget, **{"draws": self.draws, **choices})


@dataclasses.dataclass(frozen=True, eq=False)
class StoredDraws:
    """Bootstrap draws of a stored fit.

    Attributes:
        problem: Units and coordinates.
        coordinates: Shape `(draws, parameters)`.
        quantiles: Lower and upper quantile of a 95 % interval.
    """

    problem: Problem
    coordinates: np.ndarray
    quantiles: tuple[float, float]

    @property
    def parameters(self) -> dict[str, np.ndarray]:
        """Return the draws of every parameter in the user's units."""
        return self.problem.natural(self.coordinates)


def describe_law(law: AbstractLaw) -> dict[str, Any]:
    """Return a law as JSON: its registered name and fields, or its expression."""
    if isinstance(law, Expression):
        return {
            "expression": law.text,
            "columns": list(law.columns),
            "bounds": {name: list(pair) for name, pair in law.limits},
        }
    name = registered_as(type(law))
    if name is None:
        raise InvalidValue(
            f"{law.expression} is a function, which has no stored form: write it as an expression "
            "for `iclaws.laws.parse` to save it."
        )
    return {"name": name[1], "fields": dataclasses.asdict(law)}  # pyright: ignore[reportArgumentType]


def read_law(record: dict[str, Any]) -> AbstractLaw:
    """Return the law of a record that `describe_law` made."""
    if "expression" in record:
        limits = tuple(sorted((n, tuple(b)) for n, b in record["bounds"].items()))
        law = Expression(record["expression"], limits=limits)  # pyright: ignore[reportArgumentType]
        return law.bind(record["columns"])
    fields = {n: tuple(v) if isinstance(v, list) else v for n, v in record["fields"].items()}
    return laws.get(record["name"])(**fields)


def save(fit: "Fit", path: str | Path, *, draws: "Bootstrap | None" = None) -> None:
    """Write a fit to a JSON file.

    Args:
        fit: The fit.
        path: Where to; an existing file is replaced once the new one is whole.
        draws: A bootstrap whose draws are stored too, for intervals later.

    Raises:
        InvalidValue: The fit has no numbers, or its law is a function.
    """
    path = Path(path)
    text = json.dumps(record(fit, draws), indent=1, allow_nan=False)
    part = path.with_name(path.name + ".part")
    part.write_text(text + "\n")
    part.replace(path)


def record(fit: "Fit", draws: "Bootstrap | None" = None) -> dict[str, Any]:
    """Return everything a stored fit holds, as JSON types."""
    from ._noise import noise_parts

    problem = fit.problem
    stored: dict[str, Any] = {
        "kind": KIND, "format": FORMAT, "iclaws": __version__, "law": describe_law(fit.law),
        "coordinates": fit.coordinates.tolist(), "parameters": fit.parameters,
        "status": fit.status.name, "sentence": fit.status.value, "notes": list(fit.notes),
        "noise_model": fit.noise_model, "objective": fit.objective, "num_rows": fit.num_rows,
        "target": problem.target_name, "residuals": problem.residuals, "scales": problem.scales,
        "middle": problem.middle, "ranges": {n: list(r) for n, r in fit.ranges.items()},
        "run_var": noise_parts(fit).run_var, "jacobian_rank": fit.jacobian_rank,
    }  # fmt: skip
    if draws is not None:
        stored["draws"] = draws.coordinates.tolist()
        stored["quantiles"] = list(draws.quantiles())
    return stored


def load(path: str | Path) -> StoredFit:
    """Read a fit that `save` wrote.

    Raises:
        InvalidValue: The file is missing, damaged, no fit, or of a later format.
    """
    try:
        stored = json.loads(Path(path).read_text())
    except (OSError, ValueError) as trouble:
        raise InvalidValue(f"The fit file {str(path)!r} cannot be read: {trouble}.") from trouble
    if not isinstance(stored, dict) or stored.get("kind") != KIND:
        raise InvalidValue(f"{str(path)!r} is no fit saved by iclaws.")
    if stored["format"] > FORMAT:
        raise InvalidValue(
            f"{str(path)!r} has format {stored['format']}, written by iclaws {stored['iclaws']}; "
            f"this version reads format {FORMAT}: install a newer one."
        )
    try:
        return _restore(stored)
    except (KeyError, TypeError) as trouble:
        raise InvalidValue(f"The fit file {str(path)!r} is damaged: {trouble!r}.") from trouble


def _restore(stored: dict[str, Any]) -> StoredFit:
    law = read_law(stored["law"])
    empty = {name: np.zeros(0) for name in law.columns}
    problem = Problem(
        law=law, columns=empty, target=np.zeros(0), weights=np.zeros(0),
        scales=stored["scales"], residuals=stored["residuals"], loss=Squared(), clusters=None,
        raw_columns=empty, raw_target=np.zeros(0), target_name=stored["target"],
        middle=stored["middle"],
    )  # fmt: skip
    draws = None
    if "draws" in stored:
        low, high = stored["quantiles"]
        draws = StoredDraws(problem, np.array(stored["draws"]), (low, high))
    return StoredFit(
        law=law, parameters=stored["parameters"], status=stored["status"],
        notes=tuple(stored["notes"]), noise_model=stored["noise_model"],
        objective=stored["objective"], num_rows=stored["num_rows"],
        ranges={n: (low, high) for n, (low, high) in stored["ranges"].items()},
        run_var=stored["run_var"], draws=draws, problem=problem,
        coordinates=np.array(stored["coordinates"]),
    )  # fmt: skip
