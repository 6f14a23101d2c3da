"""Bayes for a finite set of candidate functions."""

from itertools import combinations, product
from typing import Literal

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from .._checks import require
from .._types import Real
from ..errors import InvalidValue
from ._base import AbstractBaseline, baselines

Function = Literal["linear", "sign", "parity", "conjunction"]
MOST_CANDIDATES = 200_000


@baselines.register("discrete-bayes")
class DiscreteBayes(AbstractBaseline):
    r"""The posterior mean over a list of candidates with equal chances and Gaussian noise.

    Exact for the discrete families of arXiv 2208.01066 and 2310.03016: weights from a finite
    alphabet, parities, conjunctions. Labels of Boolean functions are $\pm1$; with a small
    `noise_var` the posterior keeps the candidates that agree with every label, and the sign of
    the answer is the majority's. For a pool of real weights use `dmmse`, which is the case
    `linear` with fewer candidates than make a list worth enumerating.

    Attributes:
        candidates: One row per function, `(M, D)`: weights, or marks of the variables it reads
            (above 0: plain, below: negated, 0: not read).
        noise_var: $\sigma^2$ of the labels, above 0.
        function: `linear`: $w \cdot x$. The others answer as the task `boolean` labels, +1 for
            true and -1 for false, and read no coordinate that is 0. `sign`: whether
            $w \cdot x > 0$ (a tie is false). `parity`: whether an odd number of marked
            coordinates has its mark's sign. `conjunction`: whether all of them have.

    Raises:
        InvalidValue: `noise_var` is not above 0.
    """

    candidates: Float[Array, "*runs M D"]
    noise_var: Real = eqx.field(default=0.1)
    function: Function = eqx.field(static=True, default="linear")

    @classmethod
    def example(cls, num_dims: int) -> "DiscreteBayes":
        """Return one weight of plus or minus one, on either of two coordinates."""
        first, last = np.eye(num_dims)[[0, -1]]
        return cls(jnp.asarray(np.stack([first, -first, last, -last]), jnp.float32), 0.5)

    def __check_init__(self) -> None:
        """Refuse noise that is not above 0."""
        require("noise_var", self.noise_var, above=0)

    def __call__(self, xs: Float[Array, "P D"], ys: Float[Array, " P"]) -> Float[Array, " P"]:
        """Return the posterior mean at every point; memory grows as `M`, not as `M` times `P`."""
        scale = 0.5 / jnp.asarray(self.noise_var, xs.dtype)

        def step(log_weights: Array, point: tuple) -> tuple[Array, Array]:
            x, y = point
            answers = self._answers(x)
            prediction = jax.nn.softmax(log_weights) @ answers
            return log_weights - scale * (y - answers) ** 2, prediction

        return jax.lax.scan(step, jnp.zeros(self.candidates.shape[0], xs.dtype), (xs, ys))[1]

    def _answers(self, x: Float[Array, " D"]) -> Float[Array, " M"]:
        if self.function == "linear":
            return self.candidates @ x
        if self.function == "sign":
            return _truth(self.candidates @ x > 0.0)
        agrees = self.candidates * x[None, :]
        if self.function == "parity":
            return _truth(jnp.sum(agrees > 0.0, axis=1) % 2 == 1)
        return _truth(jnp.all(agrees >= 0.0, axis=1))


def _truth(values: Bool[Array, " M"]) -> Float[Array, " M"]:
    return jnp.where(values, 1.0, -1.0)


def sparse_candidates(
    num_dims: int, num_active: int, values: tuple[float, ...] = (1.0,)
) -> Float[np.ndarray, "M D"]:
    """Return every row with `num_active` nonzero entries, each one of `values`.

    Args:
        num_dims: Length of a row.
        num_active: Nonzero entries.
        values: What they may be: `(1,)` for parities, `(-1, 1)` for signed weights.

    Raises:
        InvalidValue: there are none, or too many to enumerate.
    """
    from math import comb

    count = comb(num_dims, num_active) * len(values) ** num_active
    if not 0 < count <= MOST_CANDIDATES:
        raise InvalidValue(
            f"There are {count} such functions; between 1 and {MOST_CANDIDATES} can be "
            "enumerated. Choose fewer dimensions or active entries."
        )
    fillings = np.array(list(product(values, repeat=num_active))).reshape(-1, num_active)
    rows = np.zeros((comb(num_dims, num_active), len(fillings), num_dims))
    for row, support in zip(rows, combinations(range(num_dims), num_active), strict=True):
        row[:, list(support)] = fillings
    return rows.reshape(-1, num_dims)
