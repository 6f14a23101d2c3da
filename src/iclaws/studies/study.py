"""What a study is: a grid of points, and the question it answers."""

import abc
import dataclasses
import itertools
from collections.abc import Mapping
from typing import Any, ClassVar

import pandas as pd

from .._registry import Registry, unknown_name_message
from ..errors import InvalidValue, UnknownName
from ..models import AbstractArchitecture
from ..tasks import AbstractTask
from ..train.point import Point
from ..train.recipe import Recipe
from .figure import Figure

PARTS = ("task", "model", "recipe")


@dataclasses.dataclass(frozen=True)
class Grid:
    """All combinations of some fields' values around one point.

    Attributes:
        task: The task, before the axes change it.
        model: The architecture.
        recipe: The recipe.
        axes: Values by field name; a name belongs to whichever part has such a field
            (`seed` to the point itself).

    Raises:
        InvalidValue: an axis has no values.
        UnknownName: no part has a field of an axis' name.
    """

    task: AbstractTask
    model: AbstractArchitecture
    recipe: Recipe
    axes: Mapping[str, tuple[Any, ...]]

    def __post_init__(self) -> None:
        """Refuse an axis along which there is nothing."""
        for name, values in self.axes.items():
            if isinstance(values, str) or len(values) == 0:
                raise InvalidValue(
                    f"The axis {name!r} has no values: give a tuple of them. Got {values!r}."
                )

    def points(self) -> list[Point]:
        """Return the points, the last axis varying fastest."""
        start = Point(self.task, self.model, self.recipe)
        return [
            change(start, dict(zip(self.axes, values, strict=True)))
            for values in itertools.product(*self.axes.values())
        ]


def change(point: Point, values: Mapping[str, Any]) -> Point:
    """Return a point with some fields changed, each found in the part that has it.

    Raises:
        UnknownName: no part of the point has such a field; the nearest is suggested.
    """
    parts: dict[str, Any] = {part: getattr(point, part) for part in PARTS}
    fields = {part: {f.name for f in dataclasses.fields(value)} for part, value in parts.items()}
    seed = point.seed
    changes: dict[str, dict[str, Any]] = {part: {} for part in PARTS}
    for name, value in values.items():
        part = next((part for part in PARTS if name in fields[part]), None)
        if name == "seed":
            seed = value
        elif part is None:
            known = {"seed"}.union(*fields.values())
            raise UnknownName(unknown_name_message("field of the point", name, known))
        else:
            changes[part][name] = value
    changed = {part: dataclasses.replace(parts[part], **changes[part]) for part in PARTS}
    return Point(**changed, seed=seed)


class AbstractStudy(abc.ABC):
    """A named set of points that answers one question.

    Attributes:
        name: The registered name, or any other for a study of one's own.
        title: For people.
        question: What it asks, in one sentence.
        scale: The column whose law is sought: the horizontal axis.
        curves: The columns that tell one curve from another.
        probes: Registered probes that measure its models once they are trained.
        snapshots: Whether weights along training are kept, and measured.
        presets: Names of the sizes it comes in.
        preset: The size of this one.
        source: For an experiment that others published: the paper, and where in it.
        convention: Its scales: of covariates, of the error, of the noise.
        deviations: By preset, what is not as published, and why.
        reproduces: Whether `iclaws reproduce` runs it: its quick presets together must end in
            minutes, so that only what the core claims need is in.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    question: ClassVar[str]
    scale: ClassVar[str]
    curves: ClassVar[tuple[str, ...]] = ()
    probes: ClassVar[tuple[str, ...]] = ()
    snapshots: ClassVar[bool] = False
    presets: ClassVar[tuple[str, ...]] = ("quick", "full")
    source: ClassVar[str] = ""
    convention: ClassVar[str] = ""
    deviations: ClassVar[Mapping[str, str]] = {}
    reproduces: ClassVar[bool] = False

    def __init__(self, preset: str = "quick", **changes: Any) -> None:
        if preset not in self.presets:
            raise UnknownName(
                unknown_name_message(f"preset of {self.name!r}", preset, self.presets)
            )
        self.size = preset
        self.changes = changes
        # A study with changed fields is another study: its plans and figures stay apart.
        described = ",".join(f"{key}={value}" for key, value in sorted(changes.items()))
        self.preset = f"{preset}[{described}]" if changes else preset

    @abc.abstractmethod
    def grids(self) -> list[Grid]:
        """Return the grids whose points make up the study."""

    def points(self) -> list[Point]:
        """Return the points of all grids, each once.

        Raises:
            InvalidValue: a changed field is an axis of the study, or one that its grids set apart.
        """
        grids = self.grids()
        axes = {name for grid in grids for name in grid.axes}
        if taken := axes & self.changes.keys():
            raise InvalidValue(
                f"{sorted(taken)} is an axis of the study {self.name!r} and cannot be set as well. "
                "Build a `Study` with axes of your own."
            )
        if parted := [name for name in self.changes if _is_set_apart(grids, name)]:
            raise InvalidValue(
                f"{parted} differs between the grids of the study {self.name!r}, and other fields "
                "are chosen by it: set alone, it would leave them as they are. Build a `Study`."
            )
        points = [change(point, self.changes) for grid in grids for point in grid.points()]
        return list(dict.fromkeys(points))

    def notes(self) -> dict[str, str]:
        """Return source, convention and this preset's deviations, those that there are."""
        found = {
            "Source": self.source,
            "Convention": self.convention,
            "Deviations": self.deviations.get(self.size, ""),
        }
        return {name: text for name, text in found.items() if text}

    @property
    def counts_unconverged(self) -> bool:
        """Return whether runs count that had not converged: of published studies, which end so."""
        return bool(self.source)

    def findings(self, table: pd.DataFrame) -> dict[str, str]:
        """Return what the study's own measures say of its runs: a sentence by subject.

        Args:
            table: Its trained runs at this preset, at least one.

        Raises:
            InvalidValue: the runs do not suffice for a measure.
        """
        del table
        return {}

    def figures(self) -> tuple[Figure, ...]:
        """Return what the report draws: by default the excess risk over `scale`, curve by curve."""
        colour = next(iter(self.curves), None)
        facet = self.curves[1:] or None
        return (Figure(title=self.title, x=self.scale, colour=colour, facet=facet),)


def _is_set_apart(grids: list[Grid], name: str) -> bool:
    """Say whether tasks, or models, of one kind begin with different values of a field.

    Recipes may differ: fewer steps for all grids is what a quick look wants.
    """
    values: dict[type, list[Any]] = {}
    for grid in grids:
        part = next((p for p in (grid.task, grid.model) if hasattr(p, name)), None)
        if part is not None:
            values.setdefault(type(part), []).append(getattr(part, name))
    return any(value != found[0] for found in values.values() for value in found)


class Study(AbstractStudy):
    """A study of one's own: one grid.

    Args (keyword only):
        task, model, recipe, axes: As in `Grid`.
        name: Under which it is planned and reported.
        scale: The axis whose law is sought; the first axis if not given.

    Raises:
        InvalidValue: there is no axis, or one without values.
        UnknownName: `scale` is not an axis.
    """

    question = ""
    presets = ("custom",)

    def __init__(
        self,
        *,
        task: AbstractTask,
        model: AbstractArchitecture,
        axes: Mapping[str, tuple[Any, ...]],
        recipe: Recipe | None = None,
        name: str = "study",
        scale: str | None = None,
    ) -> None:
        if not axes:
            raise InvalidValue("A study needs an axis, for example `axes={'depth': (1, 2, 4)}`.")
        if scale is not None and scale not in axes:
            raise UnknownName(unknown_name_message("axis of this study", scale, axes))
        self.name, self.title = name, name  # pyright: ignore[reportAttributeAccessIssue]
        super().__init__("custom")
        self._grid = Grid(task, model, recipe or Recipe(), axes)
        self.scale = scale or next(iter(axes))  # pyright: ignore[reportAttributeAccessIssue]
        self.curves = tuple(  # pyright: ignore[reportAttributeAccessIssue]
            axis for axis in axes if axis not in (self.scale, "seed")
        )

    def grids(self) -> list[Grid]:
        """Return the one grid."""
        return [self._grid]


studies: Registry[AbstractStudy] = Registry("study")
