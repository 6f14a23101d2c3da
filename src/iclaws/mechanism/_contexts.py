"""The contexts that probes are measured on, the same for every model and baseline of a task."""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from .._types import Moments, Scalar
from ..errors import InvalidValue
from ..models import AbstractModel, AbstractMomentModel
from ..tasks import AbstractTask
from ..train.draws import evaluation_task

# Apart from the contexts of training and of evaluation: nothing is measured on what chose it.
PROBE_SEED = 0x9B0BE


class Contexts(NamedTuple):
    """Contexts with queries, each query to be answered on its own.

    Attributes:
        xs: Covariates, `(C, k, D)`.
        ys: Labels, `(C, k)`.
        queries: Covariates to predict at, `(C, Q, D)`.
        targets: Their noise-free labels, `(C, Q)`.
    """

    xs: Float[np.ndarray, "C k D"]
    ys: Float[np.ndarray, "C k"]
    queries: Float[np.ndarray, "C Q D"]
    targets: Float[np.ndarray, "C Q"]

    def keep(self, which: Any) -> "Contexts":
        """Return some of the contexts: a slice, indices or a mask."""
        return Contexts(*(part[which] for part in self))


def draw_contexts(
    task: AbstractTask, num_contexts: int, *, num_queries: int = 1, seed: int = 0
) -> Contexts:
    """Draw contexts of functions never seen, as float64 NumPy arrays.

    Args:
        task: One task, as in a point; it is prepared here.
        num_contexts: How many; the first ones of a larger number are the same.
        num_queries: Queries of each context.
        seed: Another seed draws others.

    Raises:
        InvalidValue: the contexts would be empty, or there would be none.
    """
    num_context = int(task.num_context)
    for name, value in (("num_contexts", num_contexts), ("num_queries", num_queries)):
        if value < 1:
            raise InvalidValue(f"`{name}` must be at least 1. Got {value}.")
    if num_context < 1:
        raise InvalidValue("A probe needs a context: the task's `num_context` is 0.")
    key = jax.random.fold_in(jax.random.key(PROBE_SEED), seed)
    xs, ys, targets = jax.tree.map(
        lambda leaf: np.asarray(leaf, np.float64),
        _draw(evaluation_task(task), key, num_contexts, num_points=num_context + num_queries),
    )
    return Contexts(
        xs[:, :num_context], ys[:, :num_context], xs[:, num_context:], targets[:, num_context:]
    )


def answer(model: AbstractModel, examples: tuple[Array, Array], query: Array) -> Scalar:
    """Return the prediction at `query` after the examples: covariates `(k, D)`, labels `(k,)`."""
    xs, ys = examples
    if isinstance(model, AbstractMomentModel):
        scale = 1.0 / xs.shape[0]
        count = jnp.asarray(xs.shape[0], xs.dtype)
        return model.predict(Moments(scale * xs.T @ xs, scale * xs.T @ ys, query, count))
    labels = jnp.concatenate([ys, jnp.zeros((1,), ys.dtype)])
    return model(jnp.concatenate([xs, query[None]]), labels)[-1]


def predict(
    model: AbstractModel, contexts: Contexts, *, runs: int = 0
) -> Float[np.ndarray, "*runs C Q"]:
    """Return the predictions at all queries, float64.

    Args:
        model: One model, or several along leading axes of its leaves.
        contexts: Where it is asked.
        runs: How many leading axes there are: 1 for an ensemble, or for one run's checkpoints.
    """
    return np.asarray(_predict(model, as_arrays(model, contexts), runs=runs), np.float64)


def as_arrays(model: AbstractModel, contexts: Contexts) -> Any:
    """Return the contexts as arrays of the precision that the model computes in."""
    floats = [leaf.dtype for leaf in jax.tree.leaves(model) if hasattr(leaf, "dtype")]
    kind = floats[0] if floats else jnp.zeros(()).dtype
    return jax.tree.map(lambda part: jnp.asarray(part, kind), contexts)


def over_runs(function: Any, models: AbstractModel, runs: int) -> Any:
    """Return `function` of each model along `runs` leading axes, in one program.

    One model at a time on a CPU, whose matrix products are fastest with weights that are
    shared; all of them at once elsewhere.
    """
    for _ in range(runs):
        function = _mapped(function)
    return function(models)


def _mapped(function: Any) -> Any:
    if jax.default_backend() == "cpu":
        return partial(jax.lax.map, function)
    return jax.vmap(function)


@partial(jax.jit, static_argnames="runs")
def _predict(models: AbstractModel, contexts: Any, *, runs: int) -> Array:
    def one(model: AbstractModel) -> Array:
        per_query = jax.vmap(answer, in_axes=(None, None, 0))
        per_context = jax.vmap(per_query, in_axes=(None, 0, 0))
        return per_context(model, (contexts.xs, contexts.ys), contexts.queries)

    return over_runs(one, models, runs)


@partial(jax.jit, static_argnames=("num_contexts", "num_points"))
def _draw(task: AbstractTask, key: Array, num_contexts: int, *, num_points: int) -> Any:
    def one(index: Array) -> Any:
        latent_key, sequence_key = jax.random.split(jax.random.fold_in(key, index))
        return task.sample_sequence(sequence_key, task.sample_latent(latent_key), num_points)

    return jax.vmap(one)(jnp.arange(num_contexts))
