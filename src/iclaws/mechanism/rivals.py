"""The algorithms that a model may run: every baseline with a meaning on a task, at its best."""

import functools
from collections.abc import Mapping, Sequence

import jax.numpy as jnp
import numpy as np

from .. import theory
from ..baselines import AbstractBaseline
from ..baselines.averaging import Averaging
from ..baselines.gd_plus_plus import GDPlusPlus
from ..baselines.gradient_descent import GradientDescent
from ..baselines.knn import KNearestNeighbours
from ..baselines.least_squares import LeastSquares
from ..baselines.newton import Newton
from ..models import AbstractModel
from ..tasks import AbstractTask, Spectra
from ..train.references import task_references

DEPTHS = (1, 2, 3, 4, 6, 8)
GD_PLUS_PLUS_DEPTHS = (2, 3)  # one layer is one gradient step
SAMPLED_CONTEXTS = 2048
PADDED_DEPTH = 8


def rivals(
    task: AbstractTask, depths: Sequence[int] = DEPTHS, *, untied: int | None = None
) -> dict[str, AbstractModel]:
    """Return the algorithms that a model of a task is compared with, by name.

    Each has the parameters that are best on the task, so none is fitted to the model: what the
    task names (ridge with the true variances and others), nearest neighbours, Newton's
    method, and where spectra are known gradient descent of several depths (`gradient-descent-4`;
    `untied-...` with a step for each layer) and GD++.

    Args:
        task: One task, whose answers are real numbers.
        depths: Layers of gradient descent.
        untied: Most layers with steps of their own; None takes all depths. Free steps of many
            layers come close to anything: four are two layers of GD++.

    """
    found = task_references(task) | {
        "averaging": Averaging(),
        "least-squares": LeastSquares(),
        "knn": KNearestNeighbours(),
        "newton-2": Newton(2),
        "newton-4": Newton(4),
    }
    spectra = task.spectra()
    if spectra is None:
        return found
    best = best_steps(spectra_key(spectra), int(task.num_context), tuple(sorted(set(depths))))
    for name, steps in best.items():
        if not (name.startswith("untied-gradient") and untied and len(steps[0]) > untied):
            found[name] = _baseline(steps)
    return found


@functools.lru_cache(maxsize=64)
def best_steps(
    key: tuple[tuple[float, ...], tuple[float, ...], float],
    num_context: int,
    depths: tuple[int, ...],
) -> Mapping[str, tuple[np.ndarray, ...]]:
    """Return the best steps (and shrinkages) of GD and GD++ on drawn contexts, by name.

    Args:
        key: Eigenvalues of covariance and prior, and the noise variance.
        num_context: Examples of a context.
        depths: Layers of gradient descent.
    """
    covariance, prior, noise_var = np.asarray(key[0]), np.asarray(key[1]), key[2]
    # Theory counts steps for a top eigenvalue of 1.
    top = float(covariance[0])
    stats = theory.context_statistics(
        num_context, covariance / top, prior * top, num_draws=SAMPLED_CONTEXTS
    )
    found: dict[str, tuple[np.ndarray, ...]] = {}
    for depth in depths:
        tied = theory.sampled_gradient_descent_risk(depth, stats, noise_var, tied=True).steps
        found[f"gradient-descent-{depth}"] = (np.full(depth, float(np.mean(tied))) / top,)
        if depth > 1:
            free = theory.sampled_gradient_descent_risk(depth, stats, noise_var, tied=False).steps
            found[f"untied-gradient-descent-{depth}"] = (np.asarray(free) / top,)
    for depth in GD_PLUS_PLUS_DEPTHS:
        for prefix, tied in (("", True), ("untied-", False)):
            best = theory.sampled_gd_plus_plus_risk(depth, stats, noise_var, tied=tied)
            steps, updates = (
                np.broadcast_to(part, (depth,)) / top for part in (best.steps, best.updates)
            )
            found[f"{prefix}gd-plus-plus-{depth}"] = (steps, updates)
    return found


def spectra_key(spectra: Spectra) -> tuple:
    """Return what decides the best steps, as something that can be looked up."""
    return tuple(spectra.covariance), tuple(spectra.prior), spectra.noise_var


def _baseline(steps: tuple[np.ndarray, ...]) -> AbstractBaseline:
    # Steps of size zero change nothing: one length serves all depths with one program.
    length = PADDED_DEPTH * -(-len(steps[0]) // PADDED_DEPTH)
    arrays = [jnp.asarray(np.pad(part, (0, length - len(part))), jnp.float32) for part in steps]
    return GradientDescent(*arrays) if len(arrays) == 1 else GDPlusPlus(*arrays)
