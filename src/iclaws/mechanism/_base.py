"""What a probe is: numbers read off trained models, filed with their records."""

import abc
from collections.abc import Sequence
from typing import ClassVar

from .._registry import Registry
from ..models import AbstractModel
from ..train.point import Point

Values = dict[str, float | str]


class AbstractProbe(abc.ABC):
    """A measurement of models that a store holds; the functions beside it measure any model.

    Attributes:
        name: The registered name.
        version: Raised when the meaning of a value changes: older ones are then measured anew.
        columns: Names of the values, each a column of the table.
    """

    name: ClassVar[str]
    version: ClassVar[int] = 1
    columns: ClassVar[tuple[str, ...]]

    @abc.abstractmethod
    def applies(self, point: Point) -> bool:
        """Return whether the point's models can be measured."""

    @abc.abstractmethod
    def measure(self, models: AbstractModel, points: Sequence[Point]) -> list[Values]:
        """Return the values of each model.

        Args:
            models: Stacked along the leading axis of their leaves.
            points: The point of each; all of one task and architecture.
        """


probes: Registry[AbstractProbe] = Registry("probe")
