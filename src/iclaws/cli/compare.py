"""`iclaws compare`: several laws on one table."""

from pathlib import Path

import typer

from . import _laws
from ._output import JSON, print_json


def command(
    data: Path = _laws.DATA,
    *,
    law: list[str] | None = typer.Option(None, help="A law to compare. Repeat it for each."),
    over: list[str] | None = typer.Option(
        None, help="Instead of --law: all usual forms over these columns. Repeat it for each."
    ),
    target: str = _laws.TARGET,
    where: str | None = _laws.WHERE,
    derive: list[str] | None = _laws.DERIVE,
    hold_out: str = typer.Option(
        "largest scales",
        help="What to hold out: a share of the rows, a column (its largest quarter), or a column "
        "of flags.",
    ),
    huber: float | None = _laws.HUBER,
    squared: bool = _laws.SQUARED,
    absolute: bool = _laws.ABSOLUTE,
    log: bool = _laws.RESIDUALS,
    logit: bool = _laws.LOGIT,
    cluster: list[str] | None = _laws.CLUSTER,
    figure: Path | None = typer.Option(None, help="Draw the errors: a .svg, .png or .pdf file."),
    key: int = _laws.KEY,
    as_json: bool = JSON,
) -> None:
    """Fit several laws to a table, and score each on larger scales than it has seen."""
    from .. import laws
    from ..errors import InvalidValue

    if bool(law) == bool(over):
        raise InvalidValue("Name the laws by --law, or columns by --over, and not both.")
    found = laws.compare(
        law or laws.candidates(over or []), _laws.read(data, where=where, derive=derive), target,
        hold_out=_share(hold_out),
        loss=_laws.loss_of(
            huber, squared=squared, absolute=absolute, free_scale=False, over=1.0
        ),
        log_residuals=_laws.residuals_of(log, logit=logit), cluster=cluster or None, key=key,
    )  # fmt: skip
    if figure is not None:
        laws.draw("comparison", found, path=figure)
    if not as_json:
        print(found.summary())
        return
    document = {
        "laws": found.rows(),
        "choice": found.choice.law.expression,
        "in_sample_winner": found.in_sample_winner.law.expression,
        "held_out": found.held_out,
    }
    try:
        finding = found.power_law
        document["power_law"] = {"verdict": finding.verdict, "sentence": finding.sentence}
    except InvalidValue:  # no power law, or nothing else, was among them
        document["power_law"] = None
    print_json(document)


def _share(text: str) -> str | float:
    """Return a share of the rows as a number, anything else as it is."""
    try:
        return float(text)
    except ValueError:
        return text
