"""Shared array types, and the letters that name array axes everywhere.

Shape letters (in annotations and in suffixes of local names): `B` batch, `P` points of a
sequence, `D` task dimension, `M` model width, `H` heads, `K` head width, `L` layers,
`R` runs of an ensemble.
"""

from typing import Any, NamedTuple

from jaxtyping import Array, Float, Int, PRNGKeyArray

Key = PRNGKeyArray
Scalar = Float[Array, ""]
# A number of a configuration: Python's outside, an array (or a tracer) inside a program.
Real = float | int | Float[Array, "*runs"]
Count = int | Int[Array, "*runs"]


def as_real(value: Any) -> Any:
    """Write a whole number as a float, so that a field has one type in every configuration."""
    return float(value) if isinstance(value, int) else value


def as_pair(value: Any) -> tuple[float, float]:
    """Write two numbers as a tuple of floats: JSON gives a list back."""
    first, second = value
    return float(first), float(second)


class Sequence(NamedTuple):
    """One sequence of examples; the point at index `num_context` is the query.

    Attributes:
        xs: Covariates, `(P, D)`.
        ys: Labels as the model sees them, `(P,)`.
        targets: The noise-free labels that risk is measured against, `(P,)`.
    """

    xs: Array
    ys: Array
    targets: Array


class Moments(NamedTuple):
    r"""What a predictor that is linear in the labels needs to know of one sequence.

    Attributes:
        covariance: $\hat\Sigma = X^\top X / k$, `(D, D)`.
        cross: $h = X^\top y / k$, `(D,)`.
        query: The covariates to predict at, `(D,)`.
        num_context: $k$, a scalar (0 leaves both moments zero).
    """

    covariance: Array
    cross: Array
    query: Array
    num_context: Array


class MomentSequence(NamedTuple):
    """The moments of a context with several queries, each to be answered on its own.

    Attributes:
        moments: What the model sees; its `query` has a leading axis `Q`.
        labels: The labels of the queries as training uses them, `(Q,)`.
        targets: The same without noise, `(Q,)`.
    """

    moments: Moments
    labels: Array
    targets: Array
