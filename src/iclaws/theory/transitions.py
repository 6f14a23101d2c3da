r"""Known transitions: where they are, how sharp, and their scaling functions.

A transition is sharp if its width on a logarithmic axis shrinks with system size. Depth has
none in the linear model (a power law or an exponential), width a kink at $r=D$ (isotropic).
"""

from typing import NamedTuple

import numpy as np

from ._numbers import Array, Numbers, Values, finite, one_whole, plain, positive, real
from .information import identification_context
from .training_time import plateau_time


class Transition(NamedTuple):
    """One transition of in-context learning on linear tasks.

    Attributes:
        name: What changes.
        resource: The axis it lies on.
        critical_scale: Where, in units of that axis.
        log_width: Width of the rounding on the logarithm of the axis; None if not known.
        width_exponent: Log-width ~ size^exponent; negative is sharp.
        sentence: Order, condition and scaling in words.
    """

    name: str
    resource: str
    critical_scale: float
    log_width: float | None
    width_exponent: float | None
    sentence: str


def task_diversity_scaling(distance: Numbers) -> Values:
    r"""Return $F(u)=\frac{\sqrt{u^2+4}-u}4\big(1-\frac u{\sqrt{u^2+4}}\big)$, any sign of $u$.

    Raises:
        InvalidValue: For an argument that is not a number.
    """
    root, gap = _root_and_gap(real("distance", distance, low=-np.inf))
    return plain(gap**2 / (4 * root))


def task_diversity_error(task_ratio: Numbers, context_ratio: Numbers, noise_var: Numbers) -> Values:
    r"""Return the excess on new tasks near $\kappa_c=1$: $\sqrt xF(\frac{\kappa-1}{\sqrt x})$.

    $x=(1+\rho)/\alpha$; for $\tau\gg\alpha\gg1$. Continuous, exponent 1, rounding width
    $\propto\alpha^{-1/2}$; at $\kappa=1$ it is $\frac12\sqrt x$.

    Args:
        task_ratio: $\kappa=M/d$.
        context_ratio: $\alpha > 0$.
        noise_var: $\rho \ge 0$.

    Raises:
        InvalidValue: For an argument outside its range.
    """
    kappa, rho = finite("task_ratio", task_ratio), finite("noise_var", noise_var)
    x = np.sqrt((1 + rho) / positive("context_ratio", context_ratio))
    return plain(x * np.asarray(task_diversity_scaling((kappa - 1) / x)))


def context_threshold_scaling(distance: Numbers) -> Values:
    r"""Return $F_2(u)=\frac{\sqrt{u^2+4}-u}2$, any sign of $u$.

    Raises:
        InvalidValue: For an argument that is not a number.
    """
    return plain(_root_and_gap(real("distance", distance, low=-np.inf))[1] / 2)


def context_threshold_risk(
    num_context: Numbers, num_dims: Numbers, signal_var: Numbers, noise_var: Numbers
) -> Values:
    r"""Return the Bayes risk near $k=D$.

    $\sqrt{\sigma^2\tau}F_2\big(\frac{k/D-1}{\sqrt{\sigma^2/\tau}}\big)$ for
    $\sigma^2\ll\tau$: four digits at $\sigma^2=10^{-6}\tau$.

    Raises:
        InvalidValue: For an argument outside its range.
    """
    k, dims = finite("num_context", num_context), positive("num_dims", num_dims)
    tau, noise = positive("signal_var", signal_var), positive("noise_var", noise_var)
    u = (k / dims - 1) / np.sqrt(noise / tau)
    return plain(np.sqrt(noise * tau) * np.asarray(context_threshold_scaling(u)))


def interpolation_peak(num_dims: Numbers) -> Values:
    r"""Return $n=d(d+1)$: sequences at which one layer interpolates and both errors peak.

    Raises:
        InvalidValue: For an argument that is not positive.
    """
    dims = positive("num_dims", num_dims)
    return plain(dims * (dims + 1))


def logistic_log_width(steepness: Numbers) -> Values:
    r"""Return the 20-80 % width $2\ln4/h$ of $1/(1+(s_c/s)^h)$ on $\ln s$.

    Raises:
        InvalidValue: For a steepness that is not positive.
    """
    return plain(2 * np.log(4) / positive("steepness", steepness))


def known_transitions(
    num_context: Numbers,
    num_dims: Numbers,
    num_tasks: Numbers,
    signal_var: Numbers,
    noise_var: Numbers,
    *,
    initial_weight: Numbers = 0.1,
) -> tuple[Transition, ...]:
    r"""Return the known transitions at these sizes, with critical scales and rounding widths.

    Args:
        num_context: $k$ of pretraining.
        num_dims: $D$.
        num_tasks: $M$ of a discrete pool.
        signal_var: $\tau$.
        noise_var: $\sigma^2$.
        initial_weight: Initial scale of each of five weight factors, for the plateau.

    Raises:
        InvalidValue: For an argument outside its range.
    """
    k, dims = one_whole("num_context", num_context, low=1), one_whole("num_dims", num_dims, low=1)
    tasks, tau = one_whole("num_tasks", num_tasks, low=1), float(positive("signal_var", signal_var))
    noise = float(finite("noise_var", noise_var))
    diversity = float(np.sqrt((1 + noise / tau) * dims / k))
    return (
        Transition(
            "task diversity", "num_tasks", float(dims), diversity, -0.5,
            "continuous, exponent 1; the rounding shrinks as (k/D)^(-1/2)",
        ),
        Transition(
            "determined task", "num_context", float(dims), float(np.sqrt(noise / tau)), None,
            "k = D at small noise: a kink rounded over (noise_var/signal_var)^(1/2)",
        ),
        Transition(
            "identification", "num_context",
            float(identification_context(tasks, tau, noise)), None, -0.5,
            "one of M tasks is told from the others: first-order-like, log-width ~ k_c^(-1/2)",
        ),
        Transition(
            "interpolation", "num_sequences", float(interpolation_peak(dims)), None, None,
            "one layer fits its pretraining data exactly: both errors peak, 1/|n/(d(d+1)) - 1|",
        ),
        Transition(
            "plateau", "num_steps", float(plateau_time(tau / dims, initial_weight)), None, None,
            "five weight factors leave zero at t = 1/(3 c w0^3): sharp in ln t as w0 falls",
        ),
    )  # fmt: skip


def _root_and_gap(u: Array) -> tuple[Array, Array]:
    r"""Return $\sqrt{u^2+4}$ and $\sqrt{u^2+4}-u$ without cancellation."""
    root = np.hypot(u, 2.0)
    return root, np.where(u > 0, 4 / (root + np.abs(u)), root - u)
