"""Kinds of attention, positions and parametrisation: each property stated, not its numbers."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import predictor_properties as properties
from iclaws._types import Interface
from iclaws.errors import InvalidValue
from iclaws.models._blocks import attention_weights, rotate
from iclaws.models.looped_transformer import LoopedTransformer
from iclaws.models.mup_transformer import MuPTransformer
from iclaws.models.transformer import Transformer

TOKENS = Interface("categorical", "tokens", 0, 8)
SMALL = {"depth": 1, "width": 8, "num_heads": 2, "mlp_ratio": 1}
VARIANTS = [
    Transformer(**SMALL, attention="relu"),
    Transformer(**SMALL, attention="linear"),
    Transformer(**SMALL, positions="rotary"),
    Transformer(**SMALL | {"mlp_ratio": 0}),
    LoopedTransformer(**SMALL | {"depth": 2}, inject=False),
]


@pytest.mark.parametrize("architecture", VARIANTS, ids=str)
def test_every_variant_is_causal_and_reads_its_context(architecture):
    model = architecture.init(jax.random.key(0), properties.NUM_DIMS)
    properties.check_past_only(model)
    properties.check_causal_gradient(model)
    properties.check_reads_context(jax.tree.map(lambda leaf: 10.0 * leaf, model))


@pytest.mark.parametrize("attention", ["softmax", "relu", "linear"])
def test_weights_are_as_defined_and_see_nothing_hidden(attention):
    scores = jnp.asarray([[[1.0, -2.0, 5.0], [0.5, 1.5, 9.0]]])
    mask = jnp.asarray([[True, True, False], [True, True, False]])
    seen = np.asarray(scores)[..., :2]
    expected = {
        "softmax": np.exp(seen) / np.exp(seen).sum(axis=-1, keepdims=True),
        "relu": np.maximum(seen, 0.0) / 2,
        "linear": seen / 2,
    }[attention]
    found = attention_weights(attention, scores, mask)
    np.testing.assert_allclose(found[..., :2], expected, rtol=1e-6)
    assert np.all(np.asarray(found)[..., 2] == 0.0)


def test_rotation_keeps_lengths_and_leaves_products_to_the_distance():
    q, k = jax.random.normal(jax.random.key(0), (2, 1, 1, 6))
    at = lambda vector, position: rotate(vector, jnp.asarray([position]))[0, 0]  # noqa: E731
    np.testing.assert_allclose(jnp.linalg.norm(at(q, 7)), jnp.linalg.norm(q), rtol=1e-5)
    np.testing.assert_array_equal(at(q, 0), q[0, 0])
    near, far = at(q, 5) @ at(k, 2), at(q, 13) @ at(k, 10)
    np.testing.assert_allclose(near, far, rtol=1e-4)
    assert abs(float(at(q, 5) @ at(k, 3)) - float(near)) > 1e-3


@pytest.mark.parametrize("positions", ["none", "rotary", "learned"])
def test_one_layer_without_positions_does_not_see_the_order(positions):
    """The last answer of one attention layer is a mean over tokens: their order is lost."""
    architecture = Transformer(1, 16, 2, 2, positions=positions, max_points=8)
    model = architecture.init_for(jax.random.key(0), TOKENS)
    model = jax.tree.map(lambda leaf: 3.0 * leaf, model)
    tokens = jnp.asarray([3, 1, 4, 1, 5, 2], jnp.int32)
    shuffled = tokens[jnp.asarray([4, 1, 0, 3, 2, 5])]
    first, second = (model(t, t)[-1] for t in (tokens, shuffled))
    assert np.allclose(first, second, rtol=1e-4, atol=1e-5) == (positions == "none")


def test_tied_layers_have_the_weights_of_one():
    sizes = [
        sum(
            leaf.size
            for leaf in jax.tree.leaves(
                LoopedTransformer(depth, 16).init_for(jax.random.key(0), TOKENS)
            )
        )
        for depth in (1, 6)
    ]
    assert sizes[0] == sizes[1]


def moved(architecture, rate=0.01):
    """Return how far one step of sign descent (Adam's first) moves the logits, root mean square."""
    model = architecture.init_for(jax.random.key(0), TOKENS)
    tokens = jax.random.randint(jax.random.key(1), (16, 12), 0, 8, jnp.int32)

    @jax.jit
    def logits(model):
        return jax.vmap(lambda t: model(t, t))(tokens)

    def loss(model):
        chances = jax.nn.log_softmax(logits(model)[:, :-1])
        return -jnp.take_along_axis(chances, tokens[:, 1:, None], axis=-1).mean()

    grads = jax.jit(jax.grad(loss))(model)
    after = jax.tree.map(lambda leaf, g: leaf - rate * jnp.sign(g), model, grads)
    return float(jnp.sqrt(jnp.mean((logits(after) - logits(model)) ** 2)))


@pytest.mark.slow
def test_a_step_moves_the_answer_as_far_at_every_width():
    """The coordinate check of arXiv 2203.03466; without the factors it grows with width."""
    narrow, wide = (
        MuPTransformer(depth=2, width=width, num_heads=4, base_width=32) for width in (32, 256)
    )
    growth = moved(wide) / moved(narrow)
    assert 0.4 < growth < 2.5
    plain = [
        moved(Transformer(2, width, 4, residual_scale="depth", positions="rotary"))
        for width in (32, 256)
    ]
    assert plain[1] / plain[0] > 2.0 * growth


def test_between_depths_the_rate_goes_with_the_root():
    """Adam's first step at 1/sqrt(L) of the rate moves the answer as far; at one rate farther."""
    shape = {"width": 32, "num_heads": 4, "base_width": 32}
    shallow, deep = (MuPTransformer(depth=depth, **shape) for depth in (2, 32))
    start, rate = moved(shallow, 1e-3), 1e-3
    assert 0.4 < moved(deep, rate / 4.0) / start < 1.6
    assert moved(deep, rate) / start > 1.5


def test_at_its_base_width_it_is_the_standard_one():
    model = MuPTransformer(width=32, base_width=32).init_for(jax.random.key(0), TOKENS)
    other = Transformer(width=32, positions="rotary", residual_scale="depth")
    other = other.init_for(jax.random.key(0), TOKENS)
    spread = [
        [float(getattr(m.trunk.blocks, part).weight.std()) for part in ("query", "mlp_out")]
        for m in (model, other)
    ]
    np.testing.assert_allclose(spread[0], spread[1], rtol=0.03)
    # The weights of one act as the other's: the same function of the same numbers.
    theirs = jax.tree.unflatten(jax.tree.structure(other), jax.tree.leaves(model))
    tokens = jnp.asarray([3, 1, 4, 1, 5, 2], jnp.int32)
    np.testing.assert_allclose(theirs(tokens, tokens), model(tokens, tokens), rtol=1e-5, atol=1e-6)
    assert model.trunk.blocks.branch_scale == other.trunk.blocks.branch_scale == 2**-0.5
    assert model.trunk.blocks.style == other.trunk.blocks.style._replace(
        score_scale=model.trunk.blocks.style.score_scale
    )
    assert model.trunk.blocks.style.score_scale == pytest.approx(16**-0.5)
    assert model.read_out.multiplier == 1.0


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (
            lambda: Transformer(width=6, num_heads=2, positions="rotary"),
            "head width 3 must",
        ),
        (lambda: LoopedTransformer(width=6, num_heads=2), "Twice `num_heads`=2 must divide"),
        (lambda: MuPTransformer(base_width=0), "`base_width` must be at least 1"),
        (lambda: LoopedTransformer(depth=0), "`depth` must be at least 1"),
    ],
)
def test_shapes_that_cannot_be_are_refused(make, words):
    with pytest.raises(InvalidValue, match=words):
        make()
