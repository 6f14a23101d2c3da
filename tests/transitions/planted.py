"""Curves with a transition planted in them, or with none, from exact theory."""

import numpy as np

from iclaws import theory
from iclaws.transitions import Curve

SEEDS = 5
NOISE = 0.02
DEPTHS = np.unique(np.geomspace(1, 1024, 16).round())


def noisy(scale, values, rng, *, seeds=SEEDS, noise=NOISE):
    """Return a curve of several seeds: each off by a factor of its own, and each value too."""
    own = np.exp(noise * rng.normal(size=(seeds, 1)))
    each = np.exp(noise * rng.normal(size=(seeds, len(scale))))
    return Curve(
        np.tile(scale, seeds),
        (np.asarray(values) * own * each).ravel(),
        np.repeat(np.arange(seeds), len(scale)),
    )


def systems(exact, rng, **how):
    """Return noisy curves of exact ones, by size."""
    return {size: noisy(scale, values, rng, **how) for size, (scale, values) in exact.items()}


def task_diversity(context_ratios, distances, noise_var=0.1):
    """Return the risk on new tasks around as many tasks as dimensions, by context ratio.

    Args:
        context_ratios: Context per dimension: the system size.
        distances: Of the task ratio from 1, in units of the rounding.
        noise_var: Label noise.
    """
    found = {}
    for alpha in context_ratios:
        kappa = 1 + distances * np.sqrt((1 + noise_var) / alpha)
        kappa = kappa[kappa > 0]
        errors = theory.finite_pretraining_errors(alpha, kappa, np.inf, noise_var)
        found[alpha] = (kappa, np.asarray(errors.fresh_tasks) - noise_var)
    return found


def determined_task(signal_to_noise, distances, num_dims=1e6):
    """Return the Bayes risk around as many examples as dimensions, by signal-to-noise ratio."""
    found = {}
    for ratio in signal_to_noise:
        k = 1 + distances / np.sqrt(ratio)
        k = k[k > 0]
        found[ratio] = (k, theory.isotropic_bayes_risk(k * num_dims, num_dims, 1.0, 1 / ratio))
    return found


def plateau(initial_weights, num_factors=5):
    """Return the risk along training time, by inverse initial weight: one mode, exact."""
    found = {}
    for weight in initial_weights:
        # gamma = w^p, dw/dt = w^(p-1)(1 - w^p): time as an integral over w.
        w = 1 - np.geomspace(1 - weight, 1e-4, 20_000)
        time = np.concatenate([[0.0], np.cumsum(_trapezoid(w, num_factors))])
        centre = np.interp(0.5, (1 - (1 - w**num_factors) ** 2), time)
        at = centre * np.exp(np.linspace(-4, 4, 61) * weight ** (num_factors - 2))
        reached = np.interp(at, time, w)
        found[1 / weight] = (at, (1 - reached**num_factors) ** 2)
    return found


def _trapezoid(w, num_factors):
    rate = w ** (num_factors - 1) * (1 - w**num_factors)
    return 0.5 * np.diff(w) * (1 / rate[1:] + 1 / rate[:-1])


def depth(num_dims):
    """Return the risk of gradient descent in depth on a power-law spectrum: no transition."""
    found = {}
    for dims in num_dims:
        index = np.arange(1.0, dims + 1)
        spectrum, signal = index**-1.5, index**-1.75
        risk = theory.spectral_descent_risk(DEPTHS, spectrum, signal / signal.sum()).risk
        found[dims] = (DEPTHS, np.asarray(risk))
    return found
