"""In the setting `rrs` no preconditioner pays; in a fixed basis one does.

The best predictor x_q' G h over all matrices G is a least-squares problem, because the risk
of a context, (w - G h)' Sigma (w - G h), is quadratic in G. It is solved on one large sample
and judged on another.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from iclaws.tasks.linear_regression import LinearRegression
from sampling_laws import some_slow

DIMS, CONTEXT, DRAWS = 5, 20, 60000


def contexts(task, seed):
    """Return h, Sigma and w of many contexts, in float64."""

    def one(key):
        latent_key, key = jax.random.split(key)
        latent = task.sample_latent(latent_key)
        mixing = latent.mixing if latent.mixing.ndim == 2 else jnp.diag(latent.mixing)
        drawn = task.sample_moments(key, latent, 1)
        return drawn.moments.cross, mixing @ mixing.T, latent.weights

    keys = jax.random.split(jax.random.key(seed), DRAWS)
    return [np.asarray(part, np.float64) for part in jax.jit(jax.vmap(one))(keys)]


def normal_equations(drawn):
    """Return A and b with risk(G) = const + vec(G)' A vec(G) - 2 b' vec(G)."""
    cross, covariance, weights = drawn
    quadratic = np.einsum("nab,nc,nd->acbd", covariance, cross, cross, optimize=True)
    linear = np.einsum("nab,nb,nc->ac", covariance, weights, cross, optimize=True)
    return quadratic.reshape(DIMS**2, DIMS**2) / DRAWS, linear.ravel() / DRAWS


def risks(drawn, matrix):
    """Return the risk of every context."""
    cross, covariance, weights = drawn
    gap = weights - cross @ matrix.T
    return np.einsum("na,nab,nb->n", gap, covariance, gap, optimize=True)


def gain(task):
    """Return by how much the best matrix beats the best scalar on fresh contexts, and its error."""
    fitted, fresh = contexts(task, 1), contexts(task, 2)
    quadratic, linear = normal_equations(fitted)
    best = np.linalg.solve(quadratic, linear).reshape(DIMS, DIMS)
    unit = np.eye(DIMS).ravel()
    scalar = (unit @ linear) / (unit @ quadratic @ unit) * np.eye(DIMS)
    plain, preconditioned = risks(fresh, scalar), risks(fresh, best)
    difference = (plain - preconditioned) / plain.mean()
    return difference.mean(), difference.std() / np.sqrt(DRAWS)


def linear_task(setting, num_rotations=64):
    return LinearRegression(
        DIMS, CONTEXT, setting, capacity=1.5, source=0.7, num_rotations=num_rotations
    ).prepare(np.random.default_rng(0))


@pytest.mark.parametrize("num_rotations", some_slow([1, 4, 64], [4, 64]))
def test_no_preconditioner_pays_in_rotated_contexts(num_rotations):
    mean, error = gain(linear_task("rrs", num_rotations))
    assert mean < 3.0 * error
    # The least-squares optimum itself gives up no more than its own sampling error:
    # D^2 free numbers against 60,000 contexts of heavy-tailed risk.
    assert mean > -0.01


def test_a_preconditioner_pays_in_a_fixed_basis():
    """The control: the same spectrum, and the same test finds a gain of tens of per cent."""
    mean, error = gain(linear_task("fs"))
    assert mean > 0.1
    assert mean > 10.0 * error
