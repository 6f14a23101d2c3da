"""Exact draws of the moments of Gaussian samples, at a cost that does not grow with the sample."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from .._types import Count, Key


def sample_chi(key: Key, num_degrees: Float[Array, " D"]) -> Float[Array, " D"]:
    """Draw chi variates, one for each number of degrees of freedom (0 gives 0).

    Marsaglia and Tsang's rejection (2000) on whole arrays: a round is repeated until every
    element is accepted, which is exact, and several times faster under `vmap` than one
    rejection loop per element.
    """
    first_key, retry_key, single_key = jax.random.split(key, 3)
    # Gamma(shape a >= 1) by rejection; one degree of freedom (a = 1/2) is |normal|.
    d = jnp.maximum(num_degrees, 2.0) / 2.0 - 1.0 / 3.0
    c = 1.0 / jnp.sqrt(9.0 * d)

    def propose(key: Key) -> tuple[Array, Array]:
        normal_key, uniform_key = jax.random.split(key)
        x = jax.random.normal(normal_key, d.shape)
        v = jnp.maximum(1.0 + c * x, 0.0) ** 3
        log_ratio = 0.5 * x**2 + d * (1.0 - v + jnp.log(jnp.maximum(v, 1e-30)))
        log_u = jnp.log(jax.random.uniform(uniform_key, d.shape, minval=1e-38))
        return jnp.sqrt(2.0 * d * v), (v > 0.0) & (log_u < log_ratio)

    def retry(state: tuple[Array, Array, Array]) -> tuple[Array, Array, Array]:
        round_number, value, accepted = state
        new, new_accepted = propose(jax.random.fold_in(retry_key, round_number))
        value = jnp.where(accepted, value, new)
        return round_number + 1, value, accepted | new_accepted

    first, accepted = propose(first_key)
    start = (jnp.zeros((), jnp.uint32), first, accepted)
    _, chi, _ = jax.lax.while_loop(lambda state: ~jnp.all(state[2]), retry, start)
    single = jnp.abs(jax.random.normal(single_key, d.shape))
    chi = jnp.where(num_degrees == 1.0, single, chi)
    return jnp.where(num_degrees > 0.0, chi, 0.0)


def sample_factor(
    key: Key, num_samples: Count, row_scale: Float[Array, " D"]
) -> Float[Array, "D D"]:
    r"""Draw `S T`: `S` diagonal, and `T` with $T T^\top$ distributed as $Z^\top Z$.

    `Z` is standard normal with `num_samples` rows (any number, also fewer than columns; it
    may be traced): Bartlett's decomposition of the Wishart law. Columns of `T` beyond
    `num_samples` are zero.

    The matrix is put together flat and folded at the end: XLA's CPU code for random bits
    and for element-wise work on small trailing axes is several times slower.

    Args:
        key: Of this draw.
        num_samples: Rows of `Z`.
        row_scale: The diagonal of `S`.
    """
    num_dims = row_scale.shape[0]
    chi_key, normal_key = jax.random.split(key)
    num_degrees = jnp.asarray(num_samples, jnp.float32) - jnp.arange(num_dims, dtype=jnp.float32)
    alive = (num_degrees > 0.0).astype(jnp.float32)
    below = (jnp.tri(num_dims, k=-1) * alive[None, :] * row_scale[:, None]).reshape(-1)
    # diagonal[i] holds row_scale[i] at flat position (i, i).
    diagonal = (jnp.eye(num_dims)[:, :, None] * jnp.eye(num_dims)[:, None, :]).reshape(num_dims, -1)
    flat = below * jax.random.normal(normal_key, (num_dims**2,))
    flat = flat + (sample_chi(chi_key, num_degrees) * row_scale) @ diagonal
    return flat.reshape(num_dims, num_dims)
