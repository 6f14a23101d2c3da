"""A point: everything that fixes one run's result, and its identity."""

import dataclasses
import functools
import types
import typing
from typing import Any

import equinox as eqx
import jax
import numpy as np
from jaxtyping import AbstractArray

from .._choices import check_choices
from .._identity import fingerprint
from .._registry import Registry, unknown_name_message
from .._types import Count
from ..errors import InvalidValue, UnknownName
from ..models import AbstractArchitecture, models
from ..tasks import AbstractTask, tasks
from .curriculum import Ramp
from .draws import EVALUATION_SEED
from .recipe import Recipe

LARGEST_WHOLE, LARGEST_REAL = 2**31 - 1, float(np.finfo(np.float32).max)
WORDS = {bool: "True or False", int: "a whole number", float: "a number", type(None): "None"}
REGISTRIES: dict[str, Registry[Any]] = {registry.kind: registry for registry in (tasks, models)}


class Point(eqx.Module):
    """One cell of a grid.

    Attributes:
        task: What is learnt in context.
        model: The architecture.
        recipe: How it is trained and evaluated.
        seed: Seeds the weights and the training data; evaluation data are the same for all.

    Raises:
        InvalidValue: the architecture cannot read the task's sequences, the seed is negative,
            a field is of another type than its annotation, or a number does not fit into the 32
            bits that programs compute with.
    """

    task: AbstractTask
    model: AbstractArchitecture
    recipe: Recipe = Recipe()
    seed: Count = 0

    def __check_init__(self) -> None:
        """Let the architecture refuse a task it cannot read, and refuse what no program takes."""
        _check_fields(self)
        if isinstance(self.seed, int) and self.seed < 0:
            raise InvalidValue(f"`seed` must be at least 0. Got {self.seed}.")
        if self.seed == EVALUATION_SEED:
            raise InvalidValue(
                f"`seed`={EVALUATION_SEED} seeds the evaluation contexts of all runs: a finite set "
                "of training sequences would be among them. Take another seed."
            )
        _check_options(self)
        self.model.check_interface(self.task.interface)
        num_context = self.task.num_context
        if isinstance(num_context, int):
            self.model.check(self.task.num_dims, num_context + 1)

    @property
    def uses_moments(self) -> bool:
        """Whether the run draws moments of contexts instead of contexts."""
        wanted = self.recipe.loss_on == "last" and self.task.loss == "squared"
        whole = self.recipe.dims_curriculum is None
        return self.task.gives_moments and self.model.reads_moments and wanted and whole

    def identity(self) -> str:
        """Return the fingerprint that results are filed under."""
        return fingerprint(self)


def check_value(element: type, name: str, value: Any) -> None:
    """Check a value against the annotation of a field; arrays, inside a program, are let through.

    Python looks at no annotation: a word for a number would be found by the compiler, after
    plans are stored, or by nobody.

    Raises:
        InvalidValue: it is of another type, or a number that 32 bits do not hold.
    """
    if isinstance(value, jax.Array | np.ndarray):
        return
    hint = _hints(element)[name]
    if not _is_of(value, hint):
        raise InvalidValue(f"`{name}` must be {_in_words(hint)}. Got {value!r}.")
    # Arrays of an ensemble are int32 and float32: beyond, they would wrap or overflow.
    largest = LARGEST_REAL if _in_words(float) in _in_words(hint) else LARGEST_WHOLE
    for number in value if isinstance(value, tuple) else (value,):
        if isinstance(number, int | float | np.number) and not abs(number) <= largest:
            raise InvalidValue(
                f"`{name}` must be finite and at most {largest:g} in size: programs compute "
                f"with 32 bits. Got {value}."
            )


def _check_fields(element: Any) -> None:
    check_choices(element)
    for field in dataclasses.fields(element):
        value = getattr(element, field.name)
        check_value(type(element), field.name, value)
        for inner in value if isinstance(value, tuple) else (value,):
            if isinstance(inner, eqx.Module):
                _check_fields(inner)


@functools.cache
def _hints(element: type) -> dict[str, Any]:
    return typing.get_type_hints(element)


def _is_of(value: Any, hint: Any) -> bool:
    origin, inner = typing.get_origin(hint) or hint, typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return any(_is_of(value, one) for one in inner)
    if origin is tuple and inner:
        several = inner[:1] * len(value) if inner[-1] is ... and isinstance(value, tuple) else inner
        return (
            isinstance(value, tuple)
            and len(value) == len(several)
            and all(map(_is_of, value, several))
        )
    if origin in (int, float):  # Python counts True as 1
        kinds = (int, np.integer) if origin is int else (int, float, np.number)
        return isinstance(value, kinds) and not isinstance(value, bool)
    # `Literal` is not a type: `check_choices` answers it, with the nearest choice.
    return not isinstance(origin, type) or isinstance(value, origin)


@functools.cache
def _in_words(hint: Any) -> str:
    """Return what an annotation takes: "a whole number or None"."""
    origin, inner = typing.get_origin(hint) or hint, typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        # A whole number is a number, and nobody writes an array into a configuration.
        named = [one for one in inner if not (one is int and float in inner) and not _is_array(one)]
        return " or ".join(map(_in_words, named))
    if origin is tuple and inner:
        several = "" if inner[-1] is ... else f" of {len(inner)}"
        return f"a tuple{several}, each entry {_in_words(inner[0])}"
    return WORDS.get(origin) or f"of the type {getattr(origin, '__name__', origin)}"


def _is_array(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, AbstractArray)


def _check_options(point: Point) -> None:
    recipe, task = point.recipe, point.task
    if recipe.num_tasks is not None:
        task.check_pool()
    if recipe.dims_curriculum is not None and not task.takes_num_active:
        raise InvalidValue(
            f"{type(task).__name__} has no covariates that `dims_curriculum` could switch off. "
            "Leave it out, or choose a task that draws covariates before it labels them."
        )
    if recipe.context_curriculum is not None and "num_context" not in _field_names(task):
        raise InvalidValue(
            f"The context of {type(task).__name__} has one length: leave out `context_curriculum`."
        )


def _field_names(element: Any) -> set[str]:
    return {field.name for field in dataclasses.fields(element)}


def revive(description: dict[str, Any]) -> Any:
    """Return the point (or part of one) that `describe` wrote down.

    Raises:
        UnknownName: an element, or its kind, is not registered.
        InvalidValue: the description is of an element's older version or has unknown fields.
    """
    kind, _, name = description["is"].partition(":")
    plain: dict[str, Any] = {"Point": Point, "Recipe": Recipe, "Ramp": Ramp}
    known_kinds, what = (REGISTRIES, "kind of element") if name else (plain, "part of a point")
    if kind not in known_kinds:
        raise UnknownName(unknown_name_message(what, kind, known_kinds))
    cls = REGISTRIES[kind].get(name) if name else plain[kind]
    version = getattr(cls, "version", 1)
    known = _field_names(cls)
    fields = {key: value for key, value in description.items() if key not in ("is", "version")}
    if description.get("version", 1) != version or not fields.keys() <= known:
        raise InvalidValue(
            f"{description['is']} was stored by another version of iclaws "
            f"(version {description.get('version', 1)}, now {version}; fields {sorted(fields)}). "
            "Read it with the version that wrote it; its provenance names it."
        )
    return cls(**{key: _revived(value) for key, value in fields.items()})


def _revived(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_revived(item) for item in value)
    return revive(value) if isinstance(value, dict) and "is" in value else value
