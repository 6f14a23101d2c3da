"""The evaluation shifts of linear regression, each against its definition."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from iclaws.errors import InvalidValue
from iclaws.tasks.shifted_linear_regression import ShiftedLinearRegression
from sampling_laws import assert_law, assert_mean, assert_uniform, draw

DRAWS, DIMS, CONTEXT = 4000, 5, 3
SHIFTS = (
    *("skewed", "half-subspace", "random-orthants", "opposite-orthants"),
    *("orthogonal-query", "overlapping-query"),
)


@pytest.fixture(scope="module", params=SHIFTS)
def shifted(request):
    task = ShiftedLinearRegression(DIMS, CONTEXT, request.param, input_var=4.0, weight_var=0.5)
    latents, drawn = draw(task, DRAWS, CONTEXT + 2)
    return request.param, latents, drawn


def test_every_shift_keeps_the_scale(shifted):
    """The trace of the covariance, and so E y^2 = D v_x v_w, at the context and at the query."""
    _, latents, drawn = shifted
    assert_law(latents.weights, stats.norm(scale=0.5**0.5))
    assert_mean((drawn.xs**2).sum(axis=2), 4.0 * DIMS)
    assert_mean(drawn.ys**2, 0.5 * 4.0 * DIMS)


def test_what_is_shifted(shifted):
    shift, latents, drawn = shifted
    context, query, after = drawn.xs[:, :CONTEXT], drawn.xs[:, CONTEXT], drawn.xs[:, CONTEXT + 1]
    if shift in ("skewed", "half-subspace"):
        wanted = np.arange(1.0, DIMS + 1) ** -2.0 if shift == "skewed" else np.array([1.0, 1.0])
        values = np.linalg.eigvalsh(latents.mixing @ latents.mixing.swapaxes(1, 2))[:, ::-1]
        wanted = np.pad(wanted * DIMS / wanted.sum(), (0, DIMS - len(wanted)))
        np.testing.assert_allclose(values, np.tile(wanted, (DRAWS, 1)), atol=1e-4)
        # Whitened by its own mixing every covariate is standard normal within its subspace.
        rank = int((wanted > 0).sum())
        white = np.linalg.pinv(latents.mixing, rcond=1e-4)[:, :rank] @ query[:, :, None] / 2.0
        assert_law(white, stats.norm())
        # The basis has no preferred direction: every direction has the mean variance.
        assert_mean(drawn.xs[:, 0, 0] ** 2, 4.0)
        assert_mean(drawn.xs[:, 0, 0] * drawn.xs[:, 0, 1], 0.0)
        return
    assert_law(after, stats.norm(scale=2.0))
    if shift == "overlapping-query":
        assert_law(context, stats.norm(scale=2.0))
        same = (context == query[:, None, :]).all(axis=2)
        np.testing.assert_array_equal(same.sum(axis=1), 1)
        assert_uniform(same.argmax(axis=1), CONTEXT)
    elif shift == "orthogonal-query":
        assert_law(context, stats.norm(scale=2.0))
        cosines = np.einsum("nkd,nd->nk", context, query)
        scale = np.linalg.norm(context, axis=2) * np.linalg.norm(query, axis=1)[:, None]
        assert np.abs(cosines / scale).max() < 1e-5
        assert_law((query**2).sum(axis=1) / 4.0, stats.chi2(DIMS))
    else:
        signs = np.sign(context)
        assert np.all(signs == signs[:, :1])
        assert_uniform((signs[:, 0] > 0) @ (1 << np.arange(DIMS)), 2**DIMS)
        assert_law(np.abs(context), stats.halfnorm(scale=2.0))
        if shift == "opposite-orthants":
            assert np.all(np.sign(query) == -signs[:, 0])
        else:
            assert_law(query, stats.norm(scale=2.0))
            assert_mean(np.sign(query) * signs[:, 0], 0.0)


def test_the_context_length_may_be_traced():
    """The query moves with it, inside one program."""

    @jax.jit
    def drawn(num_context):
        task = ShiftedLinearRegression(DIMS, CONTEXT, "overlapping-query")
        task = dataclasses.replace(task, num_context=num_context)
        return task.sample_sequence(jax.random.key(1), task.sample_latent(jax.random.key(0)), 6).xs

    for length in (1, 3, 5):
        xs = np.asarray(drawn(jnp.asarray(length)))
        repeats = [p for p in range(6) if (xs[:p] == xs[p]).all(axis=1).any()]
        assert repeats == [length]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"shift": "half-subspace", "num_dims": 1}, "`num_dims` must be at least 2. Got 1"),
        ({"shift": "overlapping-query", "num_context": 0}, "`num_context` must be at least 1"),
        ({"shift": "orthogonal-query", "num_context": 20}, "at most `num_dims - 1`=19. Got 20"),
        ({"input_var": 0.0}, "`input_var` must be above 0"),
        ({"weight_var": -1.0}, "`weight_var` must be above 0"),
        ({"noise_var": -1.0}, "`noise_var` must be at least 0"),
        ({"num_dims": 0}, "`num_dims` must be at least 1"),
    ],
)
def test_what_has_no_meaning_is_refused(fields, words):
    with pytest.raises(InvalidValue, match=words):
        ShiftedLinearRegression(**fields)
