"""Linear attention: its covariance form against attention over tokens, written twice."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from iclaws._types import Moments
from iclaws.errors import InvalidValue
from iclaws.models.linear_attention import LinearAttention, orthonormal_rows
from iclaws.tasks.linear_regression import LinearRegression
from iclaws.train import Point

DIMS, CONTEXT, DEPTH = 4, 7, 3
OPTIONS = {
    "tied": (True, False),
    "covariates": ("frozen", "updated"),
    "read_in_rank": (None, 2),
    "symmetric": (False, True),
    "mask_query": (True, False),
}
EVERY_OPTION = [
    dict(zip(OPTIONS, values, strict=True)) for values in itertools.product(*OPTIONS.values())
]


def by_tokens(model, xs, ys, query):
    """Attention as the class defines it, token by token in float64; any number of labels.

    Independent of the source: loops over tokens, and nothing shared but the weights.
    """
    weights = {name: np.asarray(getattr(model, name), np.float64) for name in ("mixers", "values")}
    tokens = [np.asarray(x, np.float64) for x in [*xs, query]]
    if model.read_in is not None:
        tokens = [np.asarray(model.read_in, np.float64) @ x for x in tokens]
    labels = [float(y) for y in ys] + [0.0]
    num_keys = len(xs) + (0 if model.mask_query else 1)
    for layer in range(model.depth):
        index = 0 if len(weights["mixers"]) == 1 else layer
        product = weights["values"][index] * weights["mixers"][index]
        if model.symmetric:
            product = (product + product.T) / 2
        moved_labels, moved_tokens = [], []
        for token, label in zip(tokens, labels, strict=True):
            read, moved = 0.0, np.zeros_like(token)
            for key in range(num_keys):
                score = tokens[key] @ product @ token / len(xs)
                read += score * labels[key]
                moved = moved + score * tokens[key]
            moved_labels.append(label - read)
            change = 0.0
            if model.covariate_mixers is not None:
                change = np.asarray(model.covariate_mixers[index], np.float64) @ moved
            moved_tokens.append(token + change)
        tokens, labels = moved_tokens, moved_labels
    return -labels[-1]


def sequence(seed=0):
    generator = np.random.default_rng(seed)
    xs = generator.standard_normal((CONTEXT, DIMS))
    return xs, generator.standard_normal(CONTEXT), generator.standard_normal(DIMS)


def moments(xs, ys, query):
    count = jnp.asarray(len(xs), xs.dtype)
    return Moments(xs.T @ xs / len(xs), xs.T @ ys / len(xs), query, count)


def initialised(**options):
    # Weights large enough that every layer matters.
    architecture = LinearAttention(depth=DEPTH, init_scale=0.6, **options)
    return architecture.init(jax.random.key(0), DIMS)


@pytest.mark.parametrize("options", EVERY_OPTION, ids=lambda o: "-".join(map(str, o.values())))
def test_moments_and_tokens_agree(options):
    model = initialised(**options)
    expected = by_tokens(model, *sequence())
    single = [jnp.asarray(part, jnp.float32) for part in sequence()]
    assert float(model.predict(moments(*single))) == pytest.approx(expected, rel=1e-4, abs=1e-5)
    with jax.enable_x64(True):
        double = jax.tree.map(lambda leaf: leaf.astype(jnp.float64), model)
        parts = [jnp.asarray(part) for part in sequence()]
        assert float(double.predict(moments(*parts))) == pytest.approx(expected, rel=1e-10)
        assert float(double.predict_tokens(*parts)) == pytest.approx(expected, rel=1e-10)


def test_every_layer_matters():
    """The agreement above would say little if one layer did all the work."""
    for options in EVERY_OPTION:
        model = initialised(**options)
        full = by_tokens(model, *sequence())
        object.__setattr__(model, "depth", DEPTH - 1)
        assert abs(by_tokens(model, *sequence()) - full) > 1e-4, options


def test_no_context_gives_no_prediction():
    for updated in ("frozen", "updated"):
        model = initialised(covariates=updated)
        xs, ys, query = (jnp.asarray(part, jnp.float32) for part in sequence())
        assert float(model.predict_tokens(xs[:0], ys[:0], query)) == 0.0
        assert float(model(xs, ys)[0]) == 0.0


def test_tied_layers_share_weights():
    assert initialised(tied=True).mixers.shape == (1, DIMS, DIMS)
    assert initialised(tied=False).mixers.shape == (DEPTH, DIMS, DIMS)


def test_a_symmetric_model_ignores_the_skew_part():
    model = initialised(symmetric=True)
    skew = jnp.asarray(np.random.default_rng(0).standard_normal((1, DIMS, DIMS)), jnp.float32)
    skew = skew - jnp.swapaxes(skew, 1, 2)
    given = moments(*(jnp.asarray(part, jnp.float32) for part in sequence()))
    expected = float(model.predict(given))
    object.__setattr__(model, "mixers", model.mixers + skew)
    assert float(model.predict(given)) == pytest.approx(expected, rel=1e-4)
    object.__setattr__(model, "symmetric", False)
    assert float(model.predict(given)) != pytest.approx(expected, rel=1e-2)


@pytest.mark.parametrize("rank", [1, 2, DIMS])
def test_the_read_in_has_orthonormal_rows_of_its_rank(rank):
    read_in = np.asarray(initialised(read_in_rank=rank).read_in, np.float64)
    np.testing.assert_allclose(
        read_in @ read_in.T, np.diag(np.arange(DIMS) < rank).astype(float), atol=1e-5
    )


def test_the_read_in_is_uniform_over_subspaces():
    """The projection on a Haar subspace has mean r/D I."""

    def draw(key):
        rows = jax.random.normal(key, (DIMS, DIMS))
        return orthonormal_rows(jnp.where(jnp.arange(DIMS)[:, None] < 2, rows, 0.0))

    read_ins = np.asarray(jax.vmap(draw)(jax.random.split(jax.random.key(0), 4000)))
    mean = (read_ins.swapaxes(1, 2) @ read_ins).mean(axis=0)
    np.testing.assert_allclose(mean, 0.5 * np.eye(DIMS), atol=0.03)


def test_a_rank_given_as_an_array_makes_the_same_model():
    """An ensemble varies the rank inside one program."""
    plain = LinearAttention(read_in_rank=2).init(jax.random.key(0), DIMS)
    traced = jax.jit(lambda rank: LinearAttention(read_in_rank=rank).init(jax.random.key(0), DIMS))(
        jnp.asarray(2, jnp.int32)
    )
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-5), traced, plain)


def test_what_a_read_in_hides_does_not_matter():
    """Covariates orthogonal to the read-in's rows change nothing."""
    model = initialised(read_in_rank=2, covariates="updated", tied=False)
    xs, ys, query = (jnp.asarray(part, jnp.float32) for part in sequence())
    hidden = jnp.eye(DIMS) - model.read_in.T @ model.read_in
    moved = xs + 3.0 * xs @ hidden, ys, query - 2.0 * hidden @ query
    np.testing.assert_allclose(
        model.predict(moments(*moved)), model.predict(moments(xs, ys, query)), rtol=1e-3, atol=1e-5
    )


def test_measures_are_the_traces_of_the_effective_products():
    r"""The step seen from outside is tr(A' B' A) / r; anisotropy is what no multiple of I holds."""
    for options in EVERY_OPTION:
        model = initialised(**options)
        read_in = np.eye(DIMS) if model.read_in is None else np.asarray(model.read_in)
        rank = options["read_in_rank"] or DIMS
        products = np.asarray(model.acting_mixers) * np.ones((DEPTH, 1, 1))
        outside = read_in.T @ products.swapaxes(1, 2) @ read_in
        steps = np.trace(outside, axis1=1, axis2=2) / rank
        rest = outside - steps[:, None, None] * (read_in.T @ read_in)
        anisotropy = np.linalg.norm(rest, axis=(1, 2)) / np.linalg.norm(outside, axis=(1, 2))
        measured = model.measures()
        np.testing.assert_allclose(measured["step_sizes"], steps, rtol=1e-3, atol=1e-5)
        np.testing.assert_allclose(measured["step_size"], steps.mean(), rtol=1e-3, atol=1e-5)
        np.testing.assert_allclose(measured["anisotropy"], anisotropy, rtol=1e-3)


@pytest.mark.parametrize(
    ("fields", "words"),
    [({"depth": 0}, "`depth` must be at least 1. Got 0"), ({"read_in_rank": 0}, "`read_in_rank`")],
)
def test_impossible_shapes_are_refused(fields, words):
    with pytest.raises(InvalidValue, match=words):
        LinearAttention(**fields)


def test_a_rank_above_the_dimension_is_refused():
    with pytest.raises(InvalidValue, match="`read_in_rank`=11 exceeds `num_dims`=10"):
        Point(LinearRegression(), LinearAttention(read_in_rank=11))
