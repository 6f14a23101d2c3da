"""Refusals that tasks and baselines share."""

from ._types import Count, Real
from .errors import InvalidValue


def require(
    name: str,
    value: Real | Count,
    *,
    at_least: float | int | None = None,
    above: float | int | None = None,
) -> None:
    """Raise `InvalidValue` unless a plain number is in range (arrays were checked before)."""
    if not isinstance(value, int | float):
        return
    if at_least is not None and not value >= at_least:
        raise InvalidValue(f"`{name}` must be at least {at_least}. Got {value}.")
    if above is not None and not value > above:
        raise InvalidValue(f"`{name}` must be above {above}. Got {value}.")


def require_at_most(name: str, value: Real | Count, *, limit: tuple[str, Real | Count]) -> None:
    """Raise `InvalidValue` if a plain number is larger than a limit, given with its name."""
    other, most = limit
    if isinstance(value, int | float) and isinstance(most, int | float) and not value <= most:
        named = other if other == str(most) else f"`{other}`={most}"
        raise InvalidValue(f"`{name}` must be at most {named}. Got {value}.")
