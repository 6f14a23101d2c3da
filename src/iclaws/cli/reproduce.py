"""`iclaws reproduce`: the studies of the core claims, then the verdicts and the report."""

import dataclasses
import time
from pathlib import Path

from ._options import PRESET, STORE, open_store
from ._output import JSON, console, print_json
from ._watch import watching
from .claims import print_findings
from .report import OUT


def command(
    preset: str = PRESET,
    store: str = STORE,
    out: Path | None = OUT,
    as_json: bool = JSON,
) -> None:
    """Run the studies of the paper's claims, judge the claims and write the report."""
    from .. import claims, report, studies

    opened, began = open_store(store, must_exist=False), time.monotonic()
    known = [studies.studies.get(name) for name in studies.studies.names()]
    wanted = [study(preset) for study in known if study.reproduces]
    trained = 0
    with watching(quiet=as_json) as watch:
        for study in wanted:
            if not as_json:
                console(stderr=True).print(f"{study.name}: {study.question}", soft_wrap=True)
            trained += studies.run(study, opened, watch=watch)
    table = opened.table()
    findings = claims.evaluate(table.loc[table["preset"] == preset])
    if not as_json:
        print_findings(findings, as_json=False)
    path = report.write(opened, out or opened.folder / "report.html", findings=findings)
    seconds = time.monotonic() - began
    if as_json:
        print_json(
            {
                "trained": trained,
                "seconds": seconds,
                "report": str(path),
                "findings": [dataclasses.asdict(finding) for finding in findings],
            }
        )
        return
    console().print(f"\n{trained} runs trained in {seconds:.0f} s. Report: {path}", soft_wrap=True)
