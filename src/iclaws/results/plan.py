"""What a study asked for, and what theory said of it before anything was trained."""

import dataclasses

import pyarrow as pa

from .record import FORMAT


@dataclasses.dataclass(frozen=True)
class PlannedPoint:
    """One point of a study, with its prediction.

    Attributes:
        study: Name of the study.
        preset: `quick`, `full`, or the name of a variation.
        id: Identity of the point.
        planned_at: When the prediction was stored, UTC, ISO 8601.
        predicted_excess_risk: Excess risk that theory expects; None where it has no formula.
        predicted_excess_risk_se: Its standard error, where it is a Monte-Carlo average.
        predicted_step_size: Mean step size that theory expects.
        prediction: Which formula, in words.
        lower_bound: Excess risk below which no model of this kind gets; None where none is known.
        lower_bound_se: Its standard error.
        bound: Which bound, in words.
    """

    study: str
    preset: str
    id: str
    planned_at: str
    predicted_excess_risk: float | None
    predicted_excess_risk_se: float | None
    predicted_step_size: float | None
    prediction: str | None
    lower_bound: float | None
    lower_bound_se: float | None
    bound: str | None


_TEXT = ("study", "preset", "id", "planned_at", "prediction", "bound")
PLAN_SCHEMA = pa.schema(
    [
        (field.name, pa.string() if field.name in _TEXT else pa.float64())
        for field in dataclasses.fields(PlannedPoint)
    ],
    metadata={"iclaws_format": str(FORMAT)},
)
