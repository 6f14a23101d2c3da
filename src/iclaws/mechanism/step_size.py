r"""The effective step size: from the weights of linear attention, and from any model's function.

Steps multiply the mean gradient, with the covariates scaled to a top eigenvalue of 1. The
weights of one layer give $\hat\eta = \mathrm{tr}\,\Gamma/D$; the function gives what each layer
adds to the filter, $r_\ell - r_{\ell-1} = \eta_\ell\lambda(1 - r_{\ell-1})$ for gradient descent,
and in total $r'(0) = \sum_\ell\eta_\ell$.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..models import AbstractModel
from ..models.linear_attention import LinearAttention, LinearAttentionModel
from ..models.transformer import Transformer
from ..train.point import Point
from ._base import AbstractProbe, Values, probes
from ._contexts import Contexts, as_arrays, draw_contexts, over_runs
from .capture import capture
from .filter import BATCH, measure_filter
from .initial_slope import initial_slope


class LayerSteps(NamedTuple):
    r"""Step sizes as the function shows them, layer by layer.

    Leading axes `*runs` are those of the models.

    Attributes:
        steps: $\eta_\ell$: what layer $\ell$ adds to the filter, by least squares, `(*runs, L)`.
        explained: Share of what it adds that this one number explains.
    """

    steps: Float[np.ndarray, "*runs L"]
    explained: Float[np.ndarray, "*runs L"]


def weight_steps(model: LinearAttentionModel) -> Float[np.ndarray, " L"]:
    """Return the step size of each layer from its weights, whatever their redundant scale."""
    return np.asarray(model.measures()["step_sizes"], np.float64)


def layer_steps(model: AbstractModel, contexts: Contexts, *, runs: int = 0) -> LayerSteps:
    """Return the step of every layer, from the read-out applied to the stream after it.

    Exact for gradient descent in linear attention. In a transformer it says how the answer
    that could be read out moves along the filter's directions.

    Args:
        model: A model that `capture` can look into, or several along leading axes.
        contexts: Where it is measured, at their first query.
        runs: How many leading axes there are.
    """
    covariance = contexts.xs.swapaxes(1, 2) @ contexts.xs / contexts.xs.shape[1]
    eigenvalues, vectors = np.linalg.eigh(covariance)
    found = _layer_jacobian(model, as_arrays(model, contexts), runs=runs)
    jacobian = np.asarray(found, np.float64)  # (*runs, C, L + 1, k)
    carried = np.einsum("...clk,ckd,cdj->...clj", jacobian, contexts.xs, vectors, optimize=True)
    queries = (contexts.queries[:, :1] @ vectors)[:, 0]  # (C, D)
    added = np.diff(carried, axis=-2)
    reach = eigenvalues[:, None] * (queries[:, None] - carried[..., :-1, :])
    products = (added * reach).sum(axis=(-3, -1))
    size, total = (reach**2).sum(axis=(-3, -1)), (added**2).sum(axis=(-3, -1))
    steps = products / np.where(size > 0, size, 1.0)
    return LayerSteps(steps, steps * products / np.where(total > 0, total, 1.0))


@partial(jax.jit, static_argnames="runs")
def _layer_jacobian(models: AbstractModel, contexts: Any, *, runs: int) -> Array:
    def one(model: AbstractModel, context: Any) -> Array:
        xs = jnp.concatenate([context.xs, context.queries[:1]])

        def after_layers(ys: Array) -> Array:
            labels = jnp.concatenate([ys, jnp.zeros((1,), ys.dtype)])
            return capture(model, xs, labels).predictions[:, -1]

        # Forward mode: as many passes as labels, whatever the depth.
        return jax.jacfwd(after_layers)(context.ys)

    def of_model(model: AbstractModel) -> Array:
        size = min(BATCH, contexts.xs.shape[0])
        return jax.lax.map(partial(one, model), contexts, batch_size=size)

    return over_runs(of_model, models, runs)


@probes.register("step-size")
class StepSize(AbstractProbe):
    r"""Step sizes from the function: per layer, and their sum $r'(0)$."""

    name = "step-size"
    version = 2  # 2: slopes that no eigenvalue shows are left out
    columns = (
        "total_step",
        "total_step_low",
        "total_step_high",
        "function_step_size",
        "layer_step_size",
        "layer_steps_explained",
    )

    def applies(self, point: Point) -> bool:
        """Return whether there are layers to look into, and covariates."""
        return isinstance(point.model, LinearAttention | Transformer) and (
            point.task.spectra() is not None
        )

    def measure(self, models: AbstractModel, points: Sequence[Point]) -> list[Values]:
        """Return total, mean and layer steps of each model."""
        task = points[0].task
        contexts = draw_contexts(task, 256)
        filters = measure_filter(models, contexts, runs=1)
        layers = layer_steps(models, contexts.keep(slice(64)), runs=1)
        spectra = task.spectra()
        top = 1.0 if spectra is None else float(spectra.covariance[0])
        depth = getattr(points[0].model, "depth", 1)
        found: list[Values] = []
        for run in range(len(points)):
            slope = initial_slope(filters.of(run))
            # A slope that no eigenvalue shows is left out: the table has None there.
            unit = top if slope.resolved else np.nan
            found.append(
                {
                    "total_step": slope.value * unit,
                    "total_step_low": slope.low * unit,
                    "total_step_high": slope.high * unit,
                    "function_step_size": slope.value * unit / depth,
                    "layer_step_size": float(layers.steps[run].mean()) * top,
                    "layer_steps_explained": float(layers.explained[run].mean()),
                }
            )
        return found
