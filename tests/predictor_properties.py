"""What every predictor must do, trained or not: models and baselines answer one call.

`check_*` raise; a predictor is anything called as `predictor(xs, ys)` on one sequence.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np

NUM_DIMS, NUM_POINTS = 3, 7


@functools.cache
def examples(dtype="float32", *, batch=None, seed=0):
    """Return covariates and labels of one sequence, or of a batch of them."""
    generator = np.random.default_rng(seed)
    axes = (NUM_POINTS,) if batch is None else (batch, NUM_POINTS)
    xs = generator.standard_normal((*axes, NUM_DIMS))
    ys = xs @ generator.standard_normal(NUM_DIMS) + 0.1 * generator.standard_normal(axes)
    return jnp.asarray(xs, dtype), jnp.asarray(ys, dtype)


def in_double(predictor):
    """Return the predictor with float64 leaves (inside `jax.enable_x64`)."""
    return jax.tree.map(lambda leaf: jnp.asarray(leaf, jnp.float64), predictor)


@jax.jit
def compiled(predictor, xs, ys):
    return predictor(xs, ys)


@jax.jit
def jacobians(predictor, xs, ys):
    """Return the derivatives of every prediction, by all covariates and by all labels."""
    return jax.jacrev(lambda x, y: predictor(x, y), argnums=(0, 1))(xs, ys)


def check_call(predictor):
    """One prediction per point, of the type of its inputs, compiled or not."""
    xs, ys = examples()
    plain = predictor(xs, ys)
    assert plain.shape == (NUM_POINTS,)
    assert plain.dtype == jnp.float32
    np.testing.assert_allclose(compiled(predictor, xs, ys), plain, rtol=1e-4, atol=1e-5)


def check_double(predictor):
    """Float64 in, float64 out, and the same numbers to float32's rounding."""
    single = compiled(predictor, *examples())
    with jax.enable_x64(True):
        double = compiled(in_double(predictor), *examples("float64"))
        assert double.dtype == jnp.float64
        np.testing.assert_allclose(np.asarray(double), single, rtol=1e-3, atol=1e-4)


def check_vmap(predictor):
    """A batch is its sequences, one by one."""
    xs, ys = examples(batch=3)
    together = jax.jit(jax.vmap(lambda x, y: predictor(x, y)))(xs, ys)
    alone = [compiled(predictor, x, y) for x, y in zip(xs, ys, strict=True)]
    np.testing.assert_allclose(together, np.stack(alone), rtol=1e-4, atol=1e-5)


def check_past_only(predictor):
    """Other values from a label on change no prediction up to that label, by one bit."""
    xs, ys = examples()
    other_xs, other_ys = examples(seed=1)
    expected = np.asarray(compiled(predictor, xs, ys))
    for position in range(NUM_POINTS):
        later = jnp.arange(NUM_POINTS) > position
        new_xs = jnp.where(later[:, None], 10.0 * other_xs, xs)
        new_ys = jnp.where(later | (jnp.arange(NUM_POINTS) == position), 10.0 * other_ys, ys)
        changed = compiled(predictor, new_xs, new_ys)
        np.testing.assert_array_equal(changed[: position + 1], expected[: position + 1])


def check_prefix(predictor):
    """A sequence's predictions begin with those of its first points."""
    xs, ys = examples()
    short = compiled(predictor, xs[:4], ys[:4])
    np.testing.assert_allclose(short, compiled(predictor, xs, ys)[:4], rtol=1e-4, atol=1e-5)


def check_causal_gradient(predictor):
    """The derivative by a later point, or by a prediction's own label, is exactly zero."""
    by_xs, by_ys = map(np.asarray, jacobians(predictor, *examples()))
    assert np.isfinite(by_xs).all() and np.isfinite(by_ys).all()
    assert np.all(np.triu(by_ys) == 0.0)
    assert np.all(np.triu(np.abs(by_xs).max(axis=-1), k=1) == 0.0)


def check_reads_context(predictor):
    """The last prediction depends on every label before it, and on its own covariates."""
    by_xs, by_ys = map(np.asarray, jacobians(predictor, *examples()))
    assert np.all(by_ys[-1, :-1] != 0.0)
    assert np.any(by_xs[-1, -1] != 0.0)
