"""Options that the commands on laws share, and what they mean."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import typer

DATA = typer.Argument(..., help="A table: CSV, TSV, Parquet or JSON lines.")
TARGET = typer.Option("loss", help="The column to predict.")
WHERE = typer.Option(
    None, "--where", help="Keep rows for which this holds: \"loss < 5 and split == 'train'\"."
)
DERIVE = typer.Option(
    None, "--derive", help='Add a column first: "D = C/(6*N)". May be repeated, in order.'
)
HUBER = typer.Option(None, help="Huber's loss with this threshold (1e-3 if no loss is named).")
FREE_SCALE = typer.Option(False, help="With --huber: fit the scale of the residuals too.")
SQUARED = typer.Option(False, "--squared", help="Squared loss: Gaussian noise.")
ABSOLUTE = typer.Option(False, "--absolute", help="Absolute loss: Laplace noise.")
OVER = typer.Option(1.0, help="Factor on the loss of predictions above the data.")
RESIDUALS = typer.Option(
    True, "--log/--raw", help="Residuals between logarithms of the target, or between its values."
)
LOGIT = typer.Option(False, "--logit", help="Residuals between logits, for targets in (0, 1).")
CLUSTER = typer.Option(
    None, help="Column that names a run: rows of one run are not independent. May be repeated."
)
KEY = typer.Option(0, help="Seed of random starts and resamples.")
COST = typer.Option(..., help='Cost over columns, such as "6*N*D".')


def read(
    data: Path, *, where: str | None = None, derive: list[str] | None = None
) -> dict[str, Any]:
    """Return the table of a file with derived columns and without filtered rows.

    Raises:
        InvalidValue: An option cannot be read, or divides by a constant that is zero.
    """
    from ..laws import derive as add, filter_rows, read_table

    table = read_table(data)
    with _naming("--derive", derive):
        table = add(table, derive or [])
    with _naming("--where", where):
        return table if where is None else filter_rows(table, where)


@contextmanager
def _naming(option: str, given: object) -> Iterator[None]:
    """Say of which option an error speaks."""
    from ..errors import InvalidValue

    try:
        yield
    except (ArithmeticError, InvalidValue) as error:
        words = "; ".join(given) if isinstance(given, list) else given
        raise InvalidValue(f"{option} {words!r}: {error}") from error


def check_level(level: float) -> None:
    """Check a coverage.

    Raises:
        InvalidValue: It is no share.
    """
    from ..errors import InvalidValue

    if not 0.0 < level < 1.0:
        raise InvalidValue(f"--level is a share between 0 and 1, such as 0.95. Got {level}.")


def check_draws(option: str, count: int, *, none: str) -> None:
    """Check a number of draws: one alone has no spread.

    Raises:
        InvalidValue: It is 1 or negative.
    """
    from ..errors import InvalidValue

    if count < 0 or count == 1:
        raise InvalidValue(
            f"{option} must be at least 2, since one draw has no spread, or 0 for {none}. "
            f"Got {count}."
        )


def loss_of(
    huber: float | None, *, squared: bool, absolute: bool, free_scale: bool, over: float
) -> Any:
    """Return the loss that the options name.

    Raises:
        InvalidValue: More than one is named, or a free scale without Huber's loss.
    """
    from ..errors import InvalidValue
    from ..laws import Absolute, Huber, Squared

    if (huber is not None) + squared + absolute > 1:
        raise InvalidValue("Name one loss: --huber, --squared or --absolute.")
    if free_scale and (squared or absolute):
        raise InvalidValue("A free scale belongs to Huber's loss: add --huber, or leave it out.")
    if squared:
        return Squared(over=over)
    if absolute:
        return Absolute(over=over)
    return Huber(1e-3 if huber is None else huber, free_scale=free_scale, over=over)


def residuals_of(log: bool, *, logit: bool) -> Any:
    """Return the scale of residuals that the options name, as `laws.fit` takes it."""
    return "logit" if logit else log


def numbers(pairs: list[str] | None, option: str) -> dict[str, float]:
    """Return `{name: value}` from `name=value` texts, several to a text joined by commas.

    Raises:
        InvalidValue: A text is no such pair.
    """
    from ..errors import InvalidValue

    found = {}
    for pair in (part for text in pairs or [] for part in text.split(",")):
        name, equals, value = pair.partition("=")
        try:
            found[name.strip()] = float(value)
        except ValueError:
            equals = ""
        if not equals or not name.strip():
            raise InvalidValue(f"{option} takes name=value, such as tokens=1e12. Got {pair!r}.")
    return found


def rows_of(texts: list[str] | None, option: str) -> dict[str, Any]:
    """Return a table from one `name=value,name=value` text per row.

    Raises:
        InvalidValue: The rows name different columns.
    """
    import numpy as np

    from ..errors import InvalidValue

    rows = [numbers([text], option) for text in texts or []]
    names = list(rows[0]) if rows else []
    if any(set(row) != set(names) for row in rows):
        raise InvalidValue(f"Every {option} must give the same columns: {', '.join(names)}.")
    return {name: np.array([row[name] for row in rows]) for name in names}
