"""The softmax transformer against one written out in NumPy."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import softmax

from iclaws.errors import InvalidValue
from iclaws.models.transformer import Transformer
from iclaws.tasks.linear_regression import LinearRegression
from iclaws.train import Point

DIMS, POINTS, WIDTH, DEPTH = 2, 4, 8, 3
SMALL = {"depth": DEPTH, "width": WIDTH, "num_heads": 2, "max_points": 6}


def norm(tokens, layer_norm):
    centred = tokens - tokens.mean(axis=1, keepdims=True)
    scaled = centred / np.sqrt((centred**2).mean(axis=1, keepdims=True) + 1e-5)
    return scaled * layer_norm.scale + layer_norm.shift


def affine(tokens, linear):
    return tokens @ linear.weight + linear.bias


def gelu(x):
    return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))


def attend(tokens, block):
    """Causal attention, one query token at a time."""
    queries = affine(tokens, block.query)
    keys, values = np.split(affine(tokens, block.key_value), 2, axis=1)
    mixed = np.zeros_like(tokens)
    for head in np.split(np.arange(WIDTH), block.num_heads):
        for i in range(len(tokens)):
            seen = slice(0, i + 1)
            scores = keys[seen][:, head] @ queries[i, head] / np.sqrt(len(head))
            mixed[i, head] = softmax(scores) @ values[seen][:, head]
    return affine(mixed, block.attention_out)


def forward(model, xs, ys):
    """Return the predictions of a GPT-2 block stack on tokens x1, y1, x2, y2, ..."""
    model = jax.tree.map(lambda leaf: np.asarray(leaf, np.float64), model)
    tokens = []
    for x, y in zip(xs, ys, strict=True):
        padded = np.zeros(DIMS)
        padded[0] = y  # a label is a covariate with one coordinate
        tokens += [affine(x[None], model.read_in)[0], affine(padded[None], model.read_in)[0]]
    tokens = np.stack(tokens)
    if model.positions is not None:
        tokens = tokens + model.positions[: len(tokens)]
    for layer in range(DEPTH):
        block = jax.tree.map(lambda leaf, layer=layer: leaf[layer], model.blocks)
        tokens = tokens + block.branch_scale * attend(norm(tokens, block.attention_norm), block)
        hidden = gelu(affine(norm(tokens, block.mlp_norm), block.mlp_in))
        tokens = tokens + block.branch_scale * affine(hidden, block.mlp_out)
    return affine(norm(tokens, model.final_norm), model.read_out)[::2, 0]


def noisy_weights(architecture):
    """Return weights all of whose entries, norms and biases included, differ and matter."""
    model = architecture.init(jax.random.key(0), DIMS)
    leaves, structure = jax.tree.flatten(model)
    generator = np.random.default_rng(0)
    noisy = [leaf + 0.3 * generator.standard_normal(leaf.shape).astype("f4") for leaf in leaves]
    return jax.tree.unflatten(structure, noisy)


@pytest.mark.parametrize(
    "options",
    [{}, {"positions": "none", "residual_scale": "depth", "mlp_ratio": 2, "num_heads": 4}],
    ids=["default", "every option changed"],
)
def test_the_forward_pass_is_gpt2s(options):
    model = noisy_weights(Transformer(**(SMALL | options)))
    generator = np.random.default_rng(1)
    xs, ys = generator.standard_normal((POINTS, DIMS)), generator.standard_normal(POINTS)
    predicted = jax.jit(lambda m, x, y: m(x, y))(
        model, jnp.asarray(xs, jnp.float32), jnp.asarray(ys, jnp.float32)
    )
    np.testing.assert_allclose(predicted, forward(model, xs, ys), rtol=2e-4, atol=2e-4)


def traced(depth, differentiate=False):
    """Return the number of operations in the program of a given depth."""
    architecture = Transformer(**(SMALL | {"depth": depth}))
    model = jax.eval_shape(lambda key: architecture.init(key, DIMS), jax.random.key(0))
    xs, ys = jnp.zeros((POINTS, DIMS)), jnp.zeros(POINTS)

    def total(model):
        return jnp.sum(model(xs, ys))

    return str(jax.make_jaxpr(jax.grad(total) if differentiate else total)(model)).count(" = ")


@pytest.mark.parametrize("differentiate", [False, True])
def test_the_program_does_not_grow_with_depth(differentiate):
    assert traced(3, differentiate) == traced(12, differentiate)


@pytest.mark.parametrize(
    ("scale", "factor"), [("none", 1.0), ("init", (2 * DEPTH) ** -0.5), ("depth", 1.0)]
)
def test_projections_into_the_stream_start_at_their_scale(scale, factor):
    architecture = Transformer(**(SMALL | {"width": 64, "residual_scale": scale}))
    blocks = jax.jit(lambda key: architecture.init(key, DIMS))(jax.random.key(0)).blocks
    assert float(blocks.query.weight.std()) == pytest.approx(0.02, rel=0.03)
    for linear in (blocks.attention_out, blocks.mlp_out):
        assert float(linear.weight.std()) == pytest.approx(0.02 * factor, rel=0.03)
    assert blocks.branch_scale == (DEPTH**-0.5 if scale == "depth" else 1.0)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"num_heads": 3}, "`num_heads`=3 must divide `width`=8"),
        ({"depth": 0}, "`depth` must be at least 1. Got 0"),
        ({"width": -8}, "`width` must be at least 1. Got -8"),
        ({"init_std": float("inf")}, "`init_std` must be above 0 and finite. Got inf"),
    ],
)
def test_impossible_shapes_are_refused(fields, words):
    with pytest.raises(InvalidValue, match=words):
        Transformer(**(SMALL | fields))


def test_a_sequence_longer_than_the_positions_is_refused():
    with pytest.raises(InvalidValue, match="7 points is longer than `max_points`=6"):
        Point(LinearRegression(DIMS, 6), Transformer(**SMALL))
    Point(LinearRegression(DIMS, 6), Transformer(**SMALL, positions="none"))
