"""`iclaws claims`: the verdicts."""

import dataclasses
from typing import Any

import typer

from ._options import STORE, open_store
from ._output import JSON, console, print_json

COLOURS = {
    "supported": "green",
    "refuted": "red",
    "inconclusive": "yellow",
    "untested": "bright_black",
}


def command(
    names: list[str] | None = typer.Argument(None, help="Names of claims: `iclaws list claims`."),
    store: str = STORE,
    as_json: bool = JSON,
) -> None:
    """Judge the claims on what the store holds."""
    from .. import claims

    findings = claims.evaluate(open_store(store).table(), names or None)
    print_findings(findings, as_json=as_json)


def print_findings(findings: list[Any], *, as_json: bool) -> None:
    """Print one row per finding: the verdict, then the sentence with its numbers."""
    if as_json:
        print_json([dataclasses.asdict(finding) for finding in findings])
        return
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("claim", "study", "subject", "verdict", "why"):
        table.add_column(name, overflow="fold")
    for found in findings:
        where = found.study if found.preset in (None, "quick") else f"{found.study} {found.preset}"
        verdict = Text(found.verdict, style=COLOURS[found.verdict])
        table.add_row(found.claim, where, found.subject, verdict, found.sentence)
    console().print(table)
