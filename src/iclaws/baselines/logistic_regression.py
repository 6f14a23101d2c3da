"""Logistic regression with a ridge, by Newton's method."""

from typing import Literal

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.scipy as jsp
from jaxtyping import Array, Float

from .._checks import require
from .._types import Real, Scalar
from ._base import AbstractBaseline, baselines

Answer = Literal["logit", "mean"]
# Newton's step is tried at these lengths, and the best one taken: far from the optimum of
# separable data the full step can overshoot.
LENGTHS = (1.0, 0.5, 0.25, 0.0625)


@baselines.register("logistic-regression")
class LogisticRegression(AbstractBaseline):
    r"""$\arg\min_w \sum_i \log(1 + e^{-y_i w\cdot x_i}) + \frac\rho2|w|^2$ for labels $\pm1$.

    The mode of the posterior of `logistic-classification` under $w \sim N(0, I/\rho)$ (iteratively
    reweighted least squares; scikit-learn's `C` is $1/\rho$), and the usual baseline of linear
    classification $y = \mathrm{sign}(w\cdot x)$ (arXiv 2208.01066), where a small ridge
    approaches the largest margin. Only the signs of the labels are read.

    Attributes:
        ridge: $\rho$, above 0.
        answer: `logit`: $w\cdot x$, as models trained by cross-entropy answer. `mean`:
            $\tanh(w\cdot x/2)$, the mean of the label, as models trained by squared error do.
        num_steps: Newton steps.

    Raises:
        InvalidValue: `ridge` is not above 0, or there is no step.
    """

    ridge: Real = eqx.field(default=1.0)
    answer: Answer = eqx.field(static=True, default="logit")
    num_steps: int = eqx.field(static=True, default=12)

    def __check_init__(self) -> None:
        """Refuse a penalty that leaves no optimum."""
        require("ridge", self.ridge, above=0)
        require("num_steps", self.num_steps, at_least=1)

    def __call__(self, xs: Float[Array, "P D"], ys: Float[Array, " P"]) -> Float[Array, " P"]:
        """Return the answer at every point; 0 at the first."""
        labelled = xs * jnp.sign(ys)[:, None]
        index = jnp.arange(xs.shape[0])

        def at(position: Array) -> Array:
            weights = self._fit(labelled, (index < position).astype(xs.dtype))
            return weights @ xs[position]

        logits = jax.lax.map(at, index)
        return jnp.tanh(0.5 * logits) if self.answer == "mean" else logits

    def _fit(self, labelled: Float[Array, "P D"], seen: Float[Array, " P"]) -> Float[Array, " D"]:
        """Return the weights that fit the examples with `seen` 1."""
        ridge = jnp.asarray(self.ridge, labelled.dtype)
        identity = jnp.eye(labelled.shape[1], dtype=labelled.dtype)

        def loss(weights: Array) -> Scalar:
            margins = labelled @ weights
            return jnp.sum(seen * jax.nn.softplus(-margins)) + 0.5 * ridge * jnp.sum(weights**2)

        def step(_: Array, weights: Array) -> Array:
            wrong = seen * jax.nn.sigmoid(-(labelled @ weights))
            gradient = ridge * weights - wrong @ labelled
            curvature = wrong * jax.nn.sigmoid(labelled @ weights)
            hessian = labelled.T @ (curvature[:, None] * labelled) + ridge * identity
            move = jsp.linalg.cho_solve(jsp.linalg.cho_factor(hessian, lower=True), gradient)
            tried = weights[None, :] - jnp.asarray(LENGTHS, weights.dtype)[:, None] * move[None, :]
            return tried[jnp.argmin(jax.vmap(loss)(tried))]

        return jax.lax.fori_loop(0, self.num_steps, step, jnp.zeros(labelled.shape[1], seen.dtype))
