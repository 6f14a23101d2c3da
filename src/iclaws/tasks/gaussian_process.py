"""Functions drawn from a Gaussian process."""

from typing import Any, Literal

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from .._checks import require
from .._types import Count, Key, Real, Sequence, as_real
from ..errors import InvalidValue
from ._base import AbstractTask, tasks
from ._functions import normal, uniform

Kernel = Literal["rbf", "matern-1/2", "matern-3/2", "matern-5/2", "periodic"]


@tasks.register("gaussian-process")
class GaussianProcess(AbstractTask):
    r"""$y_i = f(x_i) + \varepsilon_i$ with $f \sim GP(0, K)$ and $x \sim U(-X, X)^D$.

    With $r = |x - x'|$ and length scale $\ell$: `rbf` $e^{-r^2/2\ell^2}$; `matern-1/2`, `-3/2` and
    `-5/2` of that smoothness; `periodic`
    $\exp(-\frac{2}{\ell^2}\sum_i \sin^2(\pi (x_i - x'_i)/p))$. The values of a sequence are drawn
    together, by a Cholesky factor of $K + jI$: the jitter $j$ keeps the matrix positive in single
    precision, and acts like noise on the function itself.

    Scale: $E y^2 = 1 + j + \sigma^2$. Source: the GP priors of arXiv 2112.10510.
    Bayes-optimal: the GP posterior mean with this kernel and noise.

    A function has no finite description. It is drawn on `num_sites` random points, once, and its
    sequences visit them in random order, each point once: for a function met once the law is
    exact, and one met again (in a finite pool) is the same function. Fresh functions are drawn
    faster only where their sequence looks, which `num_sites=None` does.

    Attributes:
        num_dims: Dimension $D$.
        num_context: Labelled examples $k$ before the query.
        kernel: `rbf`, `matern-1/2`, `matern-3/2`, `matern-5/2` or `periodic`.
        length_scale: $\ell$.
        period: $p$ of the periodic kernel.
        input_bound: $X$.
        noise_var: $\sigma^2$ of the label noise.
        jitter: Variance added to the diagonal of $K$, at least 1e-6.
        num_sites: Points that a function lives on; None draws it where the sequence looks.

    Raises:
        InvalidValue: a size, length or variance is out of range, or there are fewer sites than
            points in a sequence.
    """

    num_dims: int = eqx.field(static=True, default=1)
    num_context: Count = 20
    kernel: Kernel = eqx.field(static=True, default="rbf")
    length_scale: Real = eqx.field(default=0.5, converter=as_real)
    period: Real = eqx.field(default=1.0, converter=as_real)
    input_bound: Real = eqx.field(default=2.0, converter=as_real)
    noise_var: Real = eqx.field(default=0.0, converter=as_real)
    jitter: Real = eqx.field(default=1e-4, converter=as_real)
    num_sites: int | None = eqx.field(static=True, default=64)

    def __check_init__(self) -> None:
        """Refuse what is out of range."""
        require("num_dims", self.num_dims, at_least=1)
        require("num_context", self.num_context, at_least=0)
        require("noise_var", self.noise_var, at_least=0)
        for name in ("length_scale", "period", "input_bound"):
            require(name, getattr(self, name), above=0)
        # Below it the Cholesky factor in single precision is NaN for some draws.
        require("jitter", self.jitter, at_least=1e-6)
        if isinstance(self.num_context, int):
            self._check_sites(self.num_context + 1)

    def sample_latent(self, key: Key) -> Any:
        """Draw the function on its sites: `(N, D)` points, `(N,)` values; without, its key."""
        if self.num_sites is None:
            return key
        site_key, value_key = jax.random.split(key)
        sites = uniform(site_key, (self.num_sites, self.num_dims), bound=self.input_bound)
        return sites, self._sample_values(value_key, sites)

    def sample_sequence(self, key: Key, latent: Any, num_points: int) -> Sequence:
        """Draw where the sequence looks, and what it sees there."""
        input_key, noise_key = jax.random.split(key)
        if self.num_sites is None:
            xs = uniform(input_key, (num_points, self.num_dims), bound=self.input_bound)
            values = self._sample_values(latent, xs)
        else:
            self._check_sites(num_points)
            sites, at_sites = latent
            visited = jax.random.permutation(input_key, self.num_sites)[:num_points]
            xs, values = sites[visited], at_sites[visited]
        noise = jnp.sqrt(jnp.asarray(self.noise_var)) * jax.random.normal(noise_key, values.shape)
        return Sequence(xs, values + noise, values)

    def references(self) -> dict[str, dict[str, Any]]:
        """Return the posterior mean, to which the jitter is noise; none for rarer kernels."""
        if self.kernel not in ("rbf", "matern-3/2", "matern-5/2"):
            return {}
        noise_var = float(self.noise_var) + float(self.jitter)
        length_scale = float(self.length_scale)
        fields = {"noise_var": noise_var, "length_scale": length_scale, "kernel": self.kernel}
        return {"gaussian-process": fields}

    @property
    def bayes(self) -> str | None:
        """Return the posterior mean where there is one."""
        return next(iter(self.references()), None)

    def check_pool(self) -> None:
        """Refuse functions without sites: they exist only where one sequence looks."""
        if self.num_sites is None:
            raise InvalidValue(
                "A function of a Gaussian process that is drawn where its sequence looks cannot be "
                "in a finite pool. Give `num_sites`: the points that each function lives on."
            )

    def covariance(self, left: Float[Array, "n D"], right: Float[Array, "m D"]) -> Array:
        """Return the kernel between two sets of points, `(n, m)`, without the jitter."""
        apart = left[:, None, :] - right[None, :, :]
        length = jnp.asarray(self.length_scale, jnp.float32)
        if self.kernel == "periodic":
            waves = jnp.sin(jnp.pi * apart / jnp.asarray(self.period, jnp.float32))
            return jnp.exp(-2.0 * (waves**2).sum(axis=-1) / length**2)
        squared = (apart**2).sum(axis=-1) / length**2
        if self.kernel == "rbf":
            return jnp.exp(-0.5 * squared)
        distance = jnp.sqrt(squared)
        if self.kernel == "matern-1/2":
            return jnp.exp(-distance)
        if self.kernel == "matern-3/2":
            return (1.0 + 3.0**0.5 * distance) * jnp.exp(-(3.0**0.5) * distance)
        polynomial = 1.0 + 5.0**0.5 * distance + 5.0 / 3.0 * squared
        return polynomial * jnp.exp(-(5.0**0.5) * distance)

    def _sample_values(self, key: Key, xs: Float[Array, "n D"]) -> Float[Array, " n"]:
        identity = jnp.eye(xs.shape[0], dtype=xs.dtype)
        matrix = self.covariance(xs, xs) + jnp.asarray(self.jitter, jnp.float32) * identity
        return jnp.linalg.cholesky(matrix) @ normal(key, (xs.shape[0],))

    def _check_sites(self, num_points: int) -> None:
        if self.num_sites is not None and self.num_sites < num_points:
            raise InvalidValue(
                f"A sequence of {num_points} points visits more than `num_sites`="
                f"{self.num_sites}, each once. Raise `num_sites`, or lower `num_context`."
            )
