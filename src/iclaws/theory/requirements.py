"""The least context, depth, rank or data with which a level of excess risk can be reached."""

import numpy as np

from ..errors import InvalidValue
from ._numbers import Numbers, finite, one_whole, positive
from .depth import polynomial_bound
from .gradient_descent import gradient_descent_risk
from .least_squares import least_squares_risk
from .limits import width_context_limit
from .linear_attention import linear_attention_step
from .pretraining import finite_pretraining_errors
from .risks import isotropic_bayes_risk

_LARGEST = 1 << 40


def required_context(
    level: Numbers, num_dims: Numbers, signal_var: Numbers, noise_var: Numbers,
    *, predictor: str = "bayes",
) -> int | None:  # fmt: skip
    """Return the least number of examples whose risk is at most `level`, isotropic tasks.

    Args:
        level: Excess risk asked for.
        num_dims: Task dimension.
        signal_var: Signal variance.
        noise_var: Label noise.
        predictor: `bayes`, `linear_attention` (one layer) or `least_squares` (above D).

    Returns:
        The context, or None if no length reaches the level.

    Raises:
        InvalidValue: For an unknown predictor or an argument outside its range.
    """
    sizes = (num_dims, signal_var, noise_var)
    tau = float(finite("signal_var", signal_var))
    risks = {
        "bayes": lambda k: isotropic_bayes_risk(k, *sizes),
        "linear_attention": lambda k: tau * (1 - np.asarray(linear_attention_step(k, *sizes))),
        "least_squares": lambda k: least_squares_risk(k, *sizes),
    }
    if predictor not in risks:
        raise InvalidValue(f"`predictor` must be one of {', '.join(risks)}. Got {predictor!r}.")
    start = 0 if predictor != "least_squares" else one_whole("num_dims", num_dims) + 2
    return _least(lambda k: float(risks[predictor](k)), float(finite("level", level)), start)


def required_depth(
    level: Numbers, num_context: Numbers, num_dims: Numbers, signal_var: Numbers,
    noise_var: Numbers, tied: bool = False,
) -> int | None:  # fmt: skip
    """Return the least depth of a label-linear stack that reaches `level`, isotropic tasks.

    Untied: the recursion, a lower bound on the depth. Tied: layers of gradient descent, up to
    16384 of them.

    Raises:
        InvalidValue: For an argument outside its range.
    """
    asked = float(finite("level", level))
    k, dims = float(finite("num_context", num_context)), float(positive("num_dims", num_dims))
    tau, noise = float(finite("signal_var", signal_var)), float(finite("noise_var", noise_var))
    if tied:
        depths = 2 ** np.arange(15)
        found = np.asarray(gradient_descent_risk(depths, k, dims, tau, noise).risk)
        if not (found <= asked).any():
            return None
        return _least(
            lambda depth: float(gradient_descent_risk(depth, k, dims, tau, noise).risk), asked, 0
        )
    return _least(lambda depth: float(polynomial_bound(depth, k, dims, tau, noise).risk), asked, 0)


def required_rank(
    level: Numbers, num_context: Numbers, signal_spectrum: Numbers, noise_var: Numbers
) -> int | None:
    """Return the least read-in rank that any architecture needs for `level`.

    Raises:
        InvalidValue: For an argument outside its range.
    """
    size = np.asarray(signal_spectrum).shape[-1]
    risks = width_context_limit(num_context, np.arange(size + 1), signal_spectrum, noise_var)
    reached = np.flatnonzero(np.asarray(risks) <= float(finite("level", level)))
    return int(reached[0]) if reached.size else None


def required_data_ratio(
    level: Numbers, context_ratio: Numbers, task_ratio: Numbers, noise_var: Numbers
) -> float | None:
    r"""Return the least $\tau>1$ at which ridgeless one-layer pretraining reaches `level`.

    Raises:
        InvalidValue: For an argument outside its range.
    """
    asked, noise = float(finite("level", level)), float(finite("noise_var", noise_var))

    def excess(ratio: float) -> float:
        errors = finite_pretraining_errors(context_ratio, task_ratio, ratio, noise)
        return float(errors.fresh_tasks) - noise

    if excess(np.inf) >= asked:
        return None
    low, high = 0.0, 60.0  # ln(ratio - 1): the excess falls in it
    low = -20.0
    for _ in range(80):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if excess(1 + np.exp(middle)) <= asked else (middle, high)
    return 1 + float(np.exp(high))


def _least(risk, level: float, start: int) -> int | None:  # noqa: ANN001 -- a local lambda
    """Return the least whole number at which a falling risk is at most `level`."""
    if risk(start) <= level:
        return start
    step = 1
    while risk(start + step) > level:
        step *= 2
        if step > _LARGEST:
            return None
    low, high = start + step // 2, start + step
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if risk(middle) <= level else (middle, high)
    return high
