"""Which commands there are. Their files import what is heavy when they run, not before."""

import typer

from .. import __version__
from . import (
    allocate,
    claims,
    compare,
    fit,
    list as list_command,
    predict,
    report,
    reproduce,
    run,
    status,
    suggest,
    table,
)

app = typer.Typer(
    name="iclaws",
    help="A laboratory for the scaling laws of in-context learning.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.command("list")(list_command.command)
app.command("run")(run.command)
app.command("status")(status.command)
app.command("table")(table.command)
app.add_typer(predict.app, name="predict")
app.command("fit")(fit.command)
app.command("compare")(compare.command)
app.command("allocate")(allocate.command)
app.command("suggest")(suggest.command)
app.command("claims")(claims.command)
app.command("report")(report.command)
app.command("reproduce")(reproduce.command)


def _version(wanted: bool | None) -> None:
    if wanted:
        print(f"iclaws {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: bool | None = typer.Option(
        None, "--version", callback=_version, is_eager=True, help="Print the version and stop."
    ),
) -> None:
    """A laboratory for the scaling laws of in-context learning."""
    del version
