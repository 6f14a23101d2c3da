"""A study's section: what it asks, what was predicted, figures, tables, what was left out."""

import dataclasses
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..claims._rows import HEAVY_TAIL, Rows
from ..errors import UnknownName
from ..results import PlannedPoint, Record, Store
from ..studies import AbstractStudy, Figure, findings, studies as registry
from .formats import counted, moment
from .origin import Pairs, provenance, settings
from .panels import Drawing, draw_all
from .selection import COUNTED, DIVERGED, UNCONVERGED, count_all, holds, numbers, standing
from .tables import Table, by_configuration, by_run


@dataclasses.dataclass(frozen=True)
class Section:
    """One study at one preset.

    Attributes:
        anchor: Name within the page.
        study: Name of the study.
        preset: Its size.
        title: Heading.
        question: What it asks.
        notes: Of a published experiment: source, convention, deviations.
        found: What the study's own measures say, by subject.
        predictions: What theory said before training, in sentences.
        drawings: Its figures.
        tables: Its tables.
        counts: How many runs count, in one sentence.
        left_out: Why runs were left out or need care, in sentences.
        shared: Fields that all points share.
        origin: Provenance.
    """

    anchor: str
    study: str
    preset: str
    title: str
    question: str
    notes: Pairs
    found: Pairs
    predictions: tuple[str, ...]
    drawings: tuple[Drawing, ...]
    tables: tuple[Table, ...]
    counts: str
    left_out: tuple[str, ...]
    shared: Pairs
    origin: Pairs


def collect(store: Store, wanted: Sequence[AbstractStudy] | None = None) -> list[Section]:
    """Return one section per study and preset of the store, in the order they were planned.

    Args:
        store: The records.
        wanted: Studies to show, in this order; None shows all that the store holds. A study of
            one's own that is not among them has tables, but no figures: nobody declared them.
    """
    records = {record.id: record for record in store.records()}
    plans, frame = store.plans(), store.table()
    table = Rows.of(frame)
    if wanted is None:
        keys = list(dict.fromkeys((plan.study, plan.preset) for plan in plans))
        shown: list[tuple[str, str, AbstractStudy | None]] = [
            (name, preset, _registered(name, preset)) for name, preset in keys
        ]
    else:
        shown = [(study.name, study.preset, study) for study in wanted]
    sections = []
    for name, preset, study in shown:
        planned = [plan for plan in plans if (plan.study, plan.preset) == (name, preset)]
        rows = _rows(table, name, preset)
        made = [records[identity] for identity in rows.column("id")]
        found = {} if study is None else findings(study, frame, preset)
        sections.append(
            _section(study, planned, rows, records=made, found=found, title=(name, preset))
        )
    loose = table.keep(holds(table, "study", None))
    if wanted is None and len(loose):
        made = [records[identity] for identity in loose.column("id")]
        sections.append(_section(None, [], loose, records=made, found={}, title=("", "")))
    return sections


def _section(
    study: AbstractStudy | None,
    planned: Sequence[PlannedPoint],
    rows: Rows,
    *,
    records: Sequence[Record],
    found: Mapping[str, str],
    title: tuple[str, str],
) -> Section:
    name, preset = title
    figures: Sequence[Figure] = () if study is None else study.figures()
    shared, varying = settings(records)
    has_runs, left_out = len(rows) > 0, tuple(_left_out(rows, study))
    if has_runs and study is not None and study.counts_unconverged:
        rows = count_all(rows)
    return Section(
        anchor=re.sub(r"[^a-z0-9]+", "-", f"study-{name}-{preset}".lower()).strip("-"),
        study=name,
        preset=preset,
        title=study.title if study else name or "Runs of no study",
        question=study.question if study else "",
        notes=tuple(study.notes().items()) if study else (),
        found=tuple(found.items()),
        predictions=tuple(_predictions(planned, rows)),
        drawings=draw_all(figures, rows) if has_runs else (),
        tables=(by_configuration(rows, varying, figures), by_run(rows, varying, figures))
        if has_runs
        else (),
        counts=_counts(name, planned, rows),
        left_out=left_out,
        shared=shared,
        origin=provenance(rows) if has_runs else (),
    )


def _registered(name: str, preset: str) -> AbstractStudy | None:
    """Return the study of that name, or None if it is one of the user's own."""
    try:
        return registry.get(name)(preset.partition("[")[0])
    except UnknownName:
        return None


def _rows(table: Rows, study: str, preset: str) -> Rows:
    return table.keep(holds(table, "study", study) & holds(table, "preset", preset))


def _predictions(planned: Sequence[PlannedPoint], rows: Rows) -> list[str]:
    if not planned:
        return []
    total = counted(len(planned), "point")
    known = [plan for plan in planned if plan.predicted_excess_risk is not None]
    formulas = Counter(_formula(plan.prediction or "") for plan in known)
    bounds = Counter(_formula(plan.bound or "") for plan in planned if plan.lower_bound is not None)
    sentences = [
        f"Excess risk of {_of(count, len(planned))} points: {formula}."
        for formula, count in formulas.items()
    ]
    if not known:
        sentences.append(f"Theory has no formula for the risk of these {total}.")
    sentences += [
        f"Lower limit of {_of(count, len(planned))} points: {bound}."
        for bound, count in bounds.items()
    ]
    stored = moment(min(plan.planned_at for plan in planned))
    sentences.append(f"Stored {stored}, {_before(rows)}.")
    return sentences


def _formula(words: str) -> str:
    """Return a formula's name without the number of layers, so that depths are one line."""
    return " ".join("L" if word.isdigit() else word for word in words.split())


def _of(count: int, whole: int) -> str:
    return f"all {whole}" if count == whole else f"{count} of {whole}"


def _before(rows: Rows) -> str:
    """Say whether the predictions were stored before their runs began."""
    if not len(rows):
        return "before any run"
    times = zip(rows.column("planned_at"), rows.column("made_started_at"), strict=True)
    late = sum(str(planned) > str(began) for planned, began in times)
    if not late:
        return "each before its run began"
    return f"but {counted(late, 'run')} had begun by then (made for another study)"


def _counts(name: str, planned: Sequence[PlannedPoint], rows: Rows) -> str:
    if not len(rows):
        command = f": `iclaws run {name}` trains them" if name in registry.names() else ""
        return f"No run is stored yet{command}."
    states = Counter(standing(rows))
    text = f"{counted(len(rows), 'run')}; {states[COUNTED]} count in means and fits."
    waiting = len(planned) - len(rows)
    return text + (f" {counted(waiting, 'planned point')} not trained yet." if waiting > 0 else "")


def _left_out(rows: Rows, study: AbstractStudy | None) -> list[str]:
    if not len(rows):
        return []
    states = standing(rows)
    diverged, pending = rows.keep(states == DIVERGED), rows.keep(states == UNCONVERGED)
    sentences = []
    if len(diverged):
        steps = [f"{step:.0f}" for step in numbers(diverged, "diverged_at") if step >= 0]
        at = f", frozen at step {_listed(steps)}" if steps else ""
        sentences.append(f"{counted(len(diverged), 'run')} diverged{at}: no risk to show.")
    if len(pending):
        drops = numbers(pending, "remaining_drop")
        counts = study is not None and study.counts_unconverged
        sentences.append(
            f"{counted(len(pending), 'run')} had not converged{_falling(drops)}: "
            + (
                "they count, as this study asks what its schedule gives."
                if counts
                else "shown, but in no mean and no fit."
            )
        )
    heavy = int((numbers(rows, "tail_share") > HEAVY_TAIL).sum())
    if heavy:
        sentences.append(
            f"In {counted(heavy, 'run')} the worst 1 % of contexts hold more than "
            f"{HEAVY_TAIL:.0%} of the squared error: such a mean hangs on a few contexts. "
            "The table of runs has the median of means (excess risk robust) beside it."
        )
    return sentences


def _falling(drops: np.ndarray) -> str:
    drops = drops[np.isfinite(drops)]
    if not len(drops):
        return ""
    return f" (loss still falling by up to {100 * drops.max():.1f} % over the last fifth)"


def _listed(items: Sequence[Any]) -> str:
    unique = list(dict.fromkeys(items))
    more = f" and {len(unique) - 4} others" if len(unique) > 4 else ""
    return ", ".join(unique[:4]) + more
