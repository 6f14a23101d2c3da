"""What a law is: named parameters, a formula over named columns, and where to start."""

import abc
import dataclasses
import enum
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .._registry import Registry, registered_as
from ..errors import InvalidValue


class Kind(enum.StrEnum):
    """What a parameter does in a formula; it decides the coordinate it is fitted in.

    `COEFFICIENT` enters linearly together with all other coefficients, and is fitted as the
    size of its term at the centre of the data. `SIZE` has the units of the target but enters
    nonlinearly; `SCALE` is a value of a column, `POSITIVE` any other positive number: these
    are fitted in logarithms. `EXPONENT`, `FRACTION` and `REAL` are fitted as they are.
    """

    COEFFICIENT = "coefficient"
    SIZE = "size"
    SCALE = "scale"
    POSITIVE = "positive"
    EXPONENT = "exponent"
    FRACTION = "fraction"
    REAL = "real"


LOGARITHMIC = frozenset({Kind.SIZE, Kind.SCALE, Kind.POSITIVE})
# Where random starts are drawn, in the fitted coordinate's own (centred) units: exponents of
# published laws lie in 0.03 to 3; a scale is drawn over the range of its column instead.
STARTS = {
    Kind.COEFFICIENT: (0.0, 1.0),
    Kind.SIZE: (0.03, 3.0),
    Kind.SCALE: (0.0, math.inf),
    Kind.POSITIVE: (0.1, 3.0),
    Kind.EXPONENT: (0.03, 2.0),
    Kind.FRACTION: (0.0, 1.0),
    Kind.REAL: (-1.0, 1.0),
}
BOUNDS = {
    Kind.COEFFICIENT: (0.0, math.inf),
    Kind.SIZE: (0.0, math.inf),
    Kind.SCALE: (0.0, math.inf),
    Kind.POSITIVE: (0.0, math.inf),
    Kind.EXPONENT: (0.0, 10.0),
    Kind.FRACTION: (0.0, 1.0),
    Kind.REAL: (-math.inf, math.inf),
}

# Fields of a law that name one column each, in the order of `name(column, …)`.
COLUMN_FIELDS = ("column", "second")


@dataclasses.dataclass(frozen=True)
class Parameter:
    r"""One parameter of a law.

    Attributes:
        name: Its name in results and expressions.
        kind: What it does in the formula.
        lower: Smallest allowed value, in the user's units; None takes the kind's own.
        upper: Largest allowed value; None takes the kind's own.
        start: Range of random starts in centred units; None takes the kind's own.
        units: Its units in the columns, as pairs of a column and an exponent: a number, the
            name of a parameter, or that name after a minus sign. The coefficient of
            $N^{-\alpha}$ has units `(("N", "alpha"),)`.
        target_units: Power of the target's units it carries: 1 for a floor or a coefficient.
    """

    name: str
    kind: Kind = Kind.REAL
    lower: float | None = None
    upper: float | None = None
    start: tuple[float, float] | None = None
    units: tuple[tuple[str, Any], ...] = ()
    target_units: float = 0.0

    @property
    def bounds(self) -> tuple[float, float]:
        """Return `(lower, upper)` in the user's units."""
        lower, upper = BOUNDS[self.kind]
        return (
            lower if self.lower is None else self.lower,
            upper if self.upper is None else self.upper,
        )

    @property
    def start_range(self) -> tuple[float, float]:
        """Return the range of random starts in centred units."""
        return STARTS[self.kind] if self.start is None else self.start

    def factor(self, params: Mapping[str, Any], scales: Mapping[str, float]) -> Any:
        """Return what turns a centred value into the user's units.

        Args:
            params: Values of the parameters that exponents may name.
            scales: The factor each column was divided by; `""` holds that of the target.
        """
        log_factor = self.target_units * math.log(scales.get("", 1.0))
        for column, exponent in self.units:
            scale = scales.get(column, 1.0)
            if scale != 1.0:
                log_factor = log_factor + unit_exponent(exponent, params) * math.log(scale)
        if isinstance(log_factor, float):
            return math.exp(log_factor) if log_factor < 709.0 else math.inf
        from . import _math

        return _math.exp(log_factor)


def unit_exponent(exponent: Any, params: Mapping[str, Any]) -> Any:
    """Return the value of a unit's exponent: a number, `"alpha"`, `"-alpha"` or a function."""
    if isinstance(exponent, str):
        sign = -1.0 if exponent.startswith("-") else 1.0
        return sign * params[exponent.removeprefix("-")]
    return exponent(params) if callable(exponent) else exponent


def coefficient(name: str, **changes: Any) -> Parameter:
    """Return a parameter that multiplies a term and carries the target's units."""
    return Parameter(name, Kind.COEFFICIENT, **{"target_units": 1.0, **changes})


def exponent(name: str, **changes: Any) -> Parameter:
    """Return a dimensionless exponent, by default between 0 and 10."""
    return Parameter(name, Kind.EXPONENT, **changes)


def scale(name: str, column: str, **changes: Any) -> Parameter:
    """Return a value of `column` at which something happens."""
    return Parameter(name, Kind.SCALE, **{"units": ((column, 1.0),), **changes})


class AbstractLaw(abc.ABC):
    """A parametric form of a loss over named columns.

    What must be true of an element: its formula is defined for positive columns, is smooth in
    the parameters inside their bounds, and recovers itself from its own noiseless curve. It is
    a frozen dataclass (laws are compared, hashed and stored by their fields), whose fields
    all have defaults. Its formula uses the functions of `iclaws.laws._math` (or `jax.numpy`).
    """

    @property
    @abc.abstractmethod
    def columns(self) -> tuple[str, ...]:
        """Return the columns the formula reads."""

    @property
    @abc.abstractmethod
    def parameters(self) -> tuple[Parameter, ...]:
        """Return the parameters, in the order of results."""

    @abc.abstractmethod
    def formula(self, params: Mapping[str, Any], columns: Mapping[str, Any]) -> Any:
        """Return the loss of every row, from scalars by name and arrays by column."""

    @property
    @abc.abstractmethod
    def expression(self) -> str:
        """Return the formula as text, in the names of columns and parameters."""

    @property
    def names(self) -> tuple[str, ...]:
        """Return the parameters' names."""
        return tuple(parameter.name for parameter in self.parameters)

    @property
    def floor(self) -> str | None:
        """Return the name of the irreducible term, or None."""
        return "floor" if "floor" in self.names else None

    @property
    def scaled_target(self) -> bool:
        """Say whether rescaling the target only rescales parameters (`target_units`)."""
        return any(parameter.target_units for parameter in self.parameters)

    def bind(self, columns: Sequence[str]) -> "AbstractLaw":
        """Return the law with its names resolved against a table's `columns`."""
        del columns
        return self

    def over_columns(self, columns: Sequence[str]) -> "AbstractLaw":
        """Return the law over other columns: one for a `column` field, any number for `over`."""
        fields = {field.name for field in dataclasses.fields(self)}  # pyright: ignore
        if "over" in fields and columns:
            return self.replace(over=tuple(columns))
        single = [field.name for field in dataclasses.fields(self) if field.name in COLUMN_FIELDS]  # pyright: ignore
        if len(single) != len(columns):
            raise InvalidValue(
                f"{type(self).__name__} is a law over {len(single)} columns "
                f"({', '.join(single)}). Got {len(columns)}: {', '.join(columns)}."
            )
        return self.replace(**dict(zip(single, columns, strict=True)))

    def centre(self, params: Mapping[str, Any], middle: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return formula parameters from fitted ones; `middle` is one typical row.

        For laws whose units are unknown (a user's own function); identity for all others.
        """
        del middle
        return params

    def terms(self) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...] | None:
        r"""Return `(coefficient, ((column, exponent), ...))` per term, or None.

        Given by laws that are a floor plus a sum of $c\prod_i x_i^{-a_i}$ alone; these have a
        closed-form allocation.
        """
        return None

    def starts(
        self, generator: np.random.Generator, ranges: Mapping[str, tuple[float, float]], num: int
    ) -> dict[str, np.ndarray]:
        """Return `num` random values of each parameter in centred units.

        Args:
            generator: The only source of randomness.
            ranges: Smallest and largest centred value of each column.
            num: How many.
        """
        from ._starts import draw

        return draw(self, generator, ranges=ranges, num=num)

    def replace(self, **changes: Any) -> "AbstractLaw":
        """Return the law with some fields changed."""
        return dataclasses.replace(self, **changes)  # pyright: ignore[reportArgumentType]

    def __str__(self) -> str:
        name = registered_as(type(self))
        return self.expression if name is None else f"{name[1]}: {self.expression}"


laws: Registry[AbstractLaw] = Registry("law")
