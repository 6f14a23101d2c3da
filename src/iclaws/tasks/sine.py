"""Sine waves of random amplitude and phase."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PyTree

from .._checks import require
from .._types import Count, Key, Real, as_real
from ..errors import InvalidValue
from ._base import tasks
from ._functions import AbstractRegressionTask, uniform


class Wave(NamedTuple):
    r"""One sum of sine waves.

    Attributes:
        amplitude: $A$, `(D,)`.
        phase: $\varphi$, `(D,)`.
    """

    amplitude: Array
    phase: Array


@tasks.register("sine")
class Sine(AbstractRegressionTask):
    r"""$y = \sum_i A_i \sin(x_i + \varphi_i)$, $A \sim U(0.1, 0.5)$, $\varphi \sim U(0, \pi)$.

    $x \sim U(-5, 5)^D$; amplitude and phase are independent.

    Scale: $E y^2 = \frac{1}{2} E A^2 = 31/600$ in one dimension.
    Source: arXiv 2212.07677 (arXiv 1703.03400 has amplitudes from 0.1 to 5); both have one
    dimension, more are added up here. Bayes-optimal: the posterior mean over amplitude and
    phase, in one dimension a double integral without closed form.

    Attributes:
        num_dims: Dimension $D$.
        num_context: Labelled examples $k$ before the query.
        min_amplitude: Smallest amplitude.
        max_amplitude: Largest amplitude.
        input_bound: Covariates lie between minus and plus this.
        noise_var: $\sigma^2$ of the label noise.

    Raises:
        InvalidValue: a size, bound or variance is out of range.
    """

    num_dims: int = eqx.field(static=True, default=1)
    num_context: Count = 10
    min_amplitude: Real = eqx.field(default=0.1, converter=as_real)
    max_amplitude: Real = eqx.field(default=0.5, converter=as_real)
    input_bound: Real = eqx.field(default=5.0, converter=as_real)
    noise_var: Real = eqx.field(default=0.0, converter=as_real)

    def __check_init__(self) -> None:
        """Refuse an empty range of amplitudes or covariates."""
        require("min_amplitude", self.min_amplitude, at_least=0)
        require("input_bound", self.input_bound, above=0)
        low, high = self.min_amplitude, self.max_amplitude
        if isinstance(low, float) and isinstance(high, float) and not low <= high:
            raise InvalidValue(
                f"`max_amplitude` must be at least `min_amplitude`={low}. Got {high}."
            )

    def sample_latent(self, key: Key) -> Wave:
        """Draw amplitudes and phases, each from a key of its own."""
        amplitude_key, phase_key = jax.random.split(key)
        shape = (self.num_dims,)
        low, high = jnp.asarray(self.min_amplitude), jnp.asarray(self.max_amplitude)
        return Wave(
            low + (high - low) * jax.random.uniform(amplitude_key, shape),
            jnp.pi * jax.random.uniform(phase_key, shape),
        )

    def sample_covariates(self, key: Key, latent: PyTree, num_points: int) -> Float[Array, "P D"]:
        """Draw uniform covariates."""
        del latent
        return uniform(key, (num_points, self.num_dims), bound=self.input_bound)

    def evaluate(self, latent: Wave, xs: Float[Array, "P D"]) -> Float[Array, " P"]:
        """Return the sum of the waves."""
        return jnp.sin(xs + latent.phase[None, :]) @ latent.amplitude
