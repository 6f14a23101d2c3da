"""What theory says of a point before it is trained: prediction, steps and lower bound."""

import functools
import json
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from .. import theory
from .._identity import describe
from ..models.linear_attention import LinearAttention
from ..tasks import Spectra
from ..tasks.linear_regression import LinearRegression
from ..theory.known_spectrum import known_spectrum_bound
from .point import Point, revive

# Contexts drawn per formula: as many as keep its arrays near this many numbers.
SAMPLED_NUMBERS = 1 << 21
FEWEST_CONTEXTS, MOST_CONTEXTS = 256, 8192
UNIFORM_KURTOSIS = 1.8
DEEPEST_GD_PLUS_PLUS = 5  # the optimum of deeper ones is not computed; their bound is


class Expectation(NamedTuple):
    """Theory of one point, all for functions never seen, at the query.

    Attributes:
        excess_risk: Of the trained optimum; None where there is no formula.
        excess_risk_se: Its standard error (formulas are averages over drawn contexts).
        steps: Optimal step size of each layer; None likewise.
        shrinkage: Optimal covariate shrinkage of each layer (GD++); None likewise.
        prediction: Which formula, in words.
        lower_bound: What no model of this kind can beat; None where nothing is known.
        lower_bound_se: Its standard error.
        bound: Which bound, in words.
    """

    excess_risk: float | None = None
    excess_risk_se: float | None = None
    steps: Float[np.ndarray, " L"] | None = None
    shrinkage: Float[np.ndarray, " L"] | None = None
    prediction: str | None = None
    lower_bound: float | None = None
    lower_bound_se: float | None = None
    bound: str | None = None


def expect(point: Point) -> Expectation:
    """Return what theory says of a point; seeds do not matter to it."""
    spectra = point.task.spectra()
    if spectra is None:
        return _other_covariates(point)
    # Only what decides the formula enters the cache: not the seed, not the optimiser.
    unlimited = point.recipe.num_tasks is None and point.recipe.num_sequences is None
    at_optimum = unlimited and point.recipe.loss_on == "last"
    text = json.dumps([describe(point.task), describe(point.model)], sort_keys=True)
    return _expect(text, at_optimum)


def _other_covariates(point: Point) -> Expectation:
    """Return what is known of one layer on uniform covariates: the best single step."""
    task, model, recipe = point.task, point.model, point.recipe
    if not (isinstance(task, LinearRegression) and isinstance(model, LinearAttention)):
        return Expectation()
    plain = model.depth == 1 and model.mask_query and model.read_in_rank is None
    unlimited = recipe.num_tasks is None and recipe.num_sequences is None
    known = plain and unlimited and recipe.loss_on == "last" and int(task.num_context) > 0
    if not known or task.inputs != "uniform" or task.setting != "iso":
        return Expectation()
    best = theory.one_step_risk(
        int(task.num_context),
        task.num_dims,
        float(task.signal_var),
        float(task.noise_var),
        kurtosis=UNIFORM_KURTOSIS,
        input_var=task.input_var,
    )
    return Expectation(
        excess_risk=float(best.risk),
        excess_risk_se=0.0,
        steps=np.full(1, best.step_size),
        prediction="the best single gradient step, exactly",
    )


@functools.lru_cache(maxsize=1024)
def _expect(description: str, at_optimum: bool) -> Expectation:
    task, model = (revive(part) for part in json.loads(description))
    spectra, num_context = task.spectra(), int(task.num_context)
    found = Expectation()
    # A scalar step is the optimum only where no preconditioner can be learnt.
    flat = np.ptp(spectra.covariance) == 0.0 and np.ptp(spectra.prior) == 0.0
    scalar = spectra.rotated or flat
    if isinstance(model, LinearAttention) and scalar and model.mask_query and num_context > 0:
        found = _linear_attention(spectra, num_context, model)
    if found.lower_bound is None:
        found = found._replace(**_bayes(spectra, num_context))
    if not at_optimum:
        found = found._replace(excess_risk=None, excess_risk_se=None, prediction=None)
    return found


def _linear_attention(spectra: Spectra, num_context: int, model: LinearAttention) -> Expectation:
    rank = None if model.read_in_rank is None else int(model.read_in_rank)
    stats = _statistics(_key(spectra), num_context, rank)
    noise_var, depth = spectra.noise_var, model.depth
    # The statistics are of contexts scaled to a top eigenvalue of 1.
    top = float(spectra.covariance[0])
    degree = depth if model.covariates == "frozen" else (3**depth - 1) // 2
    found = _degree_bound(degree, stats, noise_var)
    if model.covariates == "frozen":
        best = theory.sampled_gradient_descent_risk(depth, stats, noise_var, tied=model.tied)
        steps = np.broadcast_to(np.asarray(best.steps), (depth,)) / top
        name = "tied" if model.tied else "untied"
        return found._replace(
            excess_risk=float(best.risk),
            excess_risk_se=float(best.standard_error),
            steps=steps,
            prediction=f"gradient descent, {depth} {name} steps, at its optimum",
        )
    if depth > DEEPEST_GD_PLUS_PLUS:
        return found
    best = theory.sampled_gd_plus_plus_risk(depth, stats, noise_var, tied=model.tied)
    return found._replace(
        excess_risk=float(best.risk),
        excess_risk_se=float(best.standard_error),
        steps=np.broadcast_to(best.steps, (depth,)) / top,
        shrinkage=np.broadcast_to(best.updates, (depth,)) / top,
        prediction=f"GD++, {depth} layers, at its optimum",
    )


def _degree_bound(degree: int, stats: theory.ContextStatistics, noise_var: float) -> Expectation:
    # One layer has one matrix for all contexts; from two layers on it may follow the spectrum.
    if degree == 1:
        bound = theory.sampled_polynomial_bound(1, stats, noise_var)
    else:
        bound = known_spectrum_bound(degree, stats, noise_var)
    return Expectation(
        lower_bound=float(bound.risk),
        lower_bound_se=float(bound.standard_error),
        bound=f"best label-linear predictor of degree {degree}",
    )


def _bayes(spectra: Spectra, num_context: int) -> dict[str, float | str]:
    signal = spectra.covariance * spectra.prior
    draws = _num_contexts(len(signal))
    best = theory.sampled_bayes_risk(num_context, signal, spectra.noise_var, num_draws=draws)
    name = "Bayes, knowing the basis" if spectra.rotated else "Bayes"
    return {
        "lower_bound": float(best.risk),
        "lower_bound_se": float(best.standard_error),
        "bound": name,
    }


def _key(spectra: Spectra) -> tuple:
    top = spectra.covariance[0]
    covariance, prior = spectra.covariance / top, spectra.prior * top
    return tuple(covariance), tuple(prior), spectra.rotated


@functools.lru_cache(maxsize=8)
def _statistics(key: tuple, num_context: int, rank: int | None) -> theory.ContextStatistics:
    covariance, prior, rotated = key
    read_in = None
    if rank is not None and rank < len(covariance):
        # Isotropic or rotated: every subspace of this rank is as good as any other.
        read_in = np.eye(len(covariance))[:rank]
    return theory.context_statistics(
        num_context,
        np.asarray(covariance),
        np.asarray(prior),
        read_in=read_in,
        rotated=rotated and read_in is not None,
        num_draws=_num_contexts(len(covariance)),
    )


def _num_contexts(num_dims: int) -> int:
    return int(np.clip(SAMPLED_NUMBERS // num_dims**2, FEWEST_CONTEXTS, MOST_CONTEXTS))
