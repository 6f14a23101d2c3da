"""Every baseline against the textbook formula in NumPy, at every prefix of a sequence."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from iclaws.baselines.averaging import Averaging
from iclaws.baselines.gd_plus_plus import GDPlusPlus
from iclaws.baselines.gradient_descent import GradientDescent
from iclaws.baselines.least_squares import LeastSquares
from iclaws.baselines.ridge import Ridge
from iclaws.baselines.zero import Zero
from iclaws.models._base import prefix_moments

DIMS, POINTS = 4, 11  # prefixes below, at and above the dimension
STEPS, SHRINKAGE = np.array([0.5, 0.3, 0.7]), np.array([0.2, 0.05, 0.1])
PRIOR, NOISE_VAR = np.array([2.0, 1.0, 0.5, 0.25]), 0.3


def data():
    generator = np.random.default_rng(7)
    xs = generator.standard_normal((POINTS, DIMS)) * np.array([1.5, 1.0, 0.7, 0.4])
    return xs, xs @ generator.standard_normal(DIMS) + 0.5 * generator.standard_normal(POINTS)


def gd_plus_plus(xs, ys):
    """Return effective weights: run GD++ with the unit vectors as queries."""
    residual, queries, weights = ys.copy(), np.eye(DIMS), np.zeros(DIMS)
    for step, shrinkage in zip(STEPS, SHRINKAGE, strict=True):
        gradient = xs.T @ residual / len(ys)
        weights = weights + step * queries @ gradient
        residual = residual - step * xs @ gradient
        shrink = np.eye(DIMS) - shrinkage * xs.T @ xs / len(ys)
        xs, queries = xs @ shrink, queries @ shrink
    return weights


def descent(xs, ys):
    weights = np.zeros(DIMS)
    for step in STEPS:
        weights = weights + step * xs.T @ (ys - xs @ weights) / len(ys)
    return weights


def posterior_mean(xs, ys):
    """Condition the joint Gaussian of w and y on y: no matrix of the source appears."""
    covariance = xs @ np.diag(PRIOR) @ xs.T + NOISE_VAR * np.eye(len(ys))
    return np.diag(PRIOR) @ xs.T @ np.linalg.solve(covariance, ys)


def arrays(*values):
    return [jnp.asarray(value) for value in values]


# Built late: inside `enable_x64` the arrays are float64.
CASES = {
    "zero": (lambda: Zero(), lambda xs, ys: np.zeros(DIMS)),
    "averaging": (lambda: Averaging(), lambda xs, ys: (xs * ys[:, None]).mean(axis=0)),
    "least-squares": (lambda: LeastSquares(), lambda xs, ys: np.linalg.pinv(xs) @ ys),
    "ridge": (lambda: Ridge(*arrays(PRIOR, NOISE_VAR)), posterior_mean),
    "gradient-descent": (lambda: GradientDescent(*arrays(STEPS)), descent),
    "gd-plus-plus": (lambda: GDPlusPlus(*arrays(STEPS, SHRINKAGE)), gd_plus_plus),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 2e-3), ("float64", 1e-9)])
def test_every_prefix_is_the_textbook_estimate(name, dtype, tolerance):
    make, reference = CASES[name]
    xs, ys = data()
    expected = [0.0] + [xs[i] @ reference(xs[:i], ys[:i]) for i in range(1, POINTS)]
    with jax.enable_x64(dtype == "float64"):
        baseline = jax.tree.map(lambda leaf: leaf.astype(dtype), make())
        inputs = jnp.asarray(xs, dtype), jnp.asarray(ys, dtype)
        predicted = np.asarray(jax.jit(lambda b, x, y: b(x, y))(baseline, *inputs))
    np.testing.assert_allclose(predicted, expected, rtol=tolerance, atol=tolerance)


def test_steps_of_size_zero_change_nothing():
    """One padded program serves every depth."""
    xs, ys = (jnp.asarray(part, jnp.float32) for part in data())
    padded = jnp.asarray(np.pad(STEPS, (0, 3)), jnp.float32)
    shrinkage = jnp.asarray(np.pad(SHRINKAGE, (0, 3)), jnp.float32)
    for short, long in (
        (GradientDescent(padded[:3]), GradientDescent(padded)),
        (GDPlusPlus(padded[:3], shrinkage[:3]), GDPlusPlus(padded, shrinkage)),
    ):
        np.testing.assert_allclose(long(xs, ys), short(xs, ys), rtol=1e-6)


def test_ridge_tends_to_least_squares_without_noise():
    xs, ys = (jnp.asarray(part, jnp.float32) for part in data())
    ridge = Ridge(jnp.ones(DIMS), jnp.asarray(1e-5))
    np.testing.assert_allclose(ridge(xs, ys)[6:], LeastSquares()(xs, ys)[6:], rtol=1e-2, atol=1e-3)


@pytest.mark.parametrize("dims", [8, 20])
@pytest.mark.parametrize("noise_var", [1e-4, 1e-6, 1e-8])
def test_ridge_from_moments_is_near_least_squares_at_little_noise(dims, noise_var):
    """Never NaN, and where there are more dimensions than examples the minimum norm."""
    xs, weights = jax.random.normal(jax.random.key(0), (2, 64, 2 * dims, dims))
    ys = jnp.einsum("npd,nd->np", xs, weights[:, 0])
    moments = jax.vmap(prefix_moments)(xs, ys)
    model = Ridge(jnp.ones(dims), jnp.asarray(noise_var))
    ridge = jax.jit(jax.vmap(jax.vmap(model.predict)))(moments)
    exact = jax.jit(jax.vmap(LeastSquares()))(xs, ys)
    away = np.asarray(jnp.mean((ridge - exact) ** 2, axis=0)) / dims
    assert np.all(away[: dims - 2] < 4e-3) and np.all(away[dims + 3 :] < 1e-5), away


def test_descent_tends_to_least_squares_in_many_steps():
    xs, ys = (jnp.asarray(part, jnp.float32) for part in data())
    descent_ = GradientDescent(jnp.full(3000, 0.3))
    np.testing.assert_allclose(
        descent_(xs, ys)[6:], LeastSquares()(xs, ys)[6:], rtol=1e-2, atol=1e-3
    )


def test_least_squares_fits_the_labels_it_has_seen():
    """With fewer labels than dimensions, the minimum-norm solution interpolates."""
    xs, ys = (jnp.asarray(part, jnp.float32) for part in data())
    for seen in (1, 3):
        again = jnp.concatenate([xs[:seen], xs[:1]]), jnp.concatenate([ys[:seen], ys[:1]])
        assert float(LeastSquares()(*again)[-1]) == pytest.approx(float(ys[0]), rel=1e-3)
