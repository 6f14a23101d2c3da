"""The surface of constant cost, and searching it."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.optimize import minimize, minimize_scalar

from ..errors import InvalidValue
from ._cost import Cost

# The search reaches this many powers of e beyond the data on either side: a factor 3 million.
BEYOND = 15.0
GRID = {1: 601, 2: 41, 3: 13}
# Rounded sizes are sought within this factor of the optimum, and at most this many per column.
ROUNDING_REACH = 8.0
CHOICES = 4000


@dataclasses.dataclass(frozen=True, eq=False)
class Frontier:
    """All configurations of one cost.

    Attributes:
        fit: The fit (or stored fit) whose loss is minimised.
        cost: The cost.
        budget: Its value on the surface.
        fixed: Values of the columns that are not chosen.
        free: Columns that are chosen; the last one is decided by the budget.
        ranges: Smallest and largest value of each column in the data.
    """

    fit: Any
    cost: Cost
    budget: float
    fixed: dict[str, float]
    free: tuple[str, ...]
    ranges: dict[str, tuple[float, float]]

    @classmethod
    def of(cls, fit: Any, cost: Cost, *, budget: float, fixed: dict[str, float]) -> "Frontier":
        """Return the frontier, refusing columns without a cost and without a value."""
        needed = dict.fromkeys((*fit.law.columns, *cost.columns))
        unknown = [name for name in cost.columns if name not in fit.law.columns]
        unknown = [name for name in unknown if name not in fixed]
        if unknown:
            raise InvalidValue(
                f"The cost names {unknown[0]!r}, which is no column of the law "
                f"({', '.join(fit.law.columns)}): give its value as fixed={{{unknown[0]!r}: …}}."
            )
        gratis = [n for n in needed if n not in cost.columns and n not in fixed]
        if gratis:
            raise InvalidValue(
                f"{gratis[0]!r} costs nothing in {cost.text!r}, so more of it is always better: "
                f"give its value as fixed={{{gratis[0]!r}: …}}, or a cost that contains it."
            )
        free = tuple(name for name in needed if name not in fixed)
        if not free:
            raise InvalidValue("Every column is fixed; there is nothing to allocate.")
        return cls(fit, cost, budget, fixed, free, dict(fit.ranges))

    def loss(self, sizes: Mapping[str, Any]) -> Any:
        """Return the predicted loss; numbers or arrays of shape `(rows,)`."""
        arrays = {n: np.atleast_1d(np.asarray(sizes[n], dtype=float)) for n in self.fit.law.columns}
        num = max(len(values) for values in arrays.values())
        found = self.fit.predict({n: np.broadcast_to(v, (num,)) for n, v in arrays.items()})
        return found if num > 1 else found[0]

    def loss_of_draws(self, draws: Any, sizes: Mapping[str, np.ndarray]) -> np.ndarray:
        """Return each draw's loss at its own sizes, shape `(draws,)`."""
        coordinates = draws.coordinates
        found = [
            float(draws.problem.predict(
                coordinates[i], {n: sizes[n][i : i + 1] for n in self.fit.law.columns}
            )[0])
            for i in range(len(coordinates))
        ]  # fmt: skip
        return np.array(found)

    def complete(self, sizes: dict[str, float]) -> dict[str, float]:
        """Return sizes with the one that is missing, or the last, decided by the budget."""
        missing = [name for name in self.free if name not in sizes] or [self.free[-1]]
        if len(missing) > 1:
            raise InvalidValue(f"Give all but one of {', '.join(self.free)}.")
        known = {**self.fixed, **{n: v for n, v in sizes.items() if n != missing[0]}}
        value = self.cost.solve(missing[0], known, self.budget)
        return {**known, missing[0]: float(value)}

    def surface(self, logs: np.ndarray) -> dict[str, np.ndarray]:
        """Return configurations from logarithms of all free columns but the last, `(rows, k-1)`."""
        sizes = {name: np.exp(logs[:, i]) for i, name in enumerate(self.free[:-1])}
        sizes |= {name: np.full(len(logs), value) for name, value in self.fixed.items()}
        last = self.free[-1]
        return {**sizes, last: self.cost.solve(last, sizes, self.budget)}

    def box(self) -> list[tuple[float, float]]:
        """Return the range searched of each free column but the last, in logarithms."""
        return [
            (np.log(self.ranges[n][0]) - BEYOND, np.log(self.ranges[n][1]) + BEYOND)
            for n in self.free[:-1]
        ]

    def objective(self, logs: np.ndarray) -> np.ndarray:
        """Return the loss at points of the surface, infinite where there is none."""
        values = np.atleast_1d(self.loss(self.surface(np.atleast_2d(logs))))
        return np.where(np.isfinite(values), values, np.inf)

    def search(self) -> tuple[dict[str, float], bool]:
        """Return the best sizes by a grid and a local search, and whether they are inside it."""
        box = self.box()
        if not box:
            return self.complete({}), True
        axes = [np.linspace(low, high, GRID.get(len(box), 7)) for low, high in box]
        points = np.stack([axis.ravel() for axis in np.meshgrid(*axes)], axis=1)
        best = points[int(np.argmin(self.objective(points)))]
        steps = [axis[1] - axis[0] for axis in axes]
        if len(box) == 1:
            found = minimize_scalar(
                lambda x: float(self.objective(np.array([[x]]))[0]),
                bounds=(best[0] - steps[0], best[0] + steps[0]),
                method="bounded", options={"xatol": 1e-10},
            )  # fmt: skip
            best = np.array([found.x])  # pyright: ignore[reportAttributeAccessIssue]
        else:
            found = minimize(
                lambda x: float(self.objective(x[None, :])[0]), best, method="Nelder-Mead",
                options={"xatol": 1e-9, "fatol": 1e-15, "maxiter": 4000},
            )  # fmt: skip
            best = found.x
        inside = all(
            low + step < value < high - step
            for value, (low, high), step in zip(best, box, steps, strict=True)
        )
        sizes = self.surface(best[None, :])
        return {name: float(values[0]) for name, values in sizes.items()}, inside

    def search_draws(self, draws: Any, sizes: Mapping[str, float]) -> dict[str, np.ndarray]:
        """Return the best sizes of every draw, each of shape `(draws,)`, near the estimate's."""
        start = np.log([sizes[name] for name in self.free[:-1]])
        found = []
        for coordinates in draws.coordinates:

            def objective(logs: np.ndarray, at: np.ndarray = coordinates) -> float:
                point = self.surface(np.atleast_2d(logs))
                table = {n: point[n] for n in self.fit.law.columns}
                value = float(draws.problem.predict(at, table)[0])
                return value if np.isfinite(value) else np.inf

            best = minimize(objective, start, method="Nelder-Mead", options={"xatol": 1e-4}).x
            found.append({n: float(v[0]) for n, v in self.surface(best[None, :]).items()})
        return {name: np.array([one[name] for one in found]) for name in self.free}

    def rounded(self, sizes: Mapping[str, float], steps: Mapping[str, int]) -> dict[str, float]:
        """Return the best sizes that are multiples of `steps` and cost no more than the budget.

        Every multiple of all rounded columns but one is tried within a factor 8 of the optimum;
        the last free column takes what the budget leaves, rounded down if it is rounded too.
        """
        unknown = [name for name in steps if name not in self.free]
        if unknown:
            raise InvalidValue(f"{unknown[0]!r} is not chosen, so it cannot be rounded.")
        stepped = [name for name in self.free if name in steps]
        last = next((n for n in reversed(self.free) if n not in steps), stepped[-1])
        tried = [name for name in stepped if name != last]
        axes = [_multiples(sizes[name], steps[name], len(tried)) for name in tried]
        grid = [axis.ravel() for axis in np.meshgrid(*axes)] if axes else []
        others = [n for n in self.free if n not in tried and n != last]
        best: tuple[float, dict[str, float]] | None = None
        for values in zip(*grid, strict=True) if grid else [()]:
            known = {**self.fixed, **dict(zip(tried, map(float, values), strict=True))}
            known |= {n: sizes[n] for n in others}
            size = self.cost.solve(last, known, self.budget)
            if last in steps:
                size = np.floor(size / steps[last] * (1 + 1e-12)) * steps[last]
            if not np.isfinite(size) or size <= 0:
                continue
            full = {**known, last: float(size)}
            loss = float(self.loss(full))
            if best is None or loss < best[0]:
                best = (loss, full)
        if best is None:
            raise InvalidValue(
                f"No configuration in whole steps {dict(steps)} costs {self.budget:g} or less."
            )
        return best[1]

    def near(self, sizes: Mapping[str, float], limit: float) -> dict[str, tuple[float, float]]:
        """Return the range of each column over which the loss can be kept below `limit`."""
        return {name: self._near_one(name, dict(sizes), limit) for name in self.free}

    def _near_one(self, name: str, sizes: dict[str, float], limit: float) -> tuple[float, float]:
        if len(self.free) == 1:
            return sizes[name], sizes[name]  # the budget decides it
        ordered = (name, *(other for other in self.free if other != name))
        turned = dataclasses.replace(self, free=ordered)
        start = np.log(sizes[name])

        def best(log_size: float) -> float:
            rest = dataclasses.replace(
                turned, fixed={**self.fixed, name: float(np.exp(log_size))}, free=ordered[1:]
            )
            near = {n: (sizes[n], sizes[n]) for n in ordered[1:]}
            found, _ = dataclasses.replace(rest, ranges=near).search()
            value = float(rest.loss(found))
            return value if np.isfinite(value) else np.inf

        return tuple(float(np.exp(_edge(best, start, side=side, limit=limit))) for side in (-1, 1))  # pyright: ignore[reportReturnType]


def _multiples(size: float, step: int, num: int) -> np.ndarray:
    """Return multiples of `step` within a factor 8 of `size`, thinned to a manageable number."""
    first = max(int(np.floor(size / ROUNDING_REACH / step)), 1)
    last = max(int(np.ceil(size * ROUNDING_REACH / step)), first)
    count = int(CHOICES ** (1.0 / max(num, 1)))
    if last - first + 1 <= count:
        return step * np.arange(first, last + 1)
    return step * np.unique(np.round(np.geomspace(first, last, count)).astype(int))


def _edge(best: Any, start: float, *, side: int, limit: float) -> float:
    """Return how far a coordinate can go to one side before the best loss exceeds the limit."""
    inside, width = start, 0.05
    while width < 2 * BEYOND and best(start + side * width) <= limit:
        inside, width = start + side * width, 2.0 * width
    outside = start + side * width
    if width >= 2 * BEYOND:
        return outside
    for _ in range(20):
        middle = 0.5 * (inside + outside)
        if best(middle) <= limit:
            inside = middle
        else:
            outside = middle
    return inside
