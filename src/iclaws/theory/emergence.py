"""Can in-context learning emerge here: impossible, achievable, or not decided by what is known."""

import enum
from typing import NamedTuple

import numpy as np

from ._covariate_updates import polynomial_degree
from ._numbers import real
from .accuracy import depth_bound_share, descent_accuracy
from .configuration import Architecture, Configuration, Setting
from .depth import depth_recursion, polynomial_bound
from .gradient_descent import gradient_descent_risk
from .limits import Bound, Kind, rate_distortion_limit, task_limit, width_context_limit
from .linear_attention import linear_attention_risk, linear_attention_risk_with
from .pretraining import finite_pretraining_errors, finite_size_data_ratio
from .risks import bayes_risk
from .spectral_descent import krylov_bound
from .width import random_read_in_risk

# Beyond these degrees the bound is as good as that of the information in context.
_LONGEST = 512
_DEEPEST_KRYLOV = 32


class Emergence(enum.StrEnum):
    """Whether the score can reach the threshold on new tasks."""

    IMPOSSIBLE = "impossible"
    ACHIEVABLE = "achievable"
    UNDETERMINED = "undetermined"


class EmergenceFinding(NamedTuple):
    """The decision with what decided it.

    Attributes:
        verdict: Impossible, achievable or undetermined.
        reason: The binding bound, the construction that proves it, or what is missing.
        level: Excess risk that the threshold on the score asks for.
        bounds: Every lower bound that applies, highest first.
        construction: Risk of the best explicit construction; None if there is none.
    """

    verdict: Emergence
    reason: str
    level: float
    bounds: tuple[Bound, ...]
    construction: float | None


def emergence(configuration: Configuration, threshold: float = 0.5) -> EmergenceFinding:
    r"""Decide whether the score $q=\frac{e_0-e}{e_0-e_{Bayes}}$ can reach `threshold` on new tasks.

    Impossible if an applicable lower bound lies above the level; achievable if layers of
    gradient descent reach it and one-layer least squares can learn as much from the
    pretraining data; undetermined otherwise. Constructions carry their finite-size margin.

    Args:
        configuration: Task, architecture, pretraining.
        threshold: Score in (0, 1).

    Raises:
        InvalidValue: For a threshold outside [0, 1].
    """
    asked = float(real("threshold", threshold, low=0, high=1))
    zero = configuration.zero_shot_risk
    found = bounds(configuration)
    bayes = next(bound.risk for bound in found if bound.name == "information in context")
    level = zero - asked * (zero - bayes)
    made = construction(configuration, enough=level)
    binding = found[0]
    if binding.risk > level * (1 + 1e-12):
        return EmergenceFinding(
            Emergence.IMPOSSIBLE,
            f"{binding.name}: excess at least {binding.risk:.4g} for {binding.holds_for.value}, "
            f"asked for {level:.4g}",
            level, found, made[0] if made else None,
        )  # fmt: skip
    if made and made[0] <= level:
        return EmergenceFinding(Emergence.ACHIEVABLE, made[1], level, found, made[0])
    missing = (
        f"the best construction reaches {made[0]:.4g}, asked for {level:.4g}"
        if made
        else "no construction is known"
    )
    return EmergenceFinding(
        Emergence.UNDETERMINED, f"no bound forbids it, and {missing}", level, found,
        made[0] if made else None,
    )  # fmt: skip


def bounds(configuration: Configuration) -> tuple[Bound, ...]:
    """Return every lower bound on the excess risk that applies, highest first."""
    c, s = configuration, configuration.task_spectra.signal
    found = [
        Bound("information in context", float(bayes_risk(c.num_context, s, c.noise_var)), Kind.ANY)
    ]
    if c.setting is Setting.ISOTROPIC and c.noise_var > 0:
        risk = rate_distortion_limit(c.num_context, c.num_dims, c.signal_var, c.noise_var)
        found.append(Bound("rate-distortion", float(risk), Kind.ANY))
    if c.rank < c.num_dims:
        found.append(Bound("width and context", _width_bound(c), Kind.READ_IN))
    if c.architecture is not Architecture.GENERAL:
        found.append(_depth_bound(c))
    if c.num_tasks is not None and c.depth == 1 and c.architecture is Architecture.FROZEN:
        if c.setting is Setting.ISOTROPIC:
            risk = task_limit(c.num_tasks, c.num_dims, c.signal_var)
            found.append(Bound("pretraining tasks", float(risk), Kind.LAYER_ERM))
    return tuple(sorted(found, key=lambda bound: -bound.risk))


def construction(configuration: Configuration, *, enough: float = 0.0) -> tuple[float, str] | None:
    """Return the excess risk of an explicit construction and its description, or None.

    Args:
        configuration: Task, architecture, pretraining.
        enough: A risk at which no better construction is looked for.

    Raises:
        InvalidValue: Never for a valid configuration.
    """
    c = configuration
    if c.rank < c.num_dims or c.depth == 0:
        return None
    pretrained = c.num_tasks is not None or c.num_sequences is not None
    if pretrained:
        return _learnt_layer(c) if c.setting is Setting.ISOTROPIC else None
    best = (_layer(c), "one layer of linear attention at its population optimum")
    if c.setting is Setting.ISOTROPIC:
        # A deeper stack can idle: any depth up to the configuration's counts.
        for depth in np.unique(np.geomspace(1, c.depth, 5).round().astype(int))[1:]:
            if best[0] <= enough:
                break
            best = min(best, _descent(c, int(depth)))
    return best


def _descent(c: Configuration, depth: int) -> tuple[float, str]:
    """Return the risk of tied layers of gradient descent, with its finite-size margin."""
    sizes = (c.num_context, c.num_dims, c.signal_var, c.noise_var)
    risk = float(gradient_descent_risk(depth, *sizes).risk)
    risk *= 1 + float(descent_accuracy(depth, c.num_dims))
    return risk, f"{depth} tied layers of gradient descent"


def _width_bound(c: Configuration) -> float:
    """Return the bound of a read-in of limited rank."""
    s = c.task_spectra.signal
    if c.setting is not Setting.ROTATED:
        return float(width_context_limit(c.num_context, c.rank, s, c.noise_var))
    return float(random_read_in_risk(c.rank, c.task_spectra.covariance, s))


def _depth_bound(c: Configuration) -> Bound:
    """Return the bound of a label-linear stack of this depth, safe at finite size.

    One layer is exact. Deeper, the bounds of the proportional limit carry the margin that
    coefficients following each context's spectrum may gain; the Krylov value of the true
    spectrum (rotated tasks) needs none.
    """
    updating = c.architecture is Architecture.UPDATING
    degree = polynomial_degree(min(c.depth, 7)) if updating else c.depth
    kind = Kind.COVARIATE_CHANNEL if updating else Kind.LABEL_LINEAR
    if degree == 0:
        return Bound("depth", c.zero_shot_risk, kind)
    if degree == 1:
        return Bound("depth", _layer(c), kind)
    share = float(depth_bound_share(degree, c.num_context, c.num_dims))
    if c.setting is Setting.ISOTROPIC:
        sizes = (c.num_context, c.num_dims, c.signal_var, c.noise_var)
        return Bound("depth", share * float(polynomial_bound(degree, *sizes).risk), kind)
    spectra = c.task_spectra
    # A truncated recursion is still a bound: not below the fixed point, which binds elsewhere.
    steps = depth_recursion(min(degree, _LONGEST), c.num_context, spectra.signal, c.noise_var)
    risk = float(steps[-1]) if degree <= _LONGEST else 0.0
    if c.setting is Setting.FIXED:
        return Bound("depth", risk, kind)
    active = spectra.signal.sum() ** 2 / (spectra.signal**2).sum()
    risk *= float(depth_bound_share(degree, c.num_context, active))
    if degree <= _DEEPEST_KRYLOV:
        found = krylov_bound(degree, spectra.covariance, spectra.signal).risks[-1]
        risk = max(risk, float(found))
    return Bound("depth", risk, kind)


def _layer(c: Configuration) -> float:
    """Return the exact optimum of one layer: one gain per mode, or one for all if rotated."""
    spectra = c.task_spectra
    args = (c.num_context, spectra.covariance, spectra.prior, c.noise_var)
    if c.setting is not Setting.ROTATED:
        return float(linear_attention_risk(*args))
    # The risk is a parabola in the one scalar: S - a g + b g^2 from two values.
    zero, one, two = (
        c.zero_shot_risk,
        *(float(linear_attention_risk_with(gain, *args)) for gain in (1.0, 2.0)),
    )
    slope, curve = 2 * one - two / 2 - 1.5 * zero, two / 2 - one + zero / 2
    gain = max(0.0, -slope / (2 * curve)) if curve > 0 else 0.0
    return float(linear_attention_risk_with(gain, *args))


def _learnt_layer(c: Configuration) -> tuple[float, str]:
    """Return what one-layer least squares learns from finite pretraining.

    The exact optimum of the layer at this size, plus what the proportional limit loses to
    finite pretraining.
    """
    dims = c.num_dims
    tasks = np.inf if c.num_tasks is None else c.num_tasks / dims
    data = np.inf
    if c.num_sequences is not None:
        data = finite_size_data_ratio(c.num_sequences, dims)
    noise = c.noise_var / c.signal_var
    ratio = max(c.num_context, 1e-12) / dims
    ridges = np.append(0.0, np.geomspace(1e-3, 1e2, 11))
    errors = finite_pretraining_errors(ratio, tasks, data, noise, ridges).fresh_tasks
    endless = float(finite_pretraining_errors(ratio, np.inf, np.inf, noise).fresh_tasks)
    lost = max(0.0, float(np.asarray(errors).min()) - endless) * c.signal_var
    return _layer(
        c
    ) + lost, "one layer of linear attention, ridge regression on the pretraining data"
