"""What the tree baselines share: fits by scikit-learn, prefix by prefix, outside programs."""

import abc
from typing import Any

import jax
import numpy as np
from jaxtyping import Array, Float

from ..errors import InvalidValue
from ._base import AbstractBaseline


class AbstractTrees(AbstractBaseline):
    """A tree regressor, fitted on the host: for offline evaluation, not for training loops."""

    @abc.abstractmethod
    def regressor(self) -> Any:
        """Return a fresh scikit-learn regressor."""

    def __call__(self, xs: Float[Array, "P D"], ys: Float[Array, " P"]) -> Float[Array, " P"]:
        """Return the prediction at every point, each of its own fit; 0 at the first.

        Inside a program it calls back to the host, one sequence after the other.

        Raises:
            InvalidValue: scikit-learn is not installed.
        """
        require_scikit_learn()
        shape = jax.ShapeDtypeStruct(ys.shape, ys.dtype)
        return jax.pure_callback(self._all_prefixes, shape, xs, ys, vmap_method="sequential")

    def predict_at(
        self, xs: Float[np.ndarray, "P D"], ys: Float[np.ndarray, " P"], position: int
    ) -> float:
        """Return the prediction at one position, from the points before it.

        Raises:
            InvalidValue: scikit-learn is not installed.
        """
        require_scikit_learn()
        if position == 0:
            return 0.0
        fitted = self.regressor().fit(xs[:position], ys[:position])
        return float(fitted.predict(xs[position : position + 1])[0])

    def _all_prefixes(self, *arrays: Any) -> np.ndarray:
        xs, ys = (np.asarray(array) for array in arrays)
        found = [self.predict_at(xs, ys, position) for position in range(len(ys))]
        return np.asarray(found, ys.dtype)


def require_scikit_learn() -> None:
    """Raise `InvalidValue`, with what to do, if scikit-learn is not installed."""
    try:
        import sklearn  # noqa: F401
    except ImportError as error:
        raise InvalidValue(
            "The tree baselines are fitted by scikit-learn, which is not installed. "
            "Install it with `pip install 'iclaws[trees]'`."
        ) from error
