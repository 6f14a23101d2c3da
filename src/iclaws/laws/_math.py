"""Functions a formula is written in: NumPy for NumPy values, JAX for traced ones.

A law is written once. The fit traces it through `jax.numpy` for exact derivatives; a stored
fit predicts through NumPy, without importing JAX.
"""

from collections.abc import Callable
from typing import Any

import numpy as np


def is_traced(*values: Any) -> bool:
    """Say whether any value is a JAX array or tracer (told by its class: JAX stays unimported)."""
    return any(type(value).__module__.partition(".")[0] in ("jax", "jaxlib") for value in values)


def _namespace(*values: Any) -> Any:
    if is_traced(*values):
        import jax.numpy as jnp

        return jnp
    return np


def exp(value: Any) -> Any:
    """Return $e^x$."""
    return _namespace(value).exp(value)


def log(value: Any) -> Any:
    """Return the natural logarithm."""
    return _namespace(value).log(value)


def log1p(value: Any) -> Any:
    r"""Return $\ln(1+x)$."""
    return _namespace(value).log1p(value)


def expm1(value: Any) -> Any:
    """Return $e^x-1$."""
    return _namespace(value).expm1(value)


def sqrt(value: Any) -> Any:
    """Return the square root."""
    return _namespace(value).sqrt(value)


def tanh(value: Any) -> Any:
    """Return the hyperbolic tangent."""
    return _namespace(value).tanh(value)


def absolute(value: Any) -> Any:
    """Return $|x|$."""
    return _namespace(value).abs(value)


def maximum(first: Any, second: Any) -> Any:
    """Return the larger of the two, elementwise."""
    return _namespace(first, second).maximum(first, second)


def minimum(first: Any, second: Any) -> Any:
    """Return the smaller of the two, elementwise."""
    return _namespace(first, second).minimum(first, second)


def where(condition: Any, first: Any, second: Any) -> Any:
    """Return `first` where `condition` holds, else `second`."""
    return _namespace(condition, first, second).where(condition, first, second)


def softplus(value: Any) -> Any:
    r"""Return $\ln(1+e^x)$ without overflow."""
    return _namespace(value).logaddexp(value, 0.0)


def sigmoid(value: Any) -> Any:
    """Return $1/(1+e^{-x})$ without overflow."""
    return exp(-softplus(-value))


def logit(value: Any) -> Any:
    r"""Return $\ln\frac{x}{1-x}$."""
    return log(value) - log1p(-value)


def power(base: Any, exponent: Any) -> Any:
    """Return `base` to `exponent` for positive bases, with derivatives in both.

    Written through the logarithm: compiled `pow` is several times slower than `exp`, and the
    logarithm of a column is hoisted out of the optimiser's loop.
    """
    return exp(exponent * log(base))


def upper_gamma(order: Any, value: Any) -> Any:
    """Return the regularised upper incomplete gamma function $Q(a, x)$."""
    if is_traced(order, value):
        from ._gamma import traced_upper_gamma

        return traced_upper_gamma(order, value)
    from scipy.special import gammaincc

    return gammaincc(order, value)


def stop_gradient(value: Any) -> Any:
    """Return the value with no derivative."""
    if is_traced(value):
        from jax.lax import stop_gradient as stop

        return stop(value)
    return value


def repeat(step: Callable[[Any], Any], value: Any, *, times: int) -> Any:
    """Return `step` applied `times` times; one loop in a compiled program."""
    if is_traced(value):
        from jax.lax import fori_loop

        return fori_loop(0, times, lambda _, now: step(now), value)
    for _ in range(times):
        value = step(value)
    return value
