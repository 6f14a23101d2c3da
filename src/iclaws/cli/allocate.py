"""`iclaws allocate`: the best configuration for a budget."""

from pathlib import Path

import typer

from . import _laws
from ._output import JSON, print_json


def command(
    fit: Path = typer.Argument(..., help="A fit written by `iclaws fit --save`."),
    *,
    cost: str = _laws.COST,
    budget: float = typer.Option(..., help="What may be spent, in the units of the cost."),
    fix: list[str] | None = typer.Option(None, help="Value of a column: width=512. Repeatable."),
    integer: list[str] | None = typer.Option(None, help="Column of whole numbers. Repeatable."),
    multiple: list[str] | None = typer.Option(
        None, help="Column of multiples of a number: width=64. Repeatable."
    ),
    penalty: str | None = typer.Option(
        None, help='Another shape at the same budget: "depth=4". Its loss over the optimum\'s.'
    ),
    level: float = typer.Option(0.95, help="Nominal coverage of intervals."),
    as_json: bool = JSON,
) -> None:
    """Return the configuration of least predicted loss at a cost, and how flat the optimum is."""
    from ..laws import load

    steps = _laws.numbers(multiple, "--multiple")
    found = load(fit).allocate(
        cost=cost, budget=budget, fixed=_laws.numbers(fix, "--fix"), integers=integer or (),
        multiples={name: round(step) for name, step in steps.items()}, level=level,
    )  # fmt: skip
    extra = None if penalty is None else found.penalty(_laws.numbers([penalty], "--penalty"))
    if as_json:
        print_json(
            {
                "sizes": found.sizes, "loss": found.loss, "cost": found.cost,
                "intervals": found.intervals, "loss_interval": found.loss_interval,
                "near_optimal": found.near_optimal, "exponents": found.exponents,
                "interior": found.interior, "closed_form": found.closed_form, "penalty": extra,
            }
        )  # fmt: skip
        return
    print(found.summary())
    if extra is not None:
        print(f"the shape {penalty} loses {extra:.2%} against the optimum")
