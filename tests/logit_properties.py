"""What every predictor with logits must do, trained or not: models and baselines alike.

`check_*` raise. A predictor reads tokens (`NUM_CLASSES` of them), or covariates with that many
labels; which one is said by `reads`.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np

NUM_DIMS, NUM_POINTS, NUM_CLASSES = 3, 9, 4


@functools.cache
def examples(reads, *, batch=None, seed=0):
    """Return what is read and the labels, of one sequence or of a batch of them."""
    generator = np.random.default_rng(seed)
    axes = (NUM_POINTS,) if batch is None else (batch, NUM_POINTS)
    ys = jnp.asarray(generator.integers(NUM_CLASSES, size=axes), jnp.int32)
    if reads == "tokens":
        return jnp.asarray(generator.integers(NUM_CLASSES, size=axes), jnp.int32), ys
    return jnp.asarray(generator.standard_normal((*axes, NUM_DIMS)), jnp.float32), ys


@jax.jit
def compiled(predictor, xs, ys):
    return predictor(xs, ys)


def check_call(predictor, reads):
    """One logit per class and position, compiled or not."""
    xs, ys = examples(reads)
    plain = predictor(xs, ys)
    assert plain.shape == (NUM_POINTS, NUM_CLASSES) and plain.dtype == jnp.float32
    assert np.isfinite(plain).all()
    np.testing.assert_allclose(compiled(predictor, xs, ys), plain, rtol=1e-4, atol=1e-5)


def check_vmap(predictor, reads):
    """A batch is its sequences, one by one."""
    xs, ys = examples(reads, batch=3)
    together = jax.jit(jax.vmap(lambda x, y: predictor(x, y)))(xs, ys)
    alone = [compiled(predictor, x, y) for x, y in zip(xs, ys, strict=True)]
    np.testing.assert_allclose(together, np.stack(alone), rtol=1e-4, atol=1e-5)


def check_past_only(predictor, reads):
    """Nothing after a position, nor its own label, changes its logits by one bit."""
    xs, ys = examples(reads)
    other_xs, other_ys = examples(reads, seed=1)
    expected = np.asarray(compiled(predictor, xs, ys))
    index = jnp.arange(NUM_POINTS)
    for position in range(NUM_POINTS):
        later = index > position
        new_xs = jnp.where(later if reads == "tokens" else later[:, None], other_xs, xs)
        # A model of tokens reads no labels at all.
        hidden = jnp.ones_like(later) if reads == "tokens" else index >= position
        changed = compiled(predictor, new_xs, jnp.where(hidden, other_ys, ys))
        np.testing.assert_array_equal(changed[: position + 1], expected[: position + 1])


def check_prefix(predictor, reads):
    """A sequence's logits begin with those of its first points."""
    xs, ys = examples(reads)
    short = compiled(predictor, xs[:5], ys[:5])
    np.testing.assert_allclose(short, compiled(predictor, xs, ys)[:5], rtol=1e-4, atol=1e-5)


def check_positions(predictor, reads):
    """Asked at some positions, it answers as it does there when asked at all."""
    xs, ys = examples(reads)
    positions = jnp.asarray([1, 4, 8])
    some = jax.jit(lambda p, x, y, at: p.logits(x, y, at))(predictor, xs, ys, positions)
    np.testing.assert_allclose(some, compiled(predictor, xs, ys)[positions], rtol=1e-4, atol=1e-5)


CHECKS = (check_call, check_vmap, check_past_only, check_prefix, check_positions)
