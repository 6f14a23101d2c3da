"""A point: everything that fixes one run's result, and its identity."""

import dataclasses
from typing import Any

import equinox as eqx
import jax
import numpy as np

from .._choices import check_choices
from .._identity import fingerprint
from .._registry import Registry, unknown_name_message
from .._types import Count
from ..errors import InvalidValue, UnknownName
from ..models import AbstractArchitecture, models
from ..tasks import AbstractTask, tasks
from .curriculum import Ramp
from .recipe import Recipe

LARGEST_WHOLE, LARGEST_REAL = 2**31 - 1, float(np.finfo(np.float32).max)
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
            or a number does not fit into the 32 bits that programs compute with.
    """

    task: AbstractTask
    model: AbstractArchitecture
    recipe: Recipe = Recipe()
    seed: Count = 0

    def __check_init__(self) -> None:
        """Let the architecture refuse a task it cannot read, and refuse numbers too large."""
        for part in (self.task, self.model, self.recipe):
            check_choices(part)
        _check_numbers(self)
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


def _check_numbers(point: Point) -> None:
    for where, value in jax.tree_util.tree_flatten_with_path(point)[0]:
        name = getattr(where[-1], "name", "")
        whole = isinstance(value, int)
        if not (whole or isinstance(value, float)):
            continue  # an array, inside a program
        # Arrays of an ensemble are int32 and float32: beyond, they would wrap or overflow.
        largest = LARGEST_WHOLE if whole else LARGEST_REAL
        if not abs(value) <= largest:
            raise InvalidValue(
                f"`{name}` must be finite and at most {largest:g} in size: programs compute "
                f"with 32 bits. Got {value}."
            )
        if name == "seed" and value < 0:
            raise InvalidValue(f"`seed` must be at least 0. Got {value}.")


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
