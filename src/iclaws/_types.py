"""Shared array types, and the letters that name array axes everywhere.

Shape letters (in annotations and in suffixes of local names): `B` batch, `P` points of a
sequence, `D` task dimension, `M` model width, `H` heads, `K` head width, `L` layers,
`R` runs of an ensemble.
"""

from jaxtyping import Array, Float, Int, PRNGKeyArray

Key = PRNGKeyArray
Scalar = Float[Array, ""]
# A number of a configuration: Python's outside, an array (or a tracer) inside a program.
Real = float | int | Float[Array, ""]
Count = int | Int[Array, ""]
