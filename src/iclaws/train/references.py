"""Which baselines a point is compared with: what its task names, and gradient descent."""

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..baselines import baselines
from ..baselines.dmmse import DMMSE
from ..baselines.gd_plus_plus import GDPlusPlus
from ..baselines.gradient_descent import GradientDescent
from ..models import AbstractModel
from ..tasks import AbstractTask
from ..tasks.linear_regression import LinearRegression
from .draws import run_keys, training_task
from .expectations import expect
from .point import Point

# Steps of size zero change nothing: one length serves every depth with one compiled program.
PADDED_DEPTH = 32
# Tasks of a pool that dMMSE is still compared on: its memory is contexts times tasks.
LARGEST_POOL = 2**15


def references(point: Point) -> dict[str, AbstractModel]:
    """Return the baselines of a point, by name.

    The predictor that has learnt nothing, what the task names (`AbstractTask.references`), for
    noisy linear regression on a finite pool of functions its Bayes estimator (dMMSE), and for
    linear attention gradient descent (or GD++) of its own depth at the steps that theory
    finds best.
    """
    found = task_references(point.task)
    pool = pool_weights(point)
    if pool is not None and isinstance(point.task, LinearRegression):
        found["dmmse"] = DMMSE(pool, jnp.asarray(point.task.noise_var, jnp.float32))
    steps, shrinkage = expect(point).steps, expect(point).shrinkage
    if steps is not None and shrinkage is None:
        found["gradient-descent"] = GradientDescent(_padded(steps))
    elif steps is not None and shrinkage is not None:
        found["gd-plus-plus"] = GDPlusPlus(_padded(steps), _padded(shrinkage))
    return found


def pool_weights(point: Point) -> Float[Array, "M D"] | None:
    """Return the weights of a run's pool of linear functions, or None where dMMSE has no use.

    That is without a pool or noise, for other tasks, and for pools that are redrawn or beyond
    `LARGEST_POOL`.
    """
    size, task = point.recipe.num_tasks, point.task
    if size is None or point.recipe.num_redraws or int(size) > LARGEST_POOL:
        return None
    if not isinstance(task, LinearRegression):
        return None
    if task.setting == "rrs" or float(task.noise_var) == 0.0:
        return None
    pool, task = run_keys(point.seed).pool, training_task(task, int(point.seed))
    keys = jax.vmap(jax.random.fold_in, in_axes=(None, 0))(pool, jnp.arange(int(size)))
    return jax.vmap(task.sample_latent)(keys).weights


def task_references(task: AbstractTask) -> dict[str, AbstractModel]:
    """Return the baselines that a task names, and the one that has learnt nothing.

    Raises:
        UnknownName: a name is not that of a baseline.
    """
    named = {name: _build(name, fields) for name, fields in task.references().items()}
    if task.num_classes is not None:
        return {"uniform": _build("uniform", {"num_classes": task.num_classes})} | named
    return {"zero": _build("zero", {})} | named


def bayes(point: Point) -> AbstractModel | None:
    """Return what is Bayes-optimal at every position of a point's task, if the task names it."""
    name = point.task.bayes if point.task.bayes_everywhere else None
    return None if name is None else task_references(point.task)[name]


def _build(name: str, fields: Mapping[str, Any]) -> AbstractModel:
    return baselines.get(name)(**{key: _as_field(value) for key, value in fields.items()})


def _as_field(value: Any) -> Any:
    """Return arrays, lists and floats as float32 arrays; all else fixes the structure."""
    if isinstance(value, float | list | tuple | np.ndarray | np.floating):
        return jnp.asarray(value, jnp.float32)
    return value


def _padded(values: np.ndarray) -> jnp.ndarray:
    length = PADDED_DEPTH * -(-len(values) // PADDED_DEPTH)
    return jnp.asarray(np.pad(values, (0, length - len(values))), jnp.float32)
