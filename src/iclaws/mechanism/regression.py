"""Slopes with clustered errors: of log step on log depth, width, dimension, context, noise."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy import stats

from ..errors import InvalidValue


class Slope(NamedTuple):
    """One coefficient.

    Attributes:
        value: The estimate.
        se: Its standard error, clustered.
        dof: Degrees of freedom of the t distribution it is judged by: clusters less one.
    """

    value: float
    se: float
    dof: int

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Return the central interval."""
        half = float(stats.t.ppf(0.5 + level / 2, self.dof)) * self.se
        return self.value - half, self.value + half

    def p_value(self, claimed: float) -> float:
        """Return the two-sided p-value that the coefficient is `claimed`."""
        return float(2.0 * stats.t.sf(abs(self.value - claimed) / self.se, self.dof))


def clustered_slopes(
    y: Float[np.ndarray, " n"],
    columns: Mapping[str, Float[np.ndarray, " n"]],
    clusters: Sequence[object] | np.ndarray,
) -> dict[str, Slope]:
    """Return the least-squares slopes of `y`, with errors that may be shared within a cluster.

    The covariance is the sandwich over clusters with the factor (G / (G - 1)) (n - 1) / (n - p)
    for few of them (CR1), judged by t with G - 1 degrees of freedom. A constant is added.

    Args:
        y: What is explained, such as the logarithm of a step size.
        columns: What explains it, by name.
        clusters: Which rows belong together: the seed of each, say.

    Raises:
        InvalidValue: fewer than three clusters, or columns that cannot be told apart.
    """
    names, (groups, which) = list(columns), np.unique(np.asarray(clusters), return_inverse=True)
    if len(groups) < 3:
        raise InvalidValue(
            f"Errors clustered over {len(groups)} clusters say nothing: at least 3 are needed."
        )
    design = np.column_stack([np.ones(len(y)), *(columns[name] for name in names)])
    if np.linalg.matrix_rank(design) < design.shape[1]:
        raise InvalidValue(
            f"The columns {', '.join(names)} cannot be told apart in these {len(y)} rows: one is "
            "constant, or a combination of others. Leave it out, or vary it."
        )
    values = np.linalg.lstsq(design, y, rcond=None)[0]
    scores = design * (y - design @ values)[:, None]
    sums = np.zeros((len(groups), design.shape[1]))
    np.add.at(sums, which, scores)
    bread = np.linalg.inv(design.T @ design)
    count, size = len(groups), len(y)
    factor = count / (count - 1) * (size - 1) / max(size - design.shape[1], 1)
    errors = np.sqrt(np.maximum(factor * np.diag(bread @ (sums.T @ sums) @ bread), 1e-24))
    return {
        name: Slope(float(values[i]), float(errors[i]), count - 1)
        for i, name in enumerate(names, 1)
    }
