r"""The optimiser: a damped Newton method with exact Hessians, compiled once per law and shape.

Every use of it (random starts, bootstrap draws, profiles) is a lane: its own starting point,
weights, targets and bounds through one program. Lanes run in pairs, pair after pair, because in
a wide batch every lane waits for the slowest.

A step solves $(|H| + \lambda)s = -g$ on the free coordinates, where $|H|$ takes absolute
eigenvalues of the Hessian scaled to unit diagonal, so that a saddle repels; coordinates at a
bound that the gradient presses against are held; the damping follows the ratio of actual to
predicted decrease (Nielsen's rule).
"""

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from ._base import AbstractLaw
from ._problem import Problem, evaluate, transform

PAIR = 2
MAX_LANES = 64
LANE_CELLS = 1 << 19
# Compiled programs kept at a time: each maps a few hundred pieces of memory, of which the
# operating system allows a process some 65,000.
PROGRAMS = 64
# JAX 0.10 compiles these programs a third faster through its older code generator, to the same
# speed; later versions have only the one.
QUICK_COMPILE = {"xla_cpu_use_fusion_emitters": False} if jax.__version_info__ < (0, 11) else None
# A sum of n terms is known to about this share; no decrease below it is real.
ROUNDING = 1e-15
# Relative decrease that a further Newton step may still promise at an estimate: parameters are
# then known to 1e-8 of their standard errors.
FINE = 1e-16
# Residuals whose root mean square is below this (of the centred target) are exact.
EXACT = 1e-13


class Solution(NamedTuple):
    """What the lanes reached, in order; the objective is in centred units."""

    coordinates: np.ndarray
    objective: np.ndarray
    decrement: np.ndarray
    iterations: np.ndarray


class _State(NamedTuple):
    point: Any
    value: Any
    gradient: Any
    hessian: Any
    trial: Any
    predicted: Any
    decrement: Any
    damping: Any
    growth: Any
    step: Any
    done: Any


def smoothed(residuals: Any, loss: Any) -> Any:
    r"""Return the loss of each residual, the side above zero multiplied by `over`.

    Huber's function, or where `rounded` its analytic cousin $\delta(\sqrt{r^2+\delta^2}-\delta)$:
    Newton's method follows that one to thresholds far below the residuals, where Huber's own
    curvature comes from the handful of rows inside the threshold.
    """
    delta, over, rounded = loss
    size = jnp.abs(residuals)
    tail = jnp.where(jnp.isfinite(delta), delta, 1.0)
    huber = jnp.where(size <= delta, 0.5 * residuals * residuals, tail * (size - 0.5 * tail))
    smooth = tail * (jnp.sqrt(residuals * residuals + tail * tail) - tail)
    return jnp.where(residuals > 0, over, 1.0) * jnp.where(rounded, smooth, huber)


def _objective(law: AbstractLaw, residuals: str) -> Callable[..., Any]:
    def value(point: Any, shared: Any, lane: Any) -> Any:
        columns, middle, loss, _ = shared
        weights, target, _, _ = lane
        predicted = transform(evaluate(law, point, columns, middle=middle), residuals)
        return jnp.sum(weights * smoothed(predicted - target, loss))

    return value


def _derivatives(function: Callable[..., Any], point: Any) -> tuple[Any, Any, Any]:
    """Return value, gradient and Hessian, with one primal evaluation."""
    both = jax.value_and_grad(function)

    def along(direction: Any) -> Any:
        (value, gradient), (_, column) = jax.jvp(both, (point,), (direction,))
        return value, gradient, column

    return jax.vmap(along, out_axes=(None, None, 0))(jnp.eye(point.shape[0]))


def _newton_step(state: _State, lower: Any, upper: Any) -> tuple[Any, Any, Any]:
    """Return the trial point, the predicted decrease and the Newton decrement."""
    point, gradient, hessian = state.point, state.gradient, state.hessian
    pressed = ((point <= lower) & (gradient > 0)) | ((point >= upper) & (gradient < 0))
    free = ~(pressed | (lower == upper))
    size = jnp.sqrt(jnp.abs(jnp.diagonal(hessian)))
    size = jnp.where(free & (size > 0), size, 1.0)
    scaled = hessian / (size[:, None] * size[None, :])
    both = free[:, None] & free[None, :]
    scaled = jnp.where(both, scaled, jnp.eye(point.shape[0]))
    slope = jnp.where(free, gradient / size, 0.0)
    curvature, axes = jnp.linalg.eigh(scaled)
    curvature = jnp.maximum(jnp.abs(curvature), 1e-14)
    along = axes.T @ slope
    move = -(axes @ (along / (curvature + state.damping))) / size
    trial = jnp.clip(point + move, lower, upper)
    change = trial - point
    predicted = -(gradient @ change + 0.5 * change @ (hessian @ change))
    return trial, predicted, jnp.sum(along * along / curvature)


def _iterate(state: _State, function: Callable[..., Any], rules: Any) -> _State:
    """Judge the trial point, move and damp accordingly, and propose the next one."""
    lower, upper, tolerance, exact = rules
    value, gradient, hessian = _derivatives(function, state.trial)
    usable = jnp.isfinite(value) & jnp.all(jnp.isfinite(gradient))
    usable = usable & jnp.all(jnp.isfinite(hessian))
    better = usable & (value <= state.value * (1.0 + ROUNDING))
    ratio = (state.value - value) / jnp.maximum(state.predicted, 1e-300)
    ratio = jnp.where(jnp.isfinite(ratio), jnp.clip(ratio, -1.0, 1.0), 1.0)
    shrink = jnp.maximum(0.1, 1.0 - (2.0 * ratio - 1.0) ** 3)
    damping = jnp.where(better, state.damping * shrink, state.damping * state.growth)
    state = state._replace(
        point=jnp.where(better, state.trial, state.point),
        value=jnp.where(better, value, state.value),
        gradient=jnp.where(better, gradient, state.gradient),
        hessian=jnp.where(better, hessian, state.hessian),
        damping=jnp.clip(damping, 1e-12, 1e16),
        growth=jnp.where(better, 2.0, 2.0 * state.growth),
        step=state.step + 1,
    )
    trial, predicted, decrement = _newton_step(state, lower, upper)
    stuck = (state.damping >= 1e15) | ~jnp.isfinite(state.value)
    settled = decrement <= tolerance * state.value
    return state._replace(
        trial=trial, predicted=predicted, decrement=decrement,
        done=stuck | settled | (state.value <= exact),
    )  # fmt: skip


def _solve_lane(function: Callable[..., Any], start: Any, *, lane: Any, controls: Any) -> Any:
    """Run one lane to the end and return what `Solution` holds."""
    tolerance, max_steps, exact = controls
    num = start.shape[0]
    zero, one = jnp.zeros(()), jnp.ones(())
    state = _State(
        point=start, value=jnp.inf * one, gradient=jnp.zeros(num),
        hessian=jnp.zeros((num, num)), trial=jnp.clip(start, lane[2], lane[3]),
        predicted=zero, decrement=jnp.inf * one, damping=1e-3 * one, growth=2.0 * one,
        step=jnp.zeros((), dtype=jnp.int32), done=jnp.zeros((), dtype=bool),
    )  # fmt: skip
    state = lax.while_loop(
        lambda s: ~s.done & (s.step < max_steps),
        lambda s: _iterate(s, function, (lane[2], lane[3], tolerance, exact)),
        state,
    )
    return state.point, state.value, state.decrement, state.step


@functools.lru_cache(maxsize=PROGRAMS)
def _program(law: AbstractLaw, residuals: str, shape: tuple[int, int]) -> Callable[..., Any]:
    """Return the compiled solver of one law for one shape of table and batch."""
    del shape  # tells the cache one compilation from another
    value = _objective(law, residuals)

    def one(shared: Any, start: Any, lane: Any) -> Any:
        return _solve_lane(
            lambda point: value(point, shared, lane), start, lane=lane, controls=shared[-1]
        )

    def pairs(shared: Any, starts: Any, lanes: Any) -> Any:
        return lax.map(
            lambda pair: jax.vmap(lambda start, lane: one(shared, start, lane))(*pair),
            (starts, lanes),
        )

    return jax.jit(pairs, compiler_options=QUICK_COMPILE)


def padded_rows(num_rows: int) -> int:
    """Return the row count a problem is padded to, so that near sizes share one program."""
    if num_rows <= 64:
        return 64
    step = 1 << (int(np.log2(num_rows)) - 2)  # at most a quarter more
    return -(-num_rows // step) * step


def num_lanes(num_rows: int) -> int:
    """Return how many lanes one call holds: fewer for long tables, always even."""
    fitting = max(LANE_CELLS // padded_rows(num_rows), PAIR)
    return int(min(MAX_LANES, fitting) // PAIR * PAIR)


class Solver:
    """A problem's compiled solver, its data on the device once.

    Attributes:
        problem: The problem.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.lower, self.upper = problem.bounds()
        num, padded = problem.num_rows, padded_rows(problem.num_rows)
        # Rows without weight stand in for padding: the formula must be finite at every row.
        first = int(np.argmax(problem.weights > 0))
        self._pad = np.full(padded, first)
        self._pad[:num] = np.where(problem.weights > 0, np.arange(num), first)
        self._real = np.zeros(padded)
        self._real[:num] = problem.weights > 0
        self._size = num_lanes(num)
        self._program = _program(problem.law, problem.residuals, (padded, self._size))
        with jax.enable_x64(True):
            # `device_put` compiles nothing, where `jnp.asarray` compiles a conversion per type.
            self._columns = {k: jax.device_put(v[self._pad]) for k, v in problem.columns.items()}
            self._middle = {k: np.float64(v) for k, v in problem.middle.items()}

    def solve(
        self,
        starts: np.ndarray,
        delta: float,
        *,
        rounded: bool = False,
        weights: np.ndarray | None = None,
        targets: np.ndarray | None = None,
        bounds: tuple[np.ndarray, np.ndarray] | None = None,
        tolerance: float = FINE,
        max_steps: int = 100,
    ) -> Solution:
        """Minimise from every start.

        Args:
            starts: Shape `(lanes, parameters)`.
            delta: Where the loss turns linear, in centred units of the residual.
            rounded: Take the analytic form of the loss.
            weights: Shape `(rows,)`, or `(lanes, rows)`; None takes the problem's.
            targets: Likewise; None takes the problem's.
            bounds: Lower and upper bounds, `(parameters,)` or `(lanes, parameters)` each.
            tolerance: Relative decrease that a further Newton step may still promise.
            max_steps: Evaluations allowed.

        Returns:
            One entry per start, in order.
        """
        weights = self.problem.weights if weights is None else weights
        targets = self.problem.target if targets is None else targets
        lower, upper = (self.lower, self.upper) if bounds is None else bounds
        per_lane = (weights, targets, lower, upper)
        exact = EXACT**2 * float(np.sum(self.problem.weights))
        found = []
        with jax.enable_x64(True):
            loss = (np.float64(delta), np.float64(self.problem.loss.over), np.bool_(rounded))
            controls = (np.float64(tolerance), np.int32(max_steps), np.float64(exact))
            shared = (self._columns, self._middle, loss, controls)
            for first in range(0, len(starts), self._size):
                found.append(self._batch(shared, starts, (first, per_lane)))
        parts = [np.concatenate(part)[: len(starts)] for part in zip(*found, strict=True)]
        return Solution(*parts)

    def _batch(self, shared: Any, starts: np.ndarray, where: Any) -> tuple[np.ndarray, ...]:
        first, per_lane = where
        rows = np.minimum(np.arange(first, first + self._size), len(starts) - 1)
        # Lanes without work start where no value is finite, and end at once.
        idle = np.arange(first, first + self._size) >= len(starts)
        begin = np.where(idle[:, None], np.nan, starts[rows])
        weights, targets, lower, upper = (
            np.broadcast_to(np.atleast_2d(x), (len(starts), np.shape(x)[-1]))[rows]
            for x in per_lane
        )
        lanes = (weights[:, self._pad] * self._real, targets[:, self._pad], lower, upper)
        pairs = (self._size // PAIR, PAIR)
        paired = [np.asarray(np.reshape(x, (*pairs, -1)), np.float64) for x in (begin, *lanes)]
        out = self._program(shared, paired[0], tuple(paired[1:]))
        return tuple(np.asarray(x).reshape(self._size, *x.shape[2:]) for x in out)
