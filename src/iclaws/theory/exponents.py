r"""From task structure to exponents: the asymptotic map, and what holds where no power law does.

Asymptotic exponents are not what a fit over small sizes sees: `local_slopes` gives the slope of
the finite-size formula over given sizes, and that is what to compare with.
"""

import enum
from typing import NamedTuple

from ..errors import InvalidValue
from ._numbers import Numbers, finite, one_whole, positive


class Law(enum.StrEnum):
    """How an excess risk falls with one resource."""

    POWER = "power law"
    EXPONENTIAL = "exponential"
    DOUBLY_EXPONENTIAL = "doubly exponential"
    LINEAR = "linear, then zero"
    FLAT = "no dependence"
    OPEN = "no prediction"


class Prediction(NamedTuple):
    """The law of one resource.

    Attributes:
        law: Which family.
        exponent: Excess ~ resource^-exponent; None unless a power law.
        sentence: Formula, condition and saturation in words.
    """

    law: Law
    exponent: float | None
    sentence: str


class Exponents(NamedTuple):
    """Exponents of the excess risk by resource; None where no power law holds.

    Attributes:
        depth: Attention layers.
        width: Read-in rank.
        context: Labelled examples.
        time: Gradient-flow time of pretraining.
        sequences: Distinct pretraining sequences (one-layer least squares).
        tasks: Distinct pretraining tasks.
        predictions: The same with the law and its conditions, by resource.
    """

    depth: float | None
    width: float | None
    context: float | None
    time: float | None
    sequences: float | None
    tasks: float | None
    predictions: dict[str, Prediction]


class Variant(NamedTuple):
    """Conditions under which an exponent is another one.

    Attributes:
        covariate_updates: GD++: layers also update the covariates.
        known_spectrum: Untied depth on an exactly known discrete spectrum (unbounded context).
        ridge: Context exponent of the best ridge instead of Bayes or early-stopped descent.
        all_weights: Time exponent with all five weight factors trained, not the reduced one.
    """

    covariate_updates: bool = False
    known_spectrum: bool = False
    ridge: bool = False
    all_weights: bool = False


SETTINGS = ("iso", "fs", "rrs")


def exponents(
    capacity: Numbers,
    source: Numbers,
    *,
    setting: str,
    noisy: bool,
    tied: bool = True,
    depth: int | None = None,
    variant: Variant = Variant(),  # noqa: B008 -- an immutable tuple
) -> Exponents:
    r"""Return the exponents that task structure and architecture class imply.

    $\lambda_i\sim i^{-\nu}$, $\sum_{j>i}s_j\sim i^{-\nu\beta}$, $a=\nu\beta$.

    Args:
        capacity: $\nu > 0$ (not used for `iso`).
        source: $\beta > 0$ (not used for `iso`).
        setting: `iso`, `fs` (one covariance in all contexts) or `rrs` (rotated per context).
        noisy: Whether labels carry noise.
        tied: One step for all layers.
        depth: For the context exponent at fixed covariance; None for unbounded depth.
        variant: Conditions that change an exponent.

    Raises:
        InvalidValue: For an unknown setting, or a capacity or source that is not positive.
    """
    if setting not in SETTINGS:
        raise InvalidValue(f"`setting` must be one of {', '.join(SETTINGS)}. Got {setting!r}.")
    if depth is not None:
        depth = one_whole("depth", depth, low=1)
    if setting == "iso":
        found = _iso(noisy, tied, depth, variant.covariate_updates)
    else:
        nu = float(positive("capacity", finite("capacity", capacity)))
        beta = float(positive("source", source))
        if setting == "fs":
            found = _fixed(nu, beta, noisy, depth)
        else:
            deep = _rotated_depth(nu, beta, tied, variant)
            found = {"depth": deep, **_rotated(nu, beta, noisy, variant)}
    powers = {name: law.exponent for name, law in found.items()}
    return Exponents(**powers, predictions=found)


def _power(exponent: float, sentence: str) -> Prediction:
    """Return a power law."""
    return Prediction(Law.POWER, exponent, sentence)


def _iso(noisy: bool, tied: bool, depth: int | None, updates: bool) -> dict[str, Prediction]:
    """Return the laws at isotropic covariance."""
    if updates:
        deep = Prediction(
            Law.DOUBLY_EXPONENTIAL, None,
            "degree (3^L - 1)/2 in the rate of untied depth",
        )  # fmt: skip
    else:
        rate = "(2 sqrt(c)/(1 + c))^2" if tied else "min(c, 1/c)"
        there = "1/2" if tied else "1"
        deep = Prediction(
            Law.EXPONENTIAL, None,
            f"rate {rate} per layer with c = k/D; at k = D a power law of exponent {there}",
        )  # fmt: skip
    if noisy:
        context = _power(1.0, "noise_var D/k at k >> D")
    elif depth is None:
        context = Prediction(Law.LINEAR, None, "signal_var (1 - k/D), zero from k = D on")
    else:
        context = _power(float(depth), "(D/k)^L at k >> D; one layer 1/(1 + k/D)")
    return {
        "depth": deep,
        "width": Prediction(Law.LINEAR, None, "signal_var (1 - r/D), zero at r = D"),
        "context": context,
        "time": Prediction(Law.OPEN, None, "one scalar to learn: exponential after the plateau"),
        "sequences": _power(1.0, "1/(n/d^2 - 1) above the interpolation threshold n = d^2"),
        "tasks": _power(1.0, "above the threshold M = D, at D << M"),
    }


def _fixed(nu: float, beta: float, noisy: bool, depth: int | None) -> dict[str, Prediction]:
    """Return the laws at one fixed covariance."""
    a = nu * beta
    if noisy:
        context = _power(a / (1 + a), "a/(1 + a) at every depth")
    elif depth is None:
        context = _power(a, "a, the Bayes exponent")
    else:
        context = _power(a * (1 - (a / (1 + a)) ** depth), "a [1 - (a/(1 + a))^L]")
    x = nu * a / (2 * nu + a + 1)
    sequences = x / (1 + x) if noisy else x
    return {
        "depth": Prediction(
            Law.FLAT, None,
            "one layer suffices at k = infinity; else depth acts through the context exponent",
        ),
        "width": _power(a, "a, read-in of the best r modes"),
        "context": context,
        "time": _power(a / (a + 2 * nu + 1), "a/(a + 2 nu + 1), gradient flow of one layer"),
        "sequences": _power(
            sequences, "x = nu a/(2 nu + a + 1)" + (", with noise x/(1 + x)" if noisy else "")
        ),
        "tasks": Prediction(Law.OPEN, None, "not derived at a structured covariance"),
    }  # fmt: skip


def _rotated_depth(nu: float, beta: float, tied: bool, variant: Variant) -> Prediction:
    """Return the depth law of rotated tasks."""
    if variant.covariate_updates:
        return Prediction(Law.EXPONENTIAL, None, "about 3^(-2 beta L): covariates are updated")
    if tied:
        return _power(beta, "beta, at the best step; beta/2 if the step falls as L^(-1/2)")
    if variant.known_spectrum:
        return _power((2 + nu) * beta, "(2 + nu) beta on an exactly known discrete spectrum")
    return _power(2 * beta, "2 beta on a spectrum smeared by finite contexts")


def _rotated(nu: float, beta: float, noisy: bool, variant: Variant) -> dict[str, Prediction]:
    """Return the other laws of rotated tasks."""
    a = nu * beta
    ceiling = nu * min(beta, 2.0)
    if noisy:
        a_noisy = ceiling if variant.ridge else a
        note = (
            "a = nu min(beta, 2): ridge saturates"
            if variant.ridge
            else "early stopping: no saturation"
        )
        context = _power(a_noisy / (1 + a_noisy), f"a/(1 + a), {note}")
    else:
        note = " (saturated)" if beta > 2 else " (saturation point, logarithm)" if beta == 2 else ""
        context = _power(ceiling, f"nu min(beta, 2) at unbounded depth{note}")
    note = " (saturated)" if beta > 1 else " (saturation point, logarithm)" if beta == 1 else ""
    time = 5 * beta / (5 * beta + 2) if variant.all_weights else beta / (2 + beta)
    return {
        "width": _power(nu * min(beta, 1.0), f"nu min(beta, 1), random read-in{note}"),
        "context": context,
        "time": _power(
            time,
            "5 beta/(5 beta + 2), five factors"
            if variant.all_weights
            else "beta/(2 + beta), reduced",
        ),
        "sequences": _power(1.0, "one scalar to learn"),
        "tasks": Prediction(Law.OPEN, None, "not derived for rotated tasks"),
    }
