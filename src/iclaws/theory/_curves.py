"""One curve per setting and resource: risks over sizes, and the risk that no size removes."""

from typing import NamedTuple

import numpy as np

from ..errors import InvalidValue
from ._covariate_updates import polynomial_degree
from ._numbers import whole
from .contexts import context_statistics
from .depth import depth_recursion, polynomial_bound
from .exponents import Variant
from .gradient_descent import gradient_descent_risk
from .linear_attention import linear_attention_risk
from .pretraining import finite_pretraining_errors
from .risks import bayes_risk, optimal_ridge_risk, ridge_risk
from .rotated_sequences import rotated_sequence_risk
from .sampled import sampled_gradient_descent_risk, sampled_polynomial_bound
from .sequences import sequence_risk
from .spectral_descent import krylov_bound, smeared_polynomial_risk, spectral_descent_risk
from .structure import TaskStructure
from .training_time import layer_flow_risk, rotated_flow_risk
from .width import best_read_in_risk, isotropic_read_in_risk, random_read_in_risk

# Deep enough that only early stopping is left of the depth.
_DEEP = 10**6
_DEEP_SAMPLED = 512  # or eight times the deepest size
_DRAWS = 256


class Options(NamedTuple):
    """What else a curve depends on."""

    depth: int | None
    num_context: int | None
    tied: bool
    variant: Variant


def iso_depth(sizes: np.ndarray, task: TaskStructure, o: Options) -> tuple[np.ndarray, float]:
    """Depth at isotropic covariance: exponential towards Bayes or early stopping."""
    k = _context(o, "isotropic depth")
    args = (k, task.num_dims, task.signal_var, task.noise_var)
    if o.variant.covariate_updates or not o.tied:
        degrees = whole("sizes", sizes)
        if o.variant.covariate_updates:
            degrees = np.array([polynomial_degree(min(int(depth), 12)) for depth in degrees])
        return np.asarray(polynomial_bound(degrees, *args).risk), float(
            bayes_risk(k, *_signal(task))
        )
    risks = np.asarray(gradient_descent_risk(sizes, *args).risk)
    if task.noise_var > 0:
        return risks, float(gradient_descent_risk(_DEEP, *args).risk)
    return risks, float(bayes_risk(k, *_signal(task)))


def iso_width(sizes: np.ndarray, task: TaskStructure, o: Options) -> tuple[np.ndarray, float]:
    """Width at isotropic covariance: linear."""
    return np.asarray(isotropic_read_in_risk(sizes, task.num_dims, task.signal_var)), 0.0


def iso_context(sizes: np.ndarray, task: TaskStructure, o: Options) -> tuple[np.ndarray, float]:
    """Context at isotropic covariance: Bayes, or a stack of given depth."""
    if o.depth is None:
        return np.asarray(bayes_risk(sizes, *_signal(task))), 0.0
    args = (sizes, task.num_dims, task.signal_var, task.noise_var)
    if o.tied:
        return np.asarray(gradient_descent_risk(o.depth, *args).risk), 0.0
    return np.asarray(polynomial_bound(o.depth, *args).risk), 0.0


def iso_sequences(sizes: np.ndarray, task: TaskStructure, o: Options) -> tuple[np.ndarray, float]:
    """Pretraining sequences of one layer, fresh tasks."""
    ratios = np.append(sizes / (task.num_dims * (task.num_dims + 1)), np.inf)
    return _pretraining(task, o, np.inf, ratios)


def iso_tasks(sizes: np.ndarray, task: TaskStructure, o: Options) -> tuple[np.ndarray, float]:
    """Pretraining tasks of one layer, unlimited sequences."""
    return _pretraining(task, o, np.append(sizes / task.num_dims, np.inf), np.inf)


def fixed_depth(sizes: np.ndarray, task: TaskStructure, o: Options) -> tuple[np.ndarray, float]:
    """Depth at fixed covariance and finite context: the recursion."""
    k, depths = _context(o, "depth at fixed covariance"), whole("sizes", sizes)
    risks = depth_recursion(int(depths.max()), k, *_signal(task))
    return risks[depths], float(bayes_risk(k, *_signal(task)))


def fixed_width(sizes: np.ndarray, task: TaskStructure, o: Options) -> tuple[np.ndarray, float]:
    """Width at fixed covariance: the best modes."""
    return np.asarray(best_read_in_risk(sizes, task.spectra.signal)), 0.0


def fixed_context(sizes: np.ndarray, task: TaskStructure, o: Options) -> tuple[np.ndarray, float]:
    """Context at fixed covariance: Bayes, one exact layer, or the recursion."""
    spectra = task.spectra
    if o.depth is None:
        return np.asarray(bayes_risk(sizes, *_signal(task))), 0.0
    if o.depth == 1:
        args = (sizes, spectra.covariance, spectra.prior, task.noise_var)
        return np.asarray(linear_attention_risk(*args)), 0.0
    risks = [depth_recursion(o.depth, k, *_signal(task))[-1] for k in sizes]
    return np.array(risks), 0.0


def fixed_time(sizes: np.ndarray, task: TaskStructure, o: Options) -> tuple[np.ndarray, float]:
    """Gradient-flow time of one layer."""
    spectra, k = task.spectra, np.inf if o.num_context is None else o.num_context
    args = (k, spectra.covariance, spectra.prior, task.noise_var)
    floor = 0.0 if np.isinf(k) else float(linear_attention_risk(*args))
    return np.asarray(layer_flow_risk(sizes, *args)), floor


def fixed_sequences(sizes: np.ndarray, task: TaskStructure, o: Options) -> tuple[np.ndarray, float]:
    """Pretraining sequences of one layer by least squares, best ridge where there is noise."""
    spectra, k = task.spectra, np.inf if o.num_context is None else o.num_context
    args = (k, spectra.covariance, spectra.prior, task.noise_var)
    quiet = np.isinf(k) and task.noise_var == 0
    floor = 0.0 if np.isinf(k) else float(linear_attention_risk(*args))
    return np.asarray(sequence_risk(sizes, *args, 0.0 if quiet else None)), floor


def rotated_depth(sizes: np.ndarray, task: TaskStructure, o: Options) -> tuple[np.ndarray, float]:
    """Depth on rotated tasks: exact at unbounded context, sampled at a finite one."""
    spectra, depths = task.spectra, whole("sizes", sizes)
    if o.variant.covariate_updates:
        degrees = np.array([polynomial_degree(min(int(depth), 4)) for depth in depths])
        found = krylov_bound(int(degrees.max()), spectra.covariance, spectra.signal)
        return found.risks[degrees], 0.0
    if o.num_context is not None:
        stats = context_statistics(
            o.num_context, spectra.covariance, spectra.prior, num_draws=_DRAWS
        )
        both = (stats, task.noise_var)
        if o.tied:
            deep = max(_DEEP_SAMPLED, 8 * int(depths.max()))
            found = sampled_gradient_descent_risk(np.append(depths, deep), *both).risk
            return np.asarray(found)[:-1], float(np.asarray(found)[-1])
        # Polynomials of draws go up to degree 128: twice the depths, for a limit.
        found = np.asarray(sampled_polynomial_bound(np.append(depths, 128), *both).risk)
        return found[:-1], float(found[-1])
    if o.tied:
        found = spectral_descent_risk(depths, spectra.covariance, spectra.signal).risk
        return np.asarray(found), 0.0
    if o.variant.known_spectrum:
        found = krylov_bound(int(depths.max()), spectra.covariance, spectra.signal)
        return found.risks[depths], 0.0
    return task.signal_var * np.asarray(smeared_polynomial_risk(depths, task.source)), 0.0


def rotated_width(sizes: np.ndarray, task: TaskStructure, o: Options) -> tuple[np.ndarray, float]:
    """Width on rotated tasks: a random subspace."""
    spectra = task.spectra
    return np.asarray(random_read_in_risk(sizes, spectra.covariance, spectra.signal)), 0.0


def rotated_context(sizes: np.ndarray, task: TaskStructure, o: Options) -> tuple[np.ndarray, float]:
    """Context on rotated tasks at unbounded depth, or sampled at a given one."""
    spectra = task.spectra
    if o.depth is not None:
        found = [_sampled_at(int(k), o, task) for k in np.append(whole("sizes", sizes), _DEEP)]
        return np.array(found[:-1]), found[-1]
    if task.noise_var == 0:
        args = (spectra.covariance, spectra.signal, 0.0, 0.0)
        return np.asarray(ridge_risk(sizes, *args)), 0.0
    if o.variant.ridge:
        args = (spectra.covariance, spectra.signal, task.noise_var)
        return np.asarray(optimal_ridge_risk(sizes, *args)), 0.0
    return np.asarray(bayes_risk(sizes, *_signal(task))), 0.0


def rotated_sequences(
    sizes: np.ndarray, task: TaskStructure, o: Options
) -> tuple[np.ndarray, float]:
    """Pretraining sequences of one layer on rotated tasks: one scalar."""
    spectra, k = task.spectra, np.inf if o.num_context is None else o.num_context
    ends = np.append(sizes, 1e300)
    found = rotated_sequence_risk(ends, k, spectra.covariance, spectra.prior, task.noise_var)
    return np.asarray(found)[:-1], float(np.asarray(found)[-1])


def rotated_time(sizes: np.ndarray, task: TaskStructure, o: Options) -> tuple[np.ndarray, float]:
    """Gradient-flow time of a deep stack."""
    spectra, factors = task.spectra, 5 if o.variant.all_weights else 1
    found = rotated_flow_risk(sizes, spectra.covariance, spectra.signal, num_factors=factors)
    return np.asarray(found), 0.0


def _sampled_at(k: int, o: Options, task: TaskStructure) -> float:
    """Return the sampled risk of a stack of the options' depth at one context length."""
    spectra = task.spectra
    stats = context_statistics(k, spectra.covariance, spectra.prior, num_draws=_DRAWS)
    found = sampled_gradient_descent_risk(o.depth or 1, stats, task.noise_var, o.tied)
    return float(found.risk)


def _pretraining(
    task: TaskStructure, o: Options, tasks: np.ndarray | float, data: np.ndarray | float
) -> tuple[np.ndarray, float]:
    """Return errors on fresh tasks; the last entry is the unlimited one."""
    k = _context(o, "finite pretraining")
    noise = task.noise_var / task.signal_var
    errors = finite_pretraining_errors(k / task.num_dims, tasks, data, noise).fresh_tasks
    risks = (np.asarray(errors) - noise) * task.signal_var
    return risks[:-1], float(risks[-1])


def _signal(task: TaskStructure) -> tuple[np.ndarray, float]:
    """Return signal spectrum and noise, as the risks take them."""
    return task.spectra.signal, task.noise_var


def _context(o: Options, what: str) -> int:
    """Return the context length, or say that the curve needs one."""
    if o.num_context is None:
        raise InvalidValue(f"The curve of {what} depends on the context: set `num_context`.")
    return o.num_context
