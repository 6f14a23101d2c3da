"""A task whose functions come from several families."""

import dataclasses
from collections.abc import Sequence as Ordered
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from .._types import Count, Key, Real, Sequence, as_real
from ..errors import InvalidValue
from ._base import AbstractTask, tasks
from .decision_tree import DecisionTree
from .linear_regression import LinearRegression


class MixtureLatent(NamedTuple):
    """One function of one of the families.

    Attributes:
        part: Index of the family, `()`.
        key: That its function is drawn with.
    """

    part: Array
    key: Key


@tasks.register("mixture")
class Mixture(AbstractTask):
    r"""Each function is drawn from one of several families, chosen with the given weights.

    The model is not told which. All parts take the mixture's `num_dims` and `num_context`, which
    replace their own.

    Scale: $E y^2$ is the average over the parts; parts of equal $E y^2$ weigh alike in the loss.
    Source: the mixtures of function classes of arXiv 2306.04891.
    Bayes-optimal: the parts' posterior means, averaged by the parts' posterior weights.

    Attributes:
        num_dims: Dimension $D$.
        num_context: Labelled examples $k$ before the query.
        parts: The families. By default linear regression of unit variance and decision trees.
        weights: Their probabilities, up to a common factor; by default all the same.

    Raises:
        InvalidValue: there is no part, a weight is negative or missing, a part has class labels,
            or parts are not scored by one loss.
    """

    num_dims: int = eqx.field(static=True)
    num_context: Count
    parts: tuple[AbstractTask, ...]
    weights: tuple[Real, ...]

    def __init__(
        self,
        num_dims: int = 10,
        num_context: Count = 20,
        *,
        parts: Ordered[AbstractTask] | None = None,
        weights: Ordered[Real] | None = None,
    ) -> None:
        parts = (LinearRegression(), DecisionTree()) if parts is None else tuple(parts)
        self.num_dims, self.num_context = num_dims, num_context
        self.parts = tuple(_resized(part, num_dims, num_context) for part in parts)
        given = (1.0,) * len(self.parts) if weights is None else tuple(weights)
        self.weights = tuple(as_real(weight) for weight in given)

    def __check_init__(self) -> None:
        """Refuse what cannot be mixed."""
        if not self.parts or len(self.weights) != len(self.parts):
            raise InvalidValue(
                f"A mixture needs a part or more and a weight for each. Got {len(self.parts)} "
                f"parts and {len(self.weights)} weights."
            )
        numbers = [weight for weight in self.weights if isinstance(weight, float)]
        if any(not weight >= 0.0 for weight in numbers) or (numbers and not sum(numbers) > 0.0):
            raise InvalidValue(
                f"`weights` must not be negative, nor all zero. Got {tuple(numbers)}."
            )
        classes = [type(part).__name__ for part in self.parts if part.loss == "categorical"]
        if classes:
            raise InvalidValue(
                f"A part of a mixture answers with a number, as a value or a logit. {classes[0]} "
                "has class labels: leave it out, or train on it alone."
            )
        losses = {part.loss for part in self.parts}
        if len(losses) > 1:
            raise InvalidValue(
                f"The parts of a mixture must be scored by one loss. Got {sorted(losses)}."
            )

    @property
    def loss(self) -> Any:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Return the loss of the parts."""
        return self.parts[0].loss

    @property
    def takes_num_active(self) -> bool:
        """Return whether all parts can switch covariates off."""
        return all(part.takes_num_active for part in self.parts)

    def check_pool(self) -> None:
        """Refuse what a part refuses."""
        for part in self.parts:
            part.check_pool()

    def prepare(self, generator: np.random.Generator) -> "Mixture":
        """Prepare every part."""
        prepared = [part.prepare(generator) for part in self.parts]
        return dataclasses.replace(self, parts=tuple(prepared))

    def sample_latent(self, key: Key) -> MixtureLatent:
        """Choose a family, and the key of its function."""
        part_key, latent_key = jax.random.split(key)
        weights = jnp.stack([jnp.asarray(weight, jnp.float32) for weight in self.weights])
        # Uniform on (0, 1]: a part of weight 0 is never chosen, first or last.
        chance = (1.0 - jax.random.uniform(part_key, ())) * weights.sum()
        part = (chance > jnp.cumsum(weights)).sum()
        return MixtureLatent(jnp.minimum(part, len(self.parts) - 1), latent_key)

    def sample_sequence(
        self,
        key: Key,
        latent: MixtureLatent,
        num_points: int,
        *,
        num_active: Count | None = None,
    ) -> Sequence:
        """Draw the chosen family's sequence."""

        def drawn(part: AbstractTask) -> Sequence:
            function = part.sample_latent(latent.key)
            if num_active is None:
                return part.sample_sequence(key, function, num_points)
            restricted: Any = part  # a task that a curriculum over dimensions accepts
            return restricted.sample_sequence(key, function, num_points, num_active=num_active)

        # The mixture's own context length decides: it may vary inside a program.
        parts = [
            eqx.tree_at(lambda part: part.num_context, part, self.num_context)
            for part in self.parts
        ]
        branches = [lambda part=part: drawn(part) for part in parts]
        return jax.lax.switch(latent.part, branches)


def _resized(part: AbstractTask, num_dims: int, num_context: Count) -> AbstractTask:
    fields = {field.name for field in dataclasses.fields(part)}
    if not {"num_dims", "num_context"} <= fields:
        raise InvalidValue(
            f"{type(part).__name__} has no covariates of `num_dims` dimensions, so it cannot be "
            "part of a mixture."
        )
    return dataclasses.replace(part, num_dims=num_dims, num_context=num_context)  # pyright: ignore
