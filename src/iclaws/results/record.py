"""What a run produced: the columns of the store."""

import dataclasses
import json
from typing import Any

import pyarrow as pa

# Of the parts; earlier ones stay readable: a column they lack takes its default.
# 2: cross-entropy, accuracy, the estimator that excess is over, distances on both task laws.
FORMAT = 2


@dataclasses.dataclass(frozen=True)
class Comparison:
    """One baseline on the same evaluation contexts as the model.

    Attributes:
        name: The baseline.
        excess_risk: Its own excess risk.
        excess_risk_se: Standard error over contexts.
        gap: Mean of the model's loss minus the baseline's, context by context.
        gap_se: Standard error of the gap: pairing removes what both share.
        distance: Mean squared difference of the two predictions; for logistic loss the mean
            divergence KL(baseline, model) in nats, for categorical loss None.
        position_excess_risk: Its excess risk at each position; empty where only the query is
            predicted.
        accuracy: Share of its right answers; None where answers are real numbers.
        position_distance: Mean squared difference of the two predictions at each position; of
            runs with a finite pool of functions, like what follows.
        pretrain_excess_risk: Its own at the query on new sequences of pretraining functions.
        pretrain_distance: Mean squared difference of the two predictions there.
        pretrain_position_excess_risk: The former at each position.
        pretrain_position_distance: The latter at each position.
    """

    name: str
    excess_risk: float
    excess_risk_se: float
    gap: float | None
    gap_se: float | None
    distance: float | None
    position_excess_risk: list[float | None]
    accuracy: float | None = None
    position_distance: list[float] = dataclasses.field(default_factory=list)
    pretrain_excess_risk: float | None = None
    pretrain_distance: float | None = None
    pretrain_position_excess_risk: list[float] = dataclasses.field(default_factory=list)
    pretrain_position_distance: list[float] = dataclasses.field(default_factory=list)


@dataclasses.dataclass(frozen=True)
class Record:
    """What one point produced, on functions never seen.

    A risk is what an answer at the query costs, on average over evaluation contexts; for token
    tasks, at the graded positions. Excess risk means, for each loss of a task:
    `squared`: mean squared error of noise-free labels, so that nothing is left to subtract.
    `logistic`, `categorical`: cross-entropy in nats, minus that of the task's Bayes-optimal
    estimator on the same contexts, which `excess_over` names; where the task knows none, minus
    nothing.

    Attributes:
        id: Identity of the point.
        point: Its full description.
        status: `trained` or `diverged`; a diverged run has no risk.
        excess_risk: See above.
        excess_risk_se: Standard error of that mean.
        excess_risk_robust: Median of 32 block means: what heavy tails leave of the mean.
        tail_share: Share of the total squared error that the worst 1 % of contexts hold.
        pretrain_excess_risk: On new sequences of the pretraining functions, minus (if anything)
            what the Bayes estimator of new functions costs there; None without a pool.
        pretrain_excess_risk_se: Its standard error.
        position_excess_risk: Excess risk at each position; empty where only the query is predicted.
        curve_steps: Log-spaced steps of the learning curve.
        curve_excess_risk: Excess risk after them, on the first evaluation contexts.
        loss_curve: Training loss, averaged over equal stretches of the run.
        converged: Whether the end of the loss curve is flat against its noise.
        remaining_drop: Relative fall of the loss over the last fifth of the run.
        remaining_drop_se: Its standard error.
        diverged_at: Step at which the run was frozen; None if it was not.
        baselines: Paired comparisons.
        measures: What the weights tell, by name.
        provenance: Versions, device, times.
        cross_entropy: In nats, nothing subtracted; None for squared error.
        cross_entropy_se: Its standard error.
        accuracy: Share of right answers; None for squared error.
        accuracy_se: Its standard error.
        position_accuracy: Share of right answers at each position.
        pretrain_accuracy: On new sequences of the pretraining functions.
        excess_over: The estimator whose cross-entropy was subtracted; None if none was.
    """

    id: str
    point: dict[str, Any]
    status: str
    excess_risk: float | None
    excess_risk_se: float | None
    excess_risk_robust: float | None
    tail_share: float | None
    pretrain_excess_risk: float | None
    pretrain_excess_risk_se: float | None
    position_excess_risk: list[float | None]
    curve_steps: list[int]
    curve_excess_risk: list[float | None]
    loss_curve: list[float | None]
    converged: bool | None
    remaining_drop: float | None
    remaining_drop_se: float | None
    diverged_at: int | None
    baselines: list[Comparison]
    measures: dict[str, list[float]]
    provenance: dict[str, Any]
    cross_entropy: float | None = None
    cross_entropy_se: float | None = None
    accuracy: float | None = None
    accuracy_se: float | None = None
    position_accuracy: list[float | None] = dataclasses.field(default_factory=list)
    pretrain_accuracy: float | None = None
    excess_over: str | None = None


def _columns() -> dict[str, pa.DataType]:
    number, numbers = pa.float64(), pa.list_(pa.float64())
    kinds = {f.name: numbers for f in dataclasses.fields(Comparison) if "position" in f.name}
    kinds["name"] = pa.string()
    comparison = pa.struct(
        [(f.name, kinds.get(f.name, number)) for f in dataclasses.fields(Comparison)]
    )
    special = {
        "id": pa.string(),
        "point": pa.string(),
        "status": pa.string(),
        "position_excess_risk": numbers,
        "position_accuracy": numbers,
        "excess_over": pa.string(),
        "curve_steps": pa.list_(pa.int64()),
        "curve_excess_risk": numbers,
        "loss_curve": numbers,
        "converged": pa.bool_(),
        "diverged_at": pa.int64(),
        "baselines": pa.list_(comparison),
        "measures": pa.list_(pa.struct([("name", pa.string()), ("values", numbers)])),
        "provenance": pa.string(),
    }
    return {f.name: special.get(f.name, number) for f in dataclasses.fields(Record)}


SCHEMA = pa.schema(list(_columns().items()), metadata={"iclaws_format": str(FORMAT)})


def to_row(record: Record) -> dict[str, Any]:
    """Return a record as the values of one row of `SCHEMA`."""
    row = dataclasses.asdict(record)
    row["point"] = json.dumps(record.point, sort_keys=True)
    row["provenance"] = json.dumps(record.provenance, sort_keys=True)
    row["measures"] = [{"name": k, "values": v} for k, v in sorted(record.measures.items())]
    return row


def from_row(row: dict[str, Any]) -> Record:
    """Return the record that `to_row` wrote."""
    values = dict(row)
    values["point"] = json.loads(row["point"])
    values["provenance"] = json.loads(row["provenance"])
    values["baselines"] = [Comparison(**comparison) for comparison in row["baselines"]]
    values["measures"] = {entry["name"]: entry["values"] for entry in row["measures"]}
    return Record(**values)
