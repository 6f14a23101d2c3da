"""How a model is trained and evaluated: everything that can change the result, nothing else."""

from typing import Literal

import equinox as eqx

from .._types import Count, Real, as_pair, as_real
from ..errors import InvalidValue
from .curriculum import Ramp

Optimiser = Literal["adam", "adamw", "sgd"]
Schedule = Literal["cosine", "linear", "constant"]
LossOn = Literal["last", "all"]
MOST_REDRAWS = 1000


class Recipe(eqx.Module):
    """A training recipe.

    Attributes:
        num_steps: Optimiser steps.
        batch_size: Sequences a step.
        optimiser: `adam`, `adamw` (decoupled weight decay) or `sgd` (with momentum 0.9).
        learning_rate: Peak learning rate.
        schedule: `cosine` or `linear` decay to zero after the warm-up, or `constant`.
        warmup_steps: Steps over which the learning rate rises from zero.
        weight_decay: Of `adamw`.
        clip_norm: Largest norm of a gradient; None leaves it.
        loss_on: Which predictions are trained: the `last` one (the query) or `all`. Laws are
            fitted at the last position either way: an average over positions hides exponents.
        num_queries: Queries per context, each answered on its own and averaged in the loss;
            more of them cost little and quieten the gradient. Where moments are drawn; a run
            on tokens has the one query that ends its sequence.
        num_tasks: Distinct functions in pretraining, $M$; None draws fresh ones for ever.
        num_redraws: Times $R$ that every function of the pool is replaced by a fresh one, each at
            steps of its own, uniform over the run: the stretches between them are Dirichlet
            distributed (arXiv 2605.18281). `pretrain_tasks` are those of the last step.
        num_sequences: Distinct sequences in pretraining, $n$; None draws fresh ones for ever.
            They are redrawn from their number, so that no set is held in memory.
        dims_curriculum: Covariates beyond so many dimensions are zero, before they are labelled
            (arXiv 2208.01066); None uses all of them from the start. Evaluation uses all.
        context_curriculum: Examples before the query, up to the task's `num_context`, which
            evaluation uses; with `loss_on` `all`, later predictions do not count (arXiv 2208.01066,
            whose points include the query: 11 to 41 of them are 10 to 40 here).
        eval_contexts: Fresh contexts that the final risk is averaged over.
        adam_decays: Decay rates of Adam's averages of the gradient and of its square.

    Raises:
        InvalidValue: a size is below 1, or a rate negative.
    """

    num_steps: int = eqx.field(static=True, default=2000)
    batch_size: int = eqx.field(static=True, default=256)
    optimiser: Optimiser = eqx.field(static=True, default="adam")
    learning_rate: Real = eqx.field(default=1e-3, converter=as_real)
    schedule: Schedule = eqx.field(static=True, default="cosine")
    warmup_steps: int = eqx.field(static=True, default=100)
    weight_decay: Real = eqx.field(default=0.0, converter=as_real)
    clip_norm: Real | None = eqx.field(default=1.0, converter=as_real)
    loss_on: LossOn = eqx.field(static=True, default="last")
    num_queries: int = eqx.field(static=True, default=1)
    num_tasks: Count | None = None
    num_sequences: Count | None = None
    num_redraws: int = eqx.field(static=True, default=0)
    dims_curriculum: Ramp | None = None
    context_curriculum: Ramp | None = None
    eval_contexts: int = eqx.field(static=True, default=8192)
    adam_decays: tuple[float, float] = eqx.field(
        static=True, default=(0.9, 0.999), converter=as_pair
    )

    def __check_init__(self) -> None:
        """Refuse what cannot be run, with the value and the range."""
        sizes = ("num_steps", "batch_size", "num_queries", "num_tasks", "num_sequences")
        for name in sizes:
            value = getattr(self, name)
            if isinstance(value, int) and value < 1:
                raise InvalidValue(f"`{name}` must be at least 1. Got {value}.")
        _check_redraws(self)
        if self.eval_contexts < 2:
            raise InvalidValue(
                f"`eval_contexts` must be at least 2, for a standard error. "
                f"Got {self.eval_contexts}."
            )
        for name in ("learning_rate", "warmup_steps", "weight_decay"):
            value = getattr(self, name)
            if isinstance(value, int | float) and value < 0:
                raise InvalidValue(f"`{name}` must not be negative. Got {value}.")
        if not all(0.0 <= decay < 1.0 for decay in self.adam_decays):
            raise InvalidValue(f"`adam_decays` must lie in [0, 1). Got {self.adam_decays}.")
        if isinstance(self.clip_norm, float) and self.clip_norm <= 0:
            raise InvalidValue(f"`clip_norm` must be above 0, or None. Got {self.clip_norm}.")


def _check_redraws(recipe: Recipe) -> None:
    if not 0 <= recipe.num_redraws <= MOST_REDRAWS:
        raise InvalidValue(
            f"`num_redraws` must be from 0 to {MOST_REDRAWS}, which are looked through for every "
            f"sequence. Got {recipe.num_redraws}."
        )
    if recipe.num_redraws and recipe.num_tasks is None:
        raise InvalidValue(
            f"`num_redraws`={recipe.num_redraws} replaces functions of a finite pool: give "
            "`num_tasks`. Without a pool every sequence has a fresh function anyway."
        )
    if recipe.num_redraws and recipe.num_sequences is not None:
        raise InvalidValue(
            "`num_redraws` and `num_sequences` exclude each other: a finite set of sequences "
            "holds its functions for ever."
        )
