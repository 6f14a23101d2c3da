"""One registry per family: an element names itself beside its code, the folder is discovered."""

import difflib
import importlib
import pkgutil
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar, cast

from .errors import UnknownName

T = TypeVar("T")
# The decorated class itself, not any class: its fields stay known to type checkers.
Class = TypeVar("Class", bound=type)

# Which family and name a class was registered under. Kept outside the classes so that
# any class (an equinox module, a dataclass) can be an element unchanged.
_REGISTERED: dict[type, tuple[str, str]] = {}


class Registry(Generic[T]):
    """The elements of one family, by name.

    Attributes:
        kind: What one element is called, for messages: `task`, `model`, `law`.
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._elements: dict[str, type[T]] = {}

    def register(self, name: str) -> Callable[[Class], Class]:
        """Return a decorator that files a class under `name`; a name is taken once."""

        def add(element: Class) -> Class:
            taken = self._elements.get(name)
            if taken is not None and taken.__qualname__ != element.__qualname__:
                raise ValueError(f"Two {self.kind}s are named {name!r}: {taken} and {element}.")
            self._elements[name] = cast(type[T], element)
            _REGISTERED[element] = (self.kind, name)
            return element

        return add

    def get(self, name: str) -> type[T]:
        """Return the class filed under `name`, or raise `UnknownName` with a suggestion."""
        if name not in self._elements:
            raise UnknownName(unknown_name_message(self.kind, name, self._elements))
        return self._elements[name]

    def names(self) -> list[str]:
        """Return every registered name, sorted."""
        return sorted(self._elements)

    def discover(self, package: str, path: Iterable[str]) -> None:
        """Import every public module of `package`, so that its elements register themselves."""
        for module in pkgutil.iter_modules(path):
            if not module.name.startswith("_"):
                importlib.import_module(f"{package}.{module.name}")


def registered_as(element: type) -> tuple[str, str] | None:
    """Return `(kind, name)` of a registered class, or None."""
    return _REGISTERED.get(element)


def unknown_name_message(kind: str, name: str, known: Iterable[str]) -> str:
    """Return the sentence for a name that is not among `known`, with the nearest one."""
    known = sorted(known)
    near = difflib.get_close_matches(name, known, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return f"No {kind} is named {name!r}.{hint} Known: {', '.join(known) or 'none'}."
