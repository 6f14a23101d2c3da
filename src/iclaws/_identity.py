"""The identity of a configuration: a fingerprint of its meaning, the same in every process.

Fields at their default are left out, so a new field keeps old results; the full
description is stored beside the result, so a changed default is caught on reading.
"""

import dataclasses
import hashlib
import json
import math
from typing import Any

import numpy as np

from ._registry import registered_as
from .errors import NotIdentifiable

DIGITS = 16  # hexadecimal: 64 bits, a collision among 10^6 points has probability 3e-8

# Metadata of a field that a method fills in: it follows from the others.
DERIVED = {"derived": True}


def fingerprint(value: Any) -> str:
    """Return the identity of a dataclass: 16 hexadecimal digits of SHA-256.

    Raises:
        NotIdentifiable: a field holds something other than numbers, strings, booleans,
            None, tuples, dicts and dataclasses of those.
    """
    text = json.dumps(_plain(value, full=False), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]


def describe(value: Any) -> Any:
    """Return every field of a dataclass, defaults included, as JSON-ready values."""
    return _plain(value, full=True)


def identity_fields(element: Any) -> list[dataclasses.Field[Any]]:
    """Return the fields that decide a result: all but the derived ones."""
    return [field for field in dataclasses.fields(element) if "derived" not in field.metadata]


def _plain(value: Any, *, full: bool) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _plain_dataclass(value, full=full)
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, int | float | np.integer | np.floating):
        return _plain_number(float(value) if isinstance(value, float | np.floating) else int(value))
    if isinstance(value, tuple | list):
        return [_plain(item, full=full) for item in value]
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {key: _plain(item, full=full) for key, item in value.items()}
    raise NotIdentifiable(
        f"A {type(value).__qualname__} has no identity that survives the process. "
        "Use numbers, strings, tuples, dicts and dataclasses in configurations."
    )


def _plain_number(value: int | float) -> int | float:
    if not math.isfinite(value):
        raise NotIdentifiable(f"{value} has no identity: use a finite number, or None.")
    # `1` and `1.0` mean the same in every field of a configuration.
    return int(value) if float(value).is_integer() else value


def _plain_dataclass(value: Any, *, full: bool) -> dict[str, Any]:
    kind_and_name = registered_as(type(value))
    kind = ":".join(kind_and_name) if kind_and_name else type(value).__name__
    plain: dict[str, Any] = {"is": kind}
    # The meaning of an element changed: its version goes up, and old results stay apart.
    version = getattr(type(value), "version", 1)
    if version != 1 or full:
        plain["version"] = version
    for field in identity_fields(value):
        item = _plain(getattr(value, field.name), full=full)
        if full or item != _default(field):
            plain[field.name] = item
    return plain


def _default(field: dataclasses.Field[Any]) -> Any:
    if field.default is not dataclasses.MISSING:
        return _plain(field.default, full=False)
    if field.default_factory is not dataclasses.MISSING:
        return _plain(field.default_factory(), full=False)
    return dataclasses.MISSING
