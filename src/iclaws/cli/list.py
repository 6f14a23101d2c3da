"""`iclaws list`: what there is to choose from."""

import typer

from ._output import JSON, show


def command(
    kind: str | None = typer.Argument(
        None,
        help="One of: tasks, models, baselines, laws, probes, claims, studies. All if not given.",
    ),
    as_json: bool = JSON,
) -> None:
    """List the registered tasks, models, baselines, laws, probes, claims and studies."""
    from .._registry import unknown_name_message
    from ..errors import UnknownName
    from ._families import FAMILIES, elements

    if kind is not None and kind not in FAMILIES:
        raise UnknownName(unknown_name_message("family", kind, FAMILIES))
    rows = [
        {"family": family, "name": name, "what": what}
        for family in ([kind] if kind else FAMILIES)
        for name, what in elements(family)
    ]
    show(rows, as_json=as_json)
