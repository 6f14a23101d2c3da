"""`iclaws suggest`: which runs to make next."""

from pathlib import Path

import typer

from . import _laws
from ._output import JSON, print_json, show


def command(
    data: Path = _laws.DATA,
    *,
    law: str = typer.Option(..., help="The law, as for `iclaws fit`."),
    candidates: Path = typer.Option(..., help="A table of configurations that could be run."),
    goal: str = typer.Option(
        ...,
        help="The quantity: a parameter, an expression over parameters such as "
        '"beta/(alpha+beta)", or a configuration such as "N=1e12,D=1e13" whose loss is wanted.',
    ),
    cost: str = _laws.COST,
    budget: float = typer.Option(..., help="What the new runs may cost together."),
    repeats: int = typer.Option(1, help="How often one configuration may be run."),
    target: str = _laws.TARGET,
    where: str | None = _laws.WHERE,
    derive: list[str] | None = _laws.DERIVE,
    huber: float | None = _laws.HUBER,
    squared: bool = _laws.SQUARED,
    absolute: bool = _laws.ABSOLUTE,
    log: bool = _laws.RESIDUALS,
    bootstrap: int = typer.Option(200, help="Draws the design is averaged over; 0 for none."),
    key: int = _laws.KEY,
    as_json: bool = JSON,
) -> None:
    """Choose the runs that shrink the interval of one quantity most, within a budget."""
    from .. import laws

    _laws.check_draws("--bootstrap", bootstrap, none="the fitted parameters alone")
    fit = laws.fit(
        law, _laws.read(data, where=where, derive=derive), target,
        loss=_laws.loss_of(
            huber, squared=squared, absolute=absolute, free_scale=False, over=1.0
        ),
        log_residuals=log, key=key,
    )  # fmt: skip
    table = laws.read_table(candidates)
    draws = fit.bootstrap(bootstrap, key=key) if bootstrap and fit.found else None
    found = laws.suggest(
        fit, table, goal=laws.read_goal(goal), cost=cost, budget=budget, repeats=repeats,
        draws=draws,
    )  # fmt: skip
    rows = [{n: table[n][row].item() for n in fit.law.columns} for row in found.rows]
    if as_json:
        print_json(
            {
                "runs": rows, "rows": found.rows, "cost": found.cost,
                "standard_error": found.standard_error, "expected_error": found.expected_error,
            }
        )  # fmt: skip
        return
    show(rows, as_json=False)
    print(
        f"{len(rows)} runs at a cost of {found.cost:.4g} shrink the standard error of {goal} from "
        f"{found.standard_error:.4g} to {found.expected_error:.4g}, by {1 - found.shrinkage:.0%}"
    )
