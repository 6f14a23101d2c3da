"""Judging a table: every claim on every study it speaks of, corrected for their number."""

import dataclasses
import math
from collections.abc import Sequence

import pandas as pd

from ._base import LEVEL, AbstractClaim, Finding, Verdict, claims as registry
from ._rows import Rows
from ._statistics import holm


def evaluate(table: pd.DataFrame, claims: Sequence[str] | None = None) -> list[Finding]:
    """Return what every claim finds, in the order of their labels.

    Verdicts that rest on equivalence and exclusion tests are corrected over all such tests of
    this call (Holm, at 0.05): a claim is supported if equivalence holds after correction,
    refuted if exclusion does, and inconclusive otherwise.

    Args:
        table: From `Store.table`.
        claims: Names of claims; None takes all.

    Raises:
        UnknownName: no claim has such a name.
    """
    names = registry.names() if claims is None else claims
    chosen = sorted((registry.get(name)() for name in names), key=lambda claim: claim.label)
    rows = Rows.of(table)
    found = [finding for claim in chosen for finding in _of_one(claim, rows)]
    return _corrected(found)


def _of_one(claim: AbstractClaim, rows: Rows) -> list[Finding]:
    found: list[Finding] = []
    others = [name for name in rows.distinct("study") if name and name not in claim.studies]
    for study in (*claim.studies, *(others if claim.anywhere else ())):
        of_study = rows.keep(rows.column("study") == study)
        # Sizes of a study answer for themselves: mixed, the larger would vouch for the smaller.
        for (preset,), of_preset in of_study.groups(["preset"]):
            found += [
                dataclasses.replace(finding, preset=preset)
                for finding in claim.findings(study, of_preset)
            ]
        if not len(of_study):
            found.append(
                claim.finding(
                    study,
                    "no runs",
                    Verdict.UNTESTED,
                    sentence=f"No run of {study} is stored: `iclaws run {study}` makes them.",
                )
            )
    return found


def _corrected(found: list[Finding]) -> list[Finding]:
    found = [_with_numbers(finding) for finding in found]
    tested = [i for i, f in enumerate(found) if f.p_support is not None and f.p_refute is not None]
    support = dict(zip(tested, holm([found[i].p_support or 0.0 for i in tested]), strict=True))
    refute = dict(zip(tested, holm([found[i].p_refute or 0.0 for i in tested]), strict=True))
    return [
        _judged(finding, support[i], refute[i]) if i in support else finding
        for i, finding in enumerate(found)
    ]


def _with_numbers(finding: Finding) -> Finding:
    """Return a finding, untested if a test of it came out without a number.

    Left among the others it would take part in their correction, and pass for their p-value.
    """
    tests = [p for p in (finding.p_support, finding.p_refute) if p is not None]
    if all(math.isfinite(p) for p in tests):
        return finding
    sentence = (
        f"The test has no p-value: a number that it rests on is not finite. {finding.sentence}"
    )
    return dataclasses.replace(
        finding, verdict=Verdict.UNTESTED, sentence=sentence, p_support=None, p_refute=None
    )


def _judged(finding: Finding, p_support: float, p_refute: float) -> Finding:
    verdict = Verdict.INCONCLUSIVE
    if p_support < LEVEL:
        verdict = Verdict.SUPPORTED
    elif p_refute < LEVEL:
        verdict = Verdict.REFUTED
    return dataclasses.replace(finding, verdict=verdict, p_support=p_support, p_refute=p_refute)
