"""What a task is: a distribution over functions, learnt in context from examples."""

import abc
from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple

import equinox as eqx
import numpy as np
from jaxtyping import Float, PyTree

from .._registry import Registry
from .._types import Count, Interface, Key, Loss, MomentSequence, Reads, Sequence


class Spectra(NamedTuple):
    r"""The structure of a linear task, for the theory.

    Attributes:
        covariance: Eigenvalues $\lambda_i$ of the covariates' covariance, `(D,)`, descending.
        prior: Eigenvalues $\omega_i$ of the prior over weights in the same basis, `(D,)`.
        noise_var: $\sigma^2$.
        rotated: Whether the basis is drawn afresh in every context.
    """

    covariance: Float[np.ndarray, " D"]
    prior: Float[np.ndarray, " D"]
    noise_var: float
    rotated: bool


class AbstractTask(eqx.Module):
    """A distribution over latent functions and the sequences they label.

    A task is drawn in two stages, so that a finite pool of functions or a finite set of
    sequences works for every task without code of its own. Both stages see one sequence;
    the caller vmaps. The same key draws the same values, and a longer sequence begins
    with the shorter one of the same key.

    Attributes:
        num_dims: Dimension $D$ of the covariates.
        num_context: Labelled examples $k$ before the query. May vary inside one program.
    """

    num_dims: eqx.AbstractVar[int]
    num_context: eqx.AbstractVar[Count]

    # `squared`: labels and answers are real. `logistic`: labels are -1 or +1, the answer f is a
    # logit and costs log(1 + exp(-y f)). `categorical`: labels are integers, the answer is one
    # logit per class, its cross-entropy counts where `Sequence.weights` says. In nats.
    loss: ClassVar[Loss] = "squared"
    reads: ClassVar[Reads] = "covariates"
    # Raised when the meaning of the same fields changes, so that old results stay apart.
    version: ClassVar[int] = 1
    # Whether `sample_moments` is written: contexts then cost the same at any length.
    gives_moments: ClassVar[bool] = False

    @property
    def takes_num_active(self) -> bool:
        """Return whether `sample_sequence` can switch covariates off before it labels them."""
        return False

    def check_pool(self) -> None:
        """Raise `InvalidValue` if a function cannot be met again, as a finite pool needs."""

    def prepare(self, generator: np.random.Generator) -> "AbstractTask":
        """Return the task with what all its draws share, drawn once, outside any program."""
        del generator
        return self

    @abc.abstractmethod
    def sample_latent(self, key: Key) -> PyTree:
        """Draw one function: everything that its sequences have in common."""

    @abc.abstractmethod
    def sample_sequence(self, key: Key, latent: PyTree, num_points: int) -> Sequence:
        """Draw the first `num_points` labelled points of a sequence of this function."""

    def sample_moments(self, key: Key, latent: PyTree, num_queries: int) -> MomentSequence:
        """Draw the moments of a context of `num_context` examples, and its queries.

        The law is exactly that of the moments of `sample_sequence`.
        """
        raise NotImplementedError(f"{type(self).__name__} draws sequences only.")

    def spectra(self) -> Spectra | None:
        """Return the spectra that decide the theory of a linear task, or None."""
        return None

    @property
    def num_classes(self) -> int | None:
        """Return the number of labels or the size of the vocabulary; None for real answers."""
        return None

    @property
    def num_graded(self) -> int | None:
        """Return the largest number of graded positions of a sequence; None for all of them.

        Of categorical tasks: answers elsewhere are not computed, which is most of the work
        where the vocabulary is large and few positions count.
        """
        return None

    @property
    def interface(self) -> Interface:
        """Return what the task shows a model and asks of it."""
        return Interface(self.loss, self.reads, self.num_dims, self.num_classes)

    def references(self) -> Mapping[str, Mapping[str, Any]]:
        """Return the baselines that runs on this task are compared with.

        Registered names with their fields, as plain numbers, tuples or arrays. The predictor that
        has learnt nothing (`zero`, or `uniform` over classes) is always added.
        """
        return {}

    @property
    def bayes(self) -> str | None:
        """Return which of the references is Bayes-optimal for new functions; None if none is."""
        return None

    @property
    def bayes_everywhere(self) -> bool:
        """Return whether `bayes` is optimal at every position, not at the query alone."""
        return True

    @classmethod
    def example(cls) -> "AbstractTask":
        """Return a small instance, for tests and listings."""
        return cls(num_dims=3, num_context=5)  # pyright: ignore[reportCallIssue]


tasks: Registry[AbstractTask] = Registry("task")
