"""Classification from examples in context, or from weights: what the data decide."""

import math
from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array

from .._checks import require
from .._types import Key, Loss, Real, Sequence, as_real
from ..errors import InvalidValue
from ._base import AbstractTask, tasks
from ._draws import sample_different, sample_shares, share_ends


@tasks.register("in-context-classification")
class InContextClassification(AbstractTask):
    r"""Noisy items of classes with their labels, then an item to be labelled.

    Chan et al. (arXiv 2205.05055) as simplified by Reddy (arXiv 2312.03002): class $c$ has a mean
    $\mu_c \sim N(0, I/D)$ and one of `num_labels` labels; an item is
    $(\mu_c + \sqrt{v}\,\eta)/\sqrt{1+v}$ with $\eta \sim N(0, I/D)$ and $v$ = `noise_var`. Classes
    have frequencies $\propto c^{-\alpha}$ with $\alpha$ = `zipf`. In a bursty context, of chance
    `burst_prob`, the context holds `num_context / burstiness` different classes, each
    `burstiness` times in random order, and the last item is of one of them; otherwise all items
    are drawn on their own, so that the context is little help.

    A latent is one set of classes with means and labels. Pretrained with the recipe's
    `num_tasks=1` the classes are the same for ever, and can be learnt in weights: then the risk
    and accuracy are those on new classes (in context), and `pretrain_accuracy` is that on the
    pretraining classes (in weights and in context). Only the last item is graded.

    Attributes:
        num_dims: Dimension $D$ of the items.
        num_context: Labelled items before the last.
        num_classes_total: Classes $K$.
        num_labels: Labels $L$.
        burstiness: $B$, items of one class in a bursty context; divides `num_context`.
        burst_prob: Chance that a context is bursty.
        zipf: $\alpha$; 0 makes all classes as frequent.
        noise_var: $v$, variance within a class relative to that between classes.

    Raises:
        InvalidValue: a size, chance or variance is out of range.
    """

    num_dims: int = eqx.field(static=True, default=8)
    num_context: int = eqx.field(  # pyright: ignore[reportIncompatibleVariableOverride]
        static=True, default=8
    )
    num_classes_total: int = eqx.field(static=True, default=64)
    num_labels: int = eqx.field(static=True, default=4)
    burstiness: int = eqx.field(static=True, default=1)
    burst_prob: Real = eqx.field(default=1.0, converter=as_real)
    zipf: Real = eqx.field(default=0.0, converter=as_real)
    noise_var: Real = eqx.field(default=0.01, converter=as_real)

    loss: ClassVar[Loss] = "categorical"
    version: ClassVar[int] = 3  # 3: classes are drawn by whole shares

    def __check_init__(self) -> None:
        """Refuse what has no meaning."""
        for name in ("num_dims", "num_context", "num_classes_total", "burstiness"):
            if getattr(self, name) < 1:
                raise InvalidValue(f"`{name}` must be at least 1. Got {getattr(self, name)}.")
        if self.num_labels < 2:
            raise InvalidValue(f"`num_labels` must be at least 2. Got {self.num_labels}.")
        if self.num_context % self.burstiness:
            raise InvalidValue(
                f"`burstiness`={self.burstiness} must divide `num_context`={self.num_context}: "
                "every class of a bursty context comes equally often."
            )
        if self.num_context // self.burstiness > self.num_classes_total:
            raise InvalidValue(
                f"A bursty context shows {self.num_context // self.burstiness} classes and "
                f"`num_classes_total` is {self.num_classes_total}. Enlarge it, or `burstiness`."
            )
        if isinstance(self.burst_prob, float) and not 0.0 <= self.burst_prob <= 1.0:
            raise InvalidValue(f"`burst_prob` must lie in [0, 1]. Got {self.burst_prob}.")
        for name in ("noise_var", "zipf"):
            value = getattr(self, name)
            require(name, value, at_least=0)
            if isinstance(value, float) and not math.isfinite(value):
                raise InvalidValue(f"`{name}` must be finite. Got {value}.")

    @property
    def num_classes(self) -> int:
        """Return the number of labels."""
        return self.num_labels

    @property
    def num_graded(self) -> int:
        """Return 1: the last item."""
        return 1

    def sample_latent(self, key: Key) -> Key:
        """Return the key of a set of classes: a class is drawn from it where it is needed."""
        return key

    def sample_sequence(self, key: Key, latent: Key, num_points: int) -> Sequence:
        """Draw the items of a context and the last one."""
        class_key, noise_key = jax.random.split(key)
        classes = self._draw_classes(class_key)
        # A longer sequence goes on with items of the last class, which nobody grades.
        extra = jnp.broadcast_to(classes[-1], (max(num_points - classes.shape[0], 0),))
        classes = jnp.concatenate([classes, extra])[:num_points]
        means, labels = jax.vmap(self._class, in_axes=(None, 0))(latent, classes)
        keys = jax.vmap(jax.random.fold_in, in_axes=(None, 0))(noise_key, jnp.arange(num_points))
        noise = jax.vmap(lambda key: jax.random.normal(key, (self.num_dims,)))(keys)
        variance = jnp.asarray(self.noise_var, jnp.float32)
        xs = (means + jnp.sqrt(variance / self.num_dims) * noise) / jnp.sqrt(1.0 + variance)
        weights = (jnp.arange(num_points) == self.num_context).astype(jnp.float32)
        return Sequence(xs, labels, labels, weights)

    def _class(self, latent: Key, index: Array) -> tuple[Array, Array]:
        mean_key, label_key = jax.random.split(jax.random.fold_in(latent, index))
        mean = jax.random.normal(mean_key, (self.num_dims,)) * self.num_dims**-0.5
        return mean, jax.random.randint(label_key, (), 0, self.num_labels, jnp.int32)

    def _draw_classes(self, key: Key) -> Array:
        burst_key, shown_key, order_key, query_key, free_key = jax.random.split(key, 5)
        ranks = jnp.arange(1.0, self.num_classes_total + 1.0)
        ends = share_ends(-jnp.asarray(self.zipf, jnp.float32) * jnp.log(ranks))
        shown = sample_different(shown_key, ends, self.num_context // self.burstiness)
        context = jax.random.permutation(order_key, jnp.repeat(shown, self.burstiness))
        query = context[jax.random.randint(query_key, (), 0, self.num_context)]
        bursty = jnp.concatenate([context, query[None]])
        free = sample_shares(free_key, ends, self.num_context + 1)
        is_bursty = jax.random.uniform(burst_key) < self.burst_prob
        return jnp.where(is_bursty, bursty, free)

    def references(self) -> dict[str, dict]:
        """Return copying the label of the nearest item in context."""
        return {"nearest-label": {"num_classes": self.num_labels}}
