"""Refusing a value that is not among a field's few: nothing else looks at it at run time."""

import functools
import typing

from ._registry import unknown_name_message
from .errors import UnknownName


def check_choices(element: object) -> None:
    """Check every field of an element that is annotated as a `Literal`.

    Raises:
        UnknownName: the value is not among them; the nearest is suggested.
    """
    for name, choices in _choices(type(element)).items():
        value = getattr(element, name)
        if value not in choices:
            known = [str(choice) for choice in choices]
            raise UnknownName(unknown_name_message(f"value of `{name}`", str(value), known))


@functools.cache
def _choices(cls: type) -> dict[str, tuple]:
    hints = typing.get_type_hints(cls)
    return {
        name: typing.get_args(hint)
        for name, hint in hints.items()
        if typing.get_origin(hint) is typing.Literal
    }
