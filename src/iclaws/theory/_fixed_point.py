"""The one self-consistency behind Bayes, ridge and random read-ins, solved to the last digits."""

import numpy as np

from ._numbers import Array

# Elements of the (configurations x modes) work array per block: stays inside the cache.
_BLOCK = 1 << 18
_MAX_STEPS = 200
_TOLERANCE = 4e-15


def self_consistent(
    num_context: Array, spectrum: Array, offset: Array, counts: Array | None = None
) -> Array:
    r"""Return the largest root $v$ of $v = c + \sum_i n_i a_i v / (k a_i + v)$.

    With $a = s$ and $c = \sigma^2$ it is the noise that a Bayesian learner sees (label noise
    plus its own excess); with $a = \lambda$ and $c$ the ridge it is $k\kappa$ of the ridge
    equivalent. Without offset the root is 0 as soon as $k$ reaches the number of modes.

    Args:
        num_context: $k \ge 0$, any shape.
        spectrum: $a_i \ge 0$, modes on the last axis; leading axes broadcast with the others.
        offset: $c \ge 0$, any shape.
        counts: $n_i$, how often each value of one shared spectrum occurs; None for once.

    Returns:
        The root, in the broadcast shape.
    """
    shape = np.broadcast_shapes(num_context.shape, spectrum.shape[:-1], offset.shape)
    k = np.broadcast_to(num_context, shape).ravel()
    c = np.broadcast_to(offset, shape).ravel()
    modes = spectrum.shape[-1]
    shared = spectrum.ndim == 1
    rows = spectrum if shared else np.broadcast_to(spectrum, (*shape, modes)).reshape(-1, modes)
    block = max(1, _BLOCK // modes)
    root = np.empty(k.size)
    for start in range(0, k.size, block):
        part = slice(start, start + block)
        root[part] = _solve_block(k[part], rows if shared else rows[part], c[part], counts)
    return root.reshape(shape)


def _solve_block(k: Array, a: Array, c: Array, counts: Array | None) -> Array:
    """Solve configurations that fit in memory together; `a` is (modes) or (rows, modes)."""
    root = np.zeros(k.size)
    # No label noise and every mode determined, or nothing to learn: the root is the offset.
    trivial = (c == 0) & (k >= _total(a > 0, counts))
    root[k == 0] = (c + _total(a, counts))[k == 0]
    todo = np.flatnonzero(~trivial & (k > 0))
    if todo.size:
        root[todo] = _newton(k[todo], a if a.ndim == 1 else a[todo], c[todo], counts)
    return root


def _newton(k: Array, a: Array, c: Array, counts: Array | None) -> Array:
    r"""Iterate $\ln v$ by Newton inside a bracket; power laws are almost straight there."""
    k, top = k[:, None], c + _total(a, counts)
    high = np.log(top)
    with np.errstate(divide="ignore"):
        low = np.where(c > 0, np.log(c), high - 700.0)  # 700: as far as float64 reaches
    u = high.copy()
    for _ in range(_MAX_STEPS):
        v = np.exp(u)[:, None]
        share = v / (k * a + v)
        learnt = a * share
        right = c + _total(learnt, counts)
        gap = np.log(right) - u
        slope = 1 - _total(learnt - learnt * share, counts) / right
        low, high = np.where(gap > 0, u, low), np.where(gap > 0, high, u)
        with np.errstate(divide="ignore", invalid="ignore"):
            new = u + gap / slope
        inside = (new >= low) & (new <= high)
        new = np.where(inside, new, 0.5 * (low + high))
        step, u = np.abs(new - u), new
        if np.all(step <= _TOLERANCE * np.maximum(1.0, np.abs(u))):
            break
    return np.exp(u)


def _total(values: Array, counts: Array | None) -> Array:
    """Sum over modes, each as often as it occurs."""
    return values.sum(axis=-1) if counts is None else values @ counts
