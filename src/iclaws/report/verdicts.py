"""Findings as the rows of the verdict table."""

import dataclasses
import json
from collections import Counter
from collections.abc import Sequence

from ..claims import Finding, Verdict, claims
from ..errors import UnknownName
from .formats import MISSING, number, setting, with_interval

ORDER = (Verdict.SUPPORTED, Verdict.REFUTED, Verdict.INCONCLUSIVE, Verdict.UNTESTED)


@dataclasses.dataclass(frozen=True)
class VerdictRow:
    """One finding, written out.

    Attributes:
        verdict: `supported`, `refuted`, `inconclusive` or `untested`.
        claim: Label of the claim.
        statement: What it says.
        rule: How its verdict is reached.
        study: Name of the study.
        section: Study and preset, by which the page finds the section; no preset where nothing
            is stored.
        preset: Which size of the study; empty where all findings are of one.
        subject: Which of its curves.
        statistic: What was estimated, in words.
        measured: Estimate with interval.
        expected: What theory says at these sizes.
        claimed: What the claim says.
        sentence: The reason.
        evidence: Everything else that was computed, name by name.
    """

    verdict: str
    claim: str
    statement: str
    rule: str
    study: str
    section: tuple[str, str]
    preset: str
    subject: str
    statistic: str
    measured: str
    expected: str
    claimed: str
    sentence: str
    evidence: tuple[tuple[str, str], ...]


@dataclasses.dataclass(frozen=True)
class Verdicts:
    """The verdict table.

    Attributes:
        counts: How many findings came out how, in the order of `ORDER`, none left out.
        tested: Findings with a verdict.
        untested: Findings without.
    """

    counts: tuple[tuple[str, int], ...]
    tested: tuple[VerdictRow, ...]
    untested: tuple[VerdictRow, ...]


def collect(findings: Sequence[Finding]) -> Verdicts:
    """Return the verdict table of findings, in their order."""
    counts = Counter(finding.verdict for finding in findings)
    several = len({finding.preset for finding in findings if finding.preset}) > 1
    rows = [(finding.verdict, _row(finding, several=several)) for finding in findings]
    return Verdicts(
        counts=tuple((verdict.value, counts[verdict]) for verdict in ORDER),
        tested=tuple(row for verdict, row in rows if verdict is not Verdict.UNTESTED),
        untested=tuple(row for verdict, row in rows if verdict is Verdict.UNTESTED),
    )


def _row(finding: Finding, *, several: bool) -> VerdictRow:
    statement, rule = _stated(finding.name)
    return VerdictRow(
        verdict=finding.verdict.value,
        claim=finding.claim,
        statement=statement,
        rule=rule,
        study=finding.study,
        section=(finding.study, finding.preset or ""),
        preset=(finding.preset or "") if several else "",
        subject=finding.subject,
        statistic=finding.statistic or "",
        measured=with_interval(finding.estimate, finding.interval),
        expected=number(finding.expected),
        claimed=MISSING if finding.claimed is None else setting(round(finding.claimed, 3)),
        sentence=finding.sentence,
        evidence=tuple(_evidence(finding)),
    )


def _stated(name: str) -> tuple[str, str]:
    """Return a claim's statement and rule; a claim that is not registered has its name only."""
    try:
        claim = claims.get(name)
    except UnknownName:
        return name, ""
    return claim.statement, claim.rule


def _evidence(finding: Finding) -> list[tuple[str, str]]:
    found = {"p of support": finding.p_support, "p of refutation": finding.p_refute}
    rows = [(name, number(value)) for name, value in found.items() if value is not None]
    return rows + [(name.replace("_", " "), _text(v)) for name, v in finding.evidence.items()]


def _text(value: object) -> str:
    if isinstance(value, float):
        return number(value)
    if isinstance(value, list | tuple) and all(isinstance(entry, float) for entry in value):
        return ", ".join(number(entry) for entry in value)
    if isinstance(value, dict):
        return "; ".join(f"{key}: {_text(entry)}" for key, entry in value.items())
    return value if isinstance(value, str) else json.dumps(value, default=str)
