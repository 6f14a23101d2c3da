"""Drawing Gaussian contexts at a cost that does not grow with their length."""

import numpy as np
from jaxtyping import Float


def scaled_contexts(
    num_context: float | int,
    spectrum: Float[np.ndarray, " dims"],
    num_draws: int,
    generator: np.random.Generator,
) -> Float[np.ndarray, "draws rows dims"]:
    r"""Return matrices $R$ with $R^\top R$ distributed as $X^\top X/k$, $\min(k,D)$ rows each.

    For $k\ge D$ the triangular factor of the Wishart law (Bartlett): chi on the diagonal,
    normal above it.
    """
    k, dims = num_context, spectrum.size
    if np.isinf(k):
        return np.broadcast_to(np.diag(np.sqrt(spectrum)), (num_draws, dims, dims))
    if k < dims:
        rows = generator.standard_normal((num_draws, int(k), dims))
    else:
        rows = np.triu(generator.standard_normal((num_draws, dims, dims)), k=1)
        at = np.arange(dims)
        rows[:, at, at] = np.sqrt(generator.chisquare(k - at, size=(num_draws, dims)))
    return rows * np.sqrt(spectrum / k)


def random_rows(
    read_in: Float[np.ndarray, "rank dims"] | None,
    num_dims: int,
    num_draws: int | None,
    generator: np.random.Generator,
) -> np.ndarray | None:
    """Return the read-in, or one copy of it per draw, turned by a Haar rotation of the covariates.

    Args:
        read_in: $A$, or None for the identity (which a rotation leaves alone).
        num_dims: $D$.
        num_draws: Rotations wanted; None for no rotation.
        generator: Draws them.
    """
    if read_in is None or num_draws is None:
        return read_in
    rank = min(read_in.shape)
    left, values, _ = np.linalg.svd(read_in, full_matrices=False)
    frame, upper = np.linalg.qr(generator.standard_normal((num_draws, num_dims, rank)))
    frame = frame * np.sign(np.einsum("nll->nl", upper))[:, None, :]
    return (left * values) @ np.swapaxes(frame, 1, 2)
