"""`iclaws allocate`: the best configuration for a budget."""

from collections.abc import Sequence
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

    _laws.check_level(level)
    steps, loaded = _steps(multiple), load(fit)
    shape = None if penalty is None else _shape(penalty, loaded.law.columns)
    found = loaded.allocate(
        cost=cost, budget=budget, fixed=_laws.numbers(fix, "--fix"), integers=integer or (),
        multiples=steps, level=level,
    )  # fmt: skip
    extra = None if shape is None else found.penalty(shape)
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


def _steps(multiple: list[str] | None) -> dict[str, int]:
    from ..errors import InvalidValue

    steps = _laws.numbers(multiple, "--multiple")
    for name, step in steps.items():
        if not (step >= 1 and step.is_integer()):
            raise InvalidValue(
                f"--multiple takes whole numbers of at least 1, such as {name}=64: sizes are "
                f"counted in them. Got {name}={step:g}."
            )
    return {name: int(step) for name, step in steps.items()}


def _shape(penalty: str, columns: Sequence[str]) -> dict[str, float]:
    from .._registry import unknown_name_message
    from ..errors import UnknownName

    shape = _laws.numbers([penalty], "--penalty")
    for name in shape:
        if name not in columns:
            raise UnknownName(unknown_name_message("column of the law", name, columns))
    return shape
