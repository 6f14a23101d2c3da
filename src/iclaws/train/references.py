"""Which baselines a point is compared with: what its task names, and gradient descent."""

from collections.abc import Mapping
from typing import Any

import jax.numpy as jnp
import numpy as np

from ..baselines import baselines
from ..baselines.gd_plus_plus import GDPlusPlus
from ..baselines.gradient_descent import GradientDescent
from ..models import AbstractModel
from ..tasks import AbstractTask
from .expectations import expect
from .point import Point

# Steps of size zero change nothing: one length serves every depth with one compiled program.
PADDED_DEPTH = 32


def references(point: Point) -> dict[str, AbstractModel]:
    """Return the baselines of a point, by name.

    The predictor that has learnt nothing, what the task names (`AbstractTask.references`), and
    for linear attention gradient descent (or GD++) of its own depth at the steps that theory
    finds best.
    """
    found = task_references(point.task)
    steps, shrinkage = expect(point).steps, expect(point).shrinkage
    if steps is not None and shrinkage is None:
        found["gradient-descent"] = GradientDescent(_padded(steps))
    elif steps is not None and shrinkage is not None:
        found["gd-plus-plus"] = GDPlusPlus(_padded(steps), _padded(shrinkage))
    return found


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
    """Return the Bayes-optimal baseline of a point's task, if the task names one."""
    name = point.task.bayes
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
