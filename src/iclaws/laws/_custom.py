"""A user's own function as a law: its names are read off by calling it once."""

import dataclasses
import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from .._registry import unknown_name_message
from ..errors import InvalidValue, UnknownName
from . import _math
from ._base import AbstractLaw, Kind, Parameter

# Second derivatives below this share of the function are rounding.
LINEAR_TOLERANCE = 1e-8


@dataclasses.dataclass(frozen=True)
class Custom(AbstractLaw):
    """A function `f(params, columns)` written in `jax.numpy`.

    Parameters are found by calling it: every name it asks of `params`. They are positive and
    fitted in logarithms, except those the function is linear in together, which are fitted as
    sizes of their terms; `given` replaces either by a `Parameter`.

    Attributes:
        function: Takes a mapping of scalars by name and one of arrays by column; returns the
            target of every row.
        given: Parameters whose kind, bounds or starts are not to be inferred.
        bound_to: The columns it reads; None until it meets a table.
        inferred: Its parameters; empty until it meets a table.
    """

    function: Callable[[Mapping[str, Any], Mapping[str, Any]], Any]
    given: tuple[Parameter, ...] = ()
    bound_to: tuple[str, ...] | None = None
    inferred: tuple[Parameter, ...] = ()

    def bind(self, columns: Sequence[str]) -> "Custom":
        """Return the law with its parameters and columns found by calling the function."""
        params, table = _Asked(1.0), _Asked(np.ones(3), columns)
        with _double():
            self.function(params, table)
        if not params.names or not table.names:
            raise InvalidValue(
                "The function asked for no parameter or no column; write it as "
                "f(params, columns) with params['A'] and columns['x']."
            )
        unknown = {p.name for p in self.given} - set(params.names)
        if unknown:
            raise UnknownName(unknown_name_message("parameter", min(unknown), params.names))
        linear, homogeneous = _linear(self.function, params.names, table.names)
        given = {p.name: p for p in self.given}
        inferred = tuple(
            given.get(name) or _inferred(name, linear=name in linear, scaled=homogeneous)
            for name in params.names
        )
        return dataclasses.replace(self, bound_to=tuple(table.names), inferred=inferred)

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the columns the function asked for."""
        if self.bound_to is None:
            raise InvalidValue("The columns of a function are known once it has met a table.")
        return self.bound_to

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Return the parameters in the order the function asked for them."""
        return self.inferred

    @functools.cached_property
    def _linear_names(self) -> tuple[str, ...]:
        return tuple(p.name for p in self.inferred if p.kind is Kind.COEFFICIENT)

    def formula(self, params: Mapping[str, Any], columns: Mapping[str, Any]) -> Any:
        """Return the function's values, in float64."""
        values = [*params.values(), *columns.values()]
        if any(_math.is_traced(value) for value in values):
            return self.function(params, columns)
        with _double():
            return np.asarray(self.function(params, columns), dtype=float)

    def centre(self, params: Mapping[str, Any], middle: Mapping[str, Any]) -> Mapping[str, Any]:
        """Divide each coefficient by its term at a typical row, so that 1 is a typical size."""
        plain = {**params, **dict.fromkeys(self._linear_names, 0.0)}
        if not self._linear_names:
            return params
        base = self.formula(plain, middle)
        changed = dict(params)
        for name in self._linear_names:
            size = _math.absolute(self.formula({**plain, name: 1.0}, middle) - base)
            changed[name] = params[name] / _math.where(size > 0, size, 1.0)
        return changed

    @property
    def expression(self) -> str:
        """Return the function's name."""
        return f"{getattr(self.function, '__name__', 'function')}(params, columns)"


class _Asked(Mapping[str, Any]):
    """A mapping that remembers which names it was asked for."""

    def __init__(self, value: Any, known: Sequence[str] | None = None) -> None:
        self._value, self._known = value, known
        self.names: list[str] = []

    def __getitem__(self, name: str) -> Any:
        if self._known is not None and name not in self._known:
            raise UnknownName(unknown_name_message("column", name, self._known))
        if name not in self.names:
            self.names.append(name)
        return self._value

    def __iter__(self) -> Any:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)


def _double() -> Any:
    import jax

    return jax.enable_x64(True)


def _inferred(name: str, *, linear: bool, scaled: bool) -> Parameter:
    if linear:
        return Parameter(name, Kind.COEFFICIENT, target_units=1.0 if scaled else 0.0)
    return Parameter(name, Kind.POSITIVE)


def _linear(
    function: Callable[..., Any], names: Sequence[str], columns: Sequence[str]
) -> tuple[set[str], bool]:
    """Return parameters the function is linear in together, and whether it vanishes with them."""
    import jax
    import jax.numpy as jnp

    generator = np.random.default_rng(0)
    with _double():
        table = {c: jnp.asarray(generator.uniform(1.0, 3.0, 8)) for c in columns}

        def value(point: Any) -> Any:
            return function({name: point[i] for i, name in enumerate(names)}, table)

        point = jnp.asarray(generator.uniform(0.4, 1.6, len(names)))
        curvature = np.asarray(jax.jit(jax.hessian(value))(point))
        curvature = np.abs(curvature).reshape(-1, len(names), len(names)).max(axis=0)
        size = float(np.max(np.abs(np.asarray(value(point)))))
        linear: list[int] = []
        for index in range(len(names)):
            if np.all(curvature[index, [*linear, index]] <= LINEAR_TOLERANCE * size):
                linear.append(index)
        without = point.at[jnp.asarray(linear, dtype=int)].set(0.0) if linear else point
        rest = float(np.max(np.abs(np.asarray(value(without)))))
    return {names[i] for i in linear}, bool(linear) and rest <= LINEAR_TOLERANCE * size
