"""`iclaws report`: one HTML file of everything a store holds."""

from pathlib import Path

import typer

from ._options import STORE, open_store
from ._output import JSON, console, print_json

OUT = typer.Option(None, "--out", help="The HTML file; report.html in the store if not given.")


def command(store: str = STORE, out: Path | None = OUT, as_json: bool = JSON) -> None:
    """Write verdicts, figures, tables and provenance to one file that works offline."""
    from .. import report

    opened = open_store(store)
    path = report.write(opened, out or opened.folder / "report.html")
    if as_json:
        print_json({"report": str(path)})
    else:
        console().print(f"Report: {path}", soft_wrap=True)
