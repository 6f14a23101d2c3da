"""`iclaws status`: what a store holds, and what it still misses."""

from typing import Any

from ._options import STORE, open_store
from ._output import JSON, console, show


def command(store: str = STORE, as_json: bool = JSON) -> None:
    """Count planned, trained, diverged, unconverged and missing runs of every study."""
    rows = _rows(open_store(store))
    if not rows and not as_json:
        console().print(f"The store {store} is empty.")
        return
    show(rows, as_json=as_json)


def _rows(store: Any) -> list[dict[str, Any]]:
    records = {record.id: record for record in store.records()}
    counts: dict[tuple[str, str], dict[str, Any]] = {}
    planned_ids = set()
    for plan in store.plans():
        planned_ids.add(plan.id)
        counts.setdefault((plan.study, plan.preset), _none(plan.study, plan.preset))
        _count(counts[plan.study, plan.preset], records.get(plan.id))
    unplanned = [record for key, record in records.items() if key not in planned_ids]
    if unplanned:
        counts["", ""] = _none("(no study)", "")
        for record in unplanned:
            _count(counts["", ""], record)
    return list(counts.values())


def _none(study: str, preset: str) -> dict[str, Any]:
    counted = ("planned", "trained", "unconverged", "diverged", "missing")
    return {"study": study, "preset": preset} | dict.fromkeys(counted, 0)


def _count(row: dict[str, Any], record: Any) -> None:
    row["planned"] += 1
    if record is None:
        row["missing"] += 1
    elif record.status == "diverged":
        row["diverged"] += 1
    else:
        row["trained"] += 1
        row["unconverged"] += record.converged is not True
