"""The forms worth comparing over given columns, and what kind of law each is."""

from collections.abc import Sequence

from ..errors import InvalidValue
from ._base import AbstractLaw, laws

# Names of registered laws and the fields that differ from their defaults.
ONE_COLUMN = (
    ("power-law", {"with_floor": False}),
    ("power-law", {}),
    ("shifted-power-law", {}),
    ("exponential", {}),
    ("stretched-exponential", {}),
    ("logarithmic", {}),
    ("sigmoid", {}),
    ("saturating-power-law", {}),
    ("broken-power-law", {"with_floor": False}),
    ("broken-power-law", {}),
)
SEVERAL_COLUMNS = (
    ("additive", {"with_floor": False}),
    ("additive", {}),
    ("additive", {"tied": True}),
    ("product", {"with_floor": False}),
    ("product", {}),
    ("interaction", {}),
    ("power-mean", {"with_floor": False}),
    ("power-mean", {}),
)
NOT_POWERS = frozenset(
    {
        "exponential",
        "stretched-exponential",
        "logarithmic",
        "sigmoid",
        "saturating-power-law",
        "broken-power-law",
        "moving-threshold",
        "in-context-bayes",
    }
)


def candidates(columns: str | Sequence[str]) -> list[AbstractLaw]:
    """Return the forms to compare over one column, or over several together.

    One column: power laws with and without floor (M1, M2, M3), exponential, stretched, logarithmic,
    sigmoid, saturating (M4), and one break with and without floor. Several: sums, products, both,
    and the power mean between them.
    """
    names = (columns,) if isinstance(columns, str) else tuple(columns)
    if not names:
        raise InvalidValue("`columns` names no column.")
    forms = ONE_COLUMN if len(names) == 1 else SEVERAL_COLUMNS
    return [laws.get(name)().over_columns(names).replace(**changes) for name, changes in forms]


def is_power(law: AbstractLaw) -> bool:
    """Say whether a law is a power law: a floor and powers of columns, however joined."""
    from ._expression import Expression

    if isinstance(law, Expression):
        return law.terms() is not None
    return not any(isinstance(law, laws.get(name)) for name in NOT_POWERS)
