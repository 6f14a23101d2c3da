r"""Filters of known algorithms, $r(\lambda)$, and where a search for their parameters begins.

Steps multiply the mean gradient of the context; the residual after gradient descent is
$1 - r = \prod_\ell (1 - \eta_\ell\lambda)$, after GD++ the same with
$\lambda_{\ell+1} = \lambda_\ell(1 - \gamma_\ell\lambda_\ell)^2$ (arXiv 2212.07677).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

Values = Float[np.ndarray, " n"]
GRID = 240  # steps tried before a fit is refined


class Data(NamedTuple):
    """A measured filter as a cloud of points.

    Attributes:
        eigenvalues: Where it was measured.
        response: What was measured there.
        weight: How much each counts; they sum to 1.
    """

    eigenvalues: Values
    response: Values
    weight: Values

    def error(self, response: Values) -> float:
        """Return the weighted mean squared difference from `response`."""
        return float(self.weight @ (response - self.response) ** 2)


@dataclass(frozen=True)
class Shape:
    """A family of filters.

    Attributes:
        sizes: How many numbers each parameter has at a depth, by name.
        response: $r$ from the parameters, in the order of `sizes`, and the eigenvalues.
        starts: Where fits begin, each a vector of all parameters.
        deepest: The largest depth; None where depth has no meaning.
    """

    sizes: Callable[[int], dict[str, int]]
    response: Callable[[np.ndarray, np.ndarray, int], np.ndarray]
    starts: Callable[[Data, int], list[np.ndarray]]
    deepest: int | None = None

    def split(self, values: np.ndarray, depth: int) -> dict[str, np.ndarray]:
        """Return a vector of all parameters as arrays by name."""
        sizes = self.sizes(depth)
        ends = np.cumsum([*sizes.values()])
        return dict(zip(sizes, np.split(values, ends[:-1]), strict=True)) if sizes else {}


def step_grid(eigenvalues: np.ndarray) -> Values:
    """Return step sizes from far below to beyond the stable ones."""
    return np.geomspace(1e-3, 4.0, GRID) / float(np.max(eigenvalues))


def descent(steps: np.ndarray, eigenvalues: np.ndarray) -> np.ndarray:
    """Return the filter of gradient descent with these steps."""
    return 1.0 - np.prod(1.0 - steps[:, None] * eigenvalues[None], axis=0)


def gd_plus_plus(steps: np.ndarray, shrinkage: np.ndarray, eigenvalues: np.ndarray) -> np.ndarray:
    """Return the filter of GD++; the last shrinkage changes nothing and may be left out."""
    residual, seen = np.ones_like(eigenvalues), eigenvalues
    for layer, step in enumerate(steps):
        residual = residual * (1.0 - step * seen)
        if layer < len(shrinkage):
            seen = seen * (1.0 - shrinkage[layer] * seen) ** 2
    return 1.0 - residual


def _tied_starts(data: Data, depth: int) -> list[np.ndarray]:
    steps = step_grid(data.eigenvalues)
    shapes = 1.0 - (1.0 - steps[:, None] * data.eigenvalues[None]) ** depth
    errors = (data.weight * (shapes - data.response) ** 2).sum(axis=1)
    return [steps[[index]] for index in np.argsort(errors)[:3]]


def _untied_starts(data: Data, depth: int) -> list[np.ndarray]:
    """Return the steps whose product is the best polynomial, and perturbed equal steps."""
    root = np.sqrt(data.weight)
    scale = float(data.eigenvalues.max())
    basis = (data.eigenvalues[:, None] / scale) ** np.arange(1, depth + 1)
    found = np.linalg.lstsq(root[:, None] * basis, root * -data.response, rcond=1e-15)[0]
    # 1 + c_1 t + ... + c_L t^L = prod (1 - t s_l): the s_l are the roots' inverses.
    inverses = np.roots(np.concatenate([[1.0], found]))
    padded = np.concatenate([inverses, np.zeros(depth - len(inverses))])
    tied = _tied_starts(data, depth)[0][0]
    return [np.sort(padded.real)[::-1] / scale, tied * np.linspace(1.5, 0.5, depth)]


def _tied_plus(values: np.ndarray, eigenvalues: np.ndarray, depth: int) -> np.ndarray:
    steps, shrinkage = np.full(depth, values[0]), np.full(depth, values[1])
    return gd_plus_plus(steps, shrinkage, eigenvalues)


def _plus_starts(data: Data, depth: int) -> list[np.ndarray]:
    top = float(data.eigenvalues.max())
    steps, shrinkage = np.geomspace(0.05, 2.0, 10) / top, np.linspace(-0.2, 1.2, 15) / top
    tried = [np.array([step, shrink]) for step in steps for shrink in shrinkage]

    def error(start: np.ndarray) -> float:
        return data.error(_tied_plus(start, data.eigenvalues, depth))

    return sorted(tried, key=error)[:3]


def _untied_plus_starts(data: Data, depth: int) -> list[np.ndarray]:
    tilt = np.linspace(1.3, 0.7, depth)
    return [
        np.concatenate([step * tilt**sign, shrink * tilt[:-1] ** sign])
        for step, shrink in _plus_starts(data, depth)
        for sign in (-1, 1)
    ]


def _penalties(data: Data, depth: int) -> list[np.ndarray]:
    del depth
    grid = np.geomspace(1e-6, 1e2, GRID) * float(data.eigenvalues.max())
    shapes = data.eigenvalues[None] / (data.eigenvalues[None] + grid[:, None])
    errors = (data.weight * (shapes - data.response) ** 2).sum(axis=1)
    return [grid[[index]] for index in np.argsort(errors)[:3]]


def _nothing(data: Data, depth: int) -> list[np.ndarray]:
    del data, depth
    return [np.zeros(0)]


SHAPES: dict[str, Shape] = {
    "zero": Shape(lambda _: {}, lambda p, x, _: np.zeros_like(x), _nothing),
    "averaging": Shape(lambda _: {}, lambda p, x, _: x, _nothing),
    "least-squares": Shape(lambda _: {}, lambda p, x, _: np.ones_like(x), _nothing),
    "ridge": Shape(lambda _: {"penalty": 1}, lambda p, x, _: x / (x + np.abs(p[0])), _penalties),
    "gradient-descent": Shape(
        lambda _: {"step": 1},
        lambda p, x, depth: 1.0 - (1.0 - p[0] * x) ** depth,
        _tied_starts,
        deepest=64,
    ),
    "untied-gradient-descent": Shape(
        lambda depth: {"steps": depth}, lambda p, x, _: descent(p, x), _untied_starts, deepest=12
    ),
    # Of degree (3^L - 1)/2: deeper than 4 layers, they fit anything.
    "gd-plus-plus": Shape(
        lambda _: {"step": 1, "shrinkage": 1},
        _tied_plus,
        _plus_starts,
        deepest=4,
    ),
    "untied-gd-plus-plus": Shape(
        lambda depth: {"steps": depth, "shrinkage": depth - 1},
        lambda p, x, depth: gd_plus_plus(p[:depth], p[depth:], x),
        _untied_plus_starts,
        deepest=3,
    ),
}
