"""The report: collected, rendered and written whole or not at all."""

import base64
import gzip
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import iclaws

from .. import claims
from ..claims import Finding
from ..results import Store
from ..results.files import write_whole
from ..results.provenance import now
from ..studies import AbstractStudy
from . import formats, sections, verdicts
from .fit_details import details
from .palette import palettes
from .traces import SVG_DASHES

HERE = Path(__file__).parent


def write(
    store: Store,
    path: str | Path,
    findings: Sequence[Finding] | None = None,
    *,
    studies: Sequence[AbstractStudy] | None = None,
) -> Path:
    """Write one self-contained HTML file about a store; return its path.

    Verdicts come first, then a section per study: question, predictions, figures, tables, what
    was left out, provenance. The file needs no network: style, script and Plotly are inside.

    Args:
        store: The records.
        path: The file; replaced if it exists.
        findings: What `claims.evaluate` returned; None judges the store's table.
        studies: Studies to show, in order; None shows all that the store holds. Studies of
            one's own are given here, since only they know their figures.

    Raises:
        StoreUnwritable: the file cannot be written; nothing of it is left.
        StoreDamaged, StoreTooNew: a part of the store cannot be read.
    """
    path = Path(path)
    text = render(store, findings, studies=studies)
    write_whole(path, lambda temporary: _write_text(temporary, text))
    return path


def render(
    store: Store,
    findings: Sequence[Finding] | None = None,
    *,
    studies: Sequence[AbstractStudy] | None = None,
) -> str:
    """Return the HTML that `write` writes."""
    table = store.table()
    if findings is None:
        findings = claims.evaluate(table) if len(table) else []
    shown = sections.collect(store, studies)
    has_figures = any(drawing.panels for section in shown for drawing in section.drawings)
    template = environment().get_template("page.html")
    return template.render(
        store=str(store.folder),
        verdicts=verdicts.collect(findings),
        sections=shown,
        anchors=_anchors(shown),
        num_runs=len(set(table["id"])) if len(table) else 0,
        version=iclaws.__version__,
        written=formats.moment(now()),
        style=(HERE / "static" / "report.css").read_text("utf-8"),
        script=(HERE / "static" / "report.js").read_text("utf-8"),
        plotly=_plotly() if has_figures else "",
    )


def _anchors(shown: Sequence[sections.Section]) -> dict[tuple[str, str], str]:
    """Return the anchor of each study and preset; without a preset, of the study's first."""
    first = {(section.study, ""): section.anchor for section in reversed(shown)}
    return first | {(section.study, section.preset): section.anchor for section in shown}


def environment() -> Any:
    """Return the environment of the templates."""
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # A NaN is no JSON: better no report than one whose figures silently stay empty.
    environment.policies["json.dumps_kwargs"] = {"allow_nan": False, "separators": (",", ":")}
    environment.filters["prose"] = formats.prose
    environment.globals |= {
        "dashes": SVG_DASHES,
        "details": details,
        "counted": formats.counted,
        "label": formats.label,
        "missing": formats.MISSING,
        "number": formats.number,
        "palettes": palettes,
        "setting": formats.setting,
        "with_interval": formats.with_interval,
    }
    return environment


def _plotly() -> str:
    """Return Plotly's script, compressed: 4.8 MB of text become 1.9 MB."""
    from plotly.offline import get_plotlyjs

    # mtime: the same report is the same bytes.
    return base64.b64encode(gzip.compress(get_plotlyjs().encode(), 9, mtime=0)).decode()


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, "utf-8")
