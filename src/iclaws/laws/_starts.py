"""Random starts: exponents and scales at random, coefficients as sizes of terms.

No published value is among them. A published grid of coefficients is mostly dead (9 % of
Hoffmann's 4500 starts reach the optimum); shares of the loss at the centre of the data are not.
"""

from collections.abc import Mapping

import numpy as np

from ._base import LOGARITHMIC, AbstractLaw, Kind, Parameter

# A break or a transition may lie outside the data by this factor.
BEYOND = 3.0


def draw(
    law: AbstractLaw,
    generator: np.random.Generator,
    *,
    ranges: Mapping[str, tuple[float, float]],
    num: int,
) -> dict[str, np.ndarray]:
    """Return `num` random values of each parameter of `law`, in centred units."""
    linear = [p for p in law.parameters if p.kind is Kind.COEFFICIENT]
    shares = generator.dirichlet(np.ones(max(len(linear), 1)), num)
    starts = {p.name: shares[:, index] for index, p in enumerate(linear)}
    for parameter in law.parameters:
        if parameter.name not in starts:
            starts[parameter.name] = _draw_one(parameter, generator, ranges=ranges, num=num)
    return starts


def _draw_one(
    parameter: Parameter,
    generator: np.random.Generator,
    *,
    ranges: Mapping[str, tuple[float, float]],
    num: int,
) -> np.ndarray:
    lower, upper = parameter.start_range
    if parameter.kind is Kind.SCALE and not np.isfinite(upper):
        lower, upper = _scale_range(parameter, ranges)
    if parameter.kind in LOGARITHMIC or (parameter.kind is Kind.EXPONENT and lower > 0):
        values = np.exp(generator.uniform(np.log(lower), np.log(upper), num))
        if parameter.kind is Kind.EXPONENT and parameter.bounds[0] < 0 and parameter.start is None:
            values = values * generator.choice([-1.0, 1.0], num)
        return values
    return generator.uniform(lower, upper, num)


def _scale_range(
    parameter: Parameter, ranges: Mapping[str, tuple[float, float]]
) -> tuple[float, float]:
    """Return the range of a parameter that carries units of columns, from theirs."""
    low, high = 0.0, 0.0
    for column, exponent in parameter.units:
        if isinstance(exponent, float | int) and column in ranges:
            ends = sorted(exponent * np.log(ranges[column]))
            low, high = low + ends[0], high + ends[1]
    return float(np.exp(low)) / BEYOND, float(np.exp(high)) * BEYOND
