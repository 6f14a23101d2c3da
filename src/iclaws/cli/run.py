"""`iclaws run`: train what a store misses of a study."""

import typer

from ._options import PRESET, SET, STORE, make_study, open_store
from ._output import JSON, console, print_json
from ._watch import watching


def command(
    study: str = typer.Argument(help="Name of a study: `iclaws list studies`."),
    preset: str = PRESET,
    changes: list[str] | None = SET,
    store: str = STORE,
    checkpoints: bool = typer.Option(
        True, help="Keep the state of each group in training, and go on from it after a kill."
    ),
    as_json: bool = JSON,
) -> None:
    """Store a study's predictions, then train the runs that the store misses."""
    from .. import studies

    wanted = make_study(study, preset, changes)
    if not as_json:
        for name, text in wanted.notes().items():
            console(stderr=True).print(f"{name}: {text}", soft_wrap=True)
    with watching(quiet=as_json) as watch:
        target = open_store(store, must_exist=False)
        trained = studies.run(wanted, target, watch=watch, checkpoints=checkpoints)
    planned = len(wanted.points())
    found = studies.findings(wanted, target.table(study))
    if as_json:
        print_json(
            {"study": study, "preset": wanted.preset, "planned": planned, "trained": trained}
            | {name.lower(): text for name, text in wanted.notes().items()}
            | {"findings": found}
        )
    else:
        for name, text in found.items():
            console().print(f"{name}: {text}", soft_wrap=True)
        console().print(
            f"{study} ({wanted.preset}): {planned} runs planned, {trained} trained now, "
            f"{planned - trained} stored before. Next: iclaws claims --store {store}",
            soft_wrap=True,
        )
