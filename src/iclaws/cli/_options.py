"""Options that several commands share, and what they turn into."""

import ast
from typing import TYPE_CHECKING, Any

import typer

from ..errors import InvalidValue, UnknownName

if TYPE_CHECKING:
    from ..results import Store
    from ..studies import AbstractStudy

STORE = typer.Option("runs", "--store", envvar="ICLAWS_STORE", help="Folder of the store.")
PRESET = typer.Option(
    "quick",
    "--preset",
    help="Size of the study: quick (minutes), full, or paper (of a published experiment).",
)
SET = typer.Option(
    None, "--set", help="Change a field of every point, e.g. --set num_steps=500 (repeatable)."
)


def open_store(folder: str, *, must_exist: bool = True) -> "Store":
    """Return the store in a folder.

    Raises:
        InvalidValue: nothing is there, or a file is.
    """
    from pathlib import Path

    from ..results import Store

    path = Path(folder)
    if path.exists() and not path.is_dir():
        raise InvalidValue(f"The store {folder!r} is a file. Name a folder.")
    if must_exist and not path.is_dir():
        raise InvalidValue(
            f"There is no store at {folder!r}. Make one with `iclaws run STUDY --store {folder}`, "
            "or name the right folder with --store."
        )
    return Store(path)


def make_study(name: str, preset: str, changes: list[str] | None) -> "AbstractStudy":
    """Return a named study with changed fields.

    Raises:
        UnknownName: no such study, preset or field.
        InvalidValue: a change is not written `field=value`, or its value is of another type than
            the field.
    """
    from ..studies import studies

    found, values = studies.get(name), dict(map(_change, changes or ()))
    if values:
        # Before the study is made: elements compute with their fields as they are built.
        _check_changes(found(preset), values)
    return found(preset, **values)


def _check_changes(study: "AbstractStudy", values: dict[str, Any]) -> None:
    from .._identity import identity_fields
    from .._registry import unknown_name_message
    from ..train.point import Point, check_value

    parts = {type(part) for g in study.grids() for part in (g.task, g.model, g.recipe)}
    owners: dict[str, set[type]] = {"seed": {Point}}
    for part in parts:
        for field in identity_fields(part):
            owners.setdefault(field.name, set()).add(part)
    for name, value in values.items():
        if name not in owners:
            raise UnknownName(unknown_name_message("field of the point", name, owners))
        for owner in owners[name]:
            check_value(owner, name, value)


def _change(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not (name.isidentifier() and equals and value):
        raise InvalidValue(f"--set wants field=value, such as num_steps=500. Got {text!r}.")
    try:
        found = ast.literal_eval(value)
    except (ValueError, SyntaxError, TypeError):
        return name, value  # a word, such as adamw
    return name, tuple(found) if isinstance(found, list) else found
