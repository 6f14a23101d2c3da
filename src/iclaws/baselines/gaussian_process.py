"""The posterior mean of a Gaussian process."""

from typing import Literal

import equinox as eqx
import jax.numpy as jnp
import jax.scipy as jsp
from jaxtyping import Array, Float

from .._checks import require
from .._types import Real
from ._base import AbstractBaseline, baselines

Kernel = Literal["rbf", "matern-3/2", "matern-5/2", "linear", "relu-network"]


@baselines.register("gaussian-process")
class GaussianProcess(AbstractBaseline):
    r"""$k(x, X)\,[K(X, X) + \sigma^2]^{-1} y$ for functions of a Gaussian process.

    The Bayes estimator of Gaussian-process regression when the kernel is the task's own
    (Rasmussen and Williams 2006, equation 2.25). One Cholesky factor $L$ of all points answers
    every prefix: row $i$ below the diagonal is $L_{<i}^{-1}k(X_{<i}, x_i)$, so the predictions
    are the strict lower triangle of $L$ times $L^{-1}y$. With the kernel `relu-network` it is
    the best linear predictor of wide two-layer networks (arXiv 2208.01066's `relu-network`).

    Attributes:
        noise_var: $\sigma^2$, above 0 (1e-5 of the signal at least: rounding).
        signal_var: $k(x, x)$ for the kernels `rbf`, `matern-3/2` and `matern-5/2`; for `linear`
            and `relu-network` the factor of $x\cdot x'$ and of the arc-cosine kernel of
            order 1, $2\,E\,\mathrm{relu}(u\cdot x)\,\mathrm{relu}(u\cdot x')$.
        length_scale: Of distance, for the kernels that have one.
        kernel: `rbf` is $\exp(-|x-x'|^2/2\ell^2)$.

    Raises:
        InvalidValue: a variance or the length is not above 0.
    """

    noise_var: Real = eqx.field(default=0.1)
    signal_var: Real = eqx.field(default=1.0)
    length_scale: Real = eqx.field(default=1.0)
    kernel: Kernel = eqx.field(static=True, default="rbf")

    def __check_init__(self) -> None:
        """Refuse variances and lengths that are not above 0."""
        for name in ("noise_var", "signal_var", "length_scale"):
            require(name, getattr(self, name), above=0)

    def __call__(self, xs: Float[Array, "P D"], ys: Float[Array, " P"]) -> Float[Array, " P"]:
        """Return the posterior mean at every point; 0 at the first."""
        noise = jnp.asarray(self.noise_var, xs.dtype) * jnp.eye(xs.shape[0], dtype=xs.dtype)
        factor = jnp.linalg.cholesky(self.gram(xs) + noise)
        whitened = jsp.linalg.solve_triangular(factor, ys, lower=True)
        return jnp.tril(factor, k=-1) @ whitened

    def gram(self, xs: Float[Array, "P D"]) -> Float[Array, "P P"]:
        """Return the kernel between all points."""
        signal = jnp.asarray(self.signal_var, xs.dtype)
        if self.kernel == "linear":
            return signal * xs @ xs.T
        if self.kernel == "relu-network":
            return signal * _arc_cosine(xs)
        length = jnp.asarray(self.length_scale, xs.dtype)
        squared = jnp.sum((xs[:, None, :] - xs[None, :, :]) ** 2, axis=-1) / length**2
        if self.kernel == "rbf":
            return signal * jnp.exp(-0.5 * squared)
        order = 3.0 if self.kernel == "matern-3/2" else 5.0
        # The derivative of a root at zero is infinite: no distance is exactly zero.
        distance = jnp.sqrt(order * squared + 1e-12)
        growth = 1.0 + distance + (0.0 if order == 3.0 else distance**2 / 3.0)
        return signal * growth * jnp.exp(-distance)


def _arc_cosine(xs: Float[Array, "P D"]) -> Float[Array, "P P"]:
    r"""Return $2\,E\,\mathrm{relu}(u\cdot x)\,\mathrm{relu}(u\cdot x')$ for $u \sim N(0, I)$.

    Cho and Saul (2009), order 1: $\frac1\pi|x||x'|(\sin\theta + (\pi-\theta)\cos\theta)$.
    """
    norms = jnp.sqrt(jnp.sum(xs**2, axis=1))
    product = norms[:, None] * norms[None, :]
    cosine = jnp.clip(xs @ xs.T / jnp.maximum(product, 1e-30), -1.0, 1.0)
    angle = jnp.arccos(cosine)
    return product / jnp.pi * (jnp.sqrt(1.0 - cosine**2) + (jnp.pi - angle) * cosine)
