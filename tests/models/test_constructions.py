"""Constructed weights run gradient descent and GD++, to rounding."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from iclaws.errors import InvalidValue
from iclaws.models.constructions import gd_plus_plus_weights, gradient_descent_weights

DIMS, POINTS, DEPTH = 5, 12, 6
STEPS = np.array([0.6, 0.3, 0.5, 0.2, 0.45, 0.35])
SHRINKAGE = np.array([0.2, 0.1, 0.15, 0.05, 0.12, 0.0])


def data():
    generator = np.random.default_rng(3)
    xs = generator.standard_normal((POINTS, DIMS)) / np.sqrt(DIMS)
    return xs, xs @ generator.standard_normal(DIMS) + 0.1 * generator.standard_normal(POINTS)


def descent(xs, ys, query):
    """L explicit steps of GD on the mean squared error, from zero."""
    weights = np.zeros(DIMS)
    for step in STEPS:
        weights = weights + step * xs.T @ (ys - xs @ weights) / len(xs)
    return query @ weights


def descent_plus_plus(xs, ys, query):
    """L steps of GD++: a GD step on the labels, then x <- (I - gamma X'X/k) x for every token."""
    residual, prediction = ys.copy(), 0.0
    for step, shrinkage in zip(STEPS, SHRINKAGE, strict=True):
        gradient = xs.T @ residual / len(xs)
        shrink = np.eye(DIMS) - shrinkage * xs.T @ xs / len(xs)
        prediction = prediction + step * gradient @ query
        residual = residual - step * xs @ gradient
        xs, query = xs @ shrink, shrink @ query
    return prediction


CASES = {
    "gradient descent": (lambda *s: gradient_descent_weights(s[0], DIMS), descent),
    "GD++": (lambda *s: gd_plus_plus_weights(*s, DIMS), descent_plus_plus),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-5), ("float64", 1e-10)])
def test_the_forward_pass_is_the_algorithm(name, dtype, tolerance):
    construct, algorithm = CASES[name]
    xs, ys = data()
    expected = [algorithm(xs[:i], ys[:i], xs[i]) for i in range(1, POINTS)]
    with jax.enable_x64(dtype == "float64"):
        model = construct(jnp.asarray(STEPS, dtype), jnp.asarray(SHRINKAGE, dtype))
        inputs = jnp.asarray(xs, dtype), jnp.asarray(ys, dtype)
        predicted = jax.jit(lambda m, x, y: m(x, y))(model, *inputs)
        by_tokens = model.predict_tokens(inputs[0][:-1], inputs[1][:-1], inputs[0][-1])
        assert predicted.dtype == by_tokens.dtype == jnp.dtype(dtype)
    np.testing.assert_allclose(predicted[1:], expected, atol=tolerance, rtol=0)
    np.testing.assert_allclose(by_tokens, expected[-1], atol=tolerance, rtol=0)


def test_the_steps_are_read_back_from_the_weights():
    measured = gradient_descent_weights(jnp.asarray(STEPS, jnp.float32), DIMS).measures()
    np.testing.assert_allclose(measured["step_sizes"], STEPS, rtol=1e-6)
    np.testing.assert_allclose(measured["step_size"], STEPS.mean(), rtol=1e-6)
    np.testing.assert_allclose(measured["anisotropy"], 0.0, atol=1e-6)
    measured = CASES["GD++"][0](*map(lambda s: jnp.asarray(s, jnp.float32), (STEPS, SHRINKAGE)))
    np.testing.assert_allclose(measured.measures()["step_sizes"], STEPS, rtol=1e-6)


def test_a_step_of_size_zero_changes_nothing():
    """Padded with zeros, as one program for every depth needs; a shrinkage alone is refused."""
    xs, ys = (jnp.asarray(part, jnp.float32) for part in data())
    steps, shrinkage = (jnp.asarray(part, jnp.float32) for part in (STEPS, SHRINKAGE))
    short = gd_plus_plus_weights(steps, shrinkage, DIMS)
    long = gd_plus_plus_weights(jnp.pad(steps, (0, 2)), jnp.pad(shrinkage, (0, 2)), DIMS)
    np.testing.assert_allclose(long(xs, ys), short(xs, ys), rtol=1e-5, atol=1e-6)
    with pytest.raises(InvalidValue, match="step is 0 cannot transform"):
        gd_plus_plus_weights(jnp.asarray([0.5, 0.0]), jnp.asarray([0.1, 0.1]), DIMS)
