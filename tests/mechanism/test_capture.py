"""Traces are what the call computes; what is put in place of a value has its consequences."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from iclaws.baselines.averaging import Averaging
from iclaws.errors import InvalidValue
from iclaws.mechanism.attention_scores import induction_score, label_score, previous_token_score
from iclaws.mechanism.capture import Patch, Patches, capture, capture_contexts
from iclaws.models.constructions import gradient_descent_weights
from iclaws.models.linear_attention import LinearAttention
from iclaws.models.transformer import Transformer

P, D = 6, 3
TRANSFORMER = Transformer(depth=3, width=8, num_heads=2, residual_scale="depth")
ARCHITECTURES = {
    "transformer": TRANSFORMER,
    "frozen": LinearAttention(depth=3, tied=False, init_scale=0.5),
    "updated, tied, visible query": LinearAttention(
        depth=3, covariates="updated", mask_query=False, init_scale=0.5
    ),
    "read-in": LinearAttention(depth=2, read_in_rank=2, init_scale=0.5),
}


def built(name):
    model = ARCHITECTURES[name].init(jax.random.key(1), D)
    return jax.tree.map(lambda leaf: 4.0 * leaf, model) if name == "transformer" else model


@pytest.fixture(scope="module")
def sequence():
    xs = jax.random.normal(jax.random.key(2), (P, D))
    return xs, xs @ jnp.asarray([1.0, -0.5, 0.25])


@pytest.fixture(scope="module")
def transformer():
    return built("transformer")


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_a_trace_ends_where_the_call_ends(name, sequence):
    model, (xs, ys) = built(name), sequence
    trace = jax.jit(capture)(model, xs, ys)
    np.testing.assert_allclose(trace.predictions[-1, -1], model(xs, ys)[-1], rtol=1e-4, atol=1e-6)
    depth = ARCHITECTURES[name].depth
    assert trace.stream.shape[0] == depth + 1 and trace.patterns.shape[0] == depth
    again = jax.jit(capture)(model, xs, ys.at[-1].set(99.0))
    np.testing.assert_array_equal(again.predictions[:, -1], trace.predictions[:, -1])


def test_all_points_of_a_transformer_are_answered(sequence, transformer):
    trace = capture(transformer, *sequence)
    np.testing.assert_allclose(trace.predictions[-1], transformer(*sequence), rtol=1e-4, atol=1e-6)


def test_heads_and_mlps_add_up_to_the_stream(sequence, transformer):
    """Pre-norm, branches scaled by 1/sqrt(L): nothing else enters the stream."""
    trace = capture(transformer, *sequence)
    bias = transformer.blocks.attention_out.bias[:, None, :]
    added = (trace.heads.sum(axis=1) + bias + trace.mlp) / np.sqrt(3)
    np.testing.assert_allclose(jnp.diff(trace.stream, axis=0), added, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(trace.patterns.sum(axis=-1), 1.0, rtol=1e-5)
    assert float(jnp.abs(jnp.triu(trace.patterns, 1)).max()) == 0.0


def test_layers_of_gradient_descent_predict_as_its_steps(sequence):
    xs, ys = sequence
    steps = [0.3, 0.5, 0.2]
    found = capture(gradient_descent_weights(jnp.asarray(steps), D), xs, ys).predictions[:, 0]
    context, labels, weights = np.asarray(xs[:-1]), np.asarray(ys[:-1]), np.zeros(D)
    expected = [0.0]
    for step in steps:
        weights = weights + step * context.T @ (labels - context @ weights) / (P - 1)
        expected.append(float(weights @ np.asarray(xs[-1])))
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)


def test_putting_back_what_was_there_changes_nothing(sequence, transformer):
    trace = capture(transformer, *sequence)
    ones = jnp.ones((1, 1, 1))
    for site in ("stream", "patterns", "heads", "mlp"):
        patches = Patches(**{site: Patch(getattr(trace, site), ones)})
        again = capture(transformer, *sequence, patches=patches)
        np.testing.assert_allclose(again.predictions, trace.predictions, rtol=1e-4, atol=1e-6)


def test_a_patch_from_another_run_carries_that_run_over(sequence, transformer):
    xs, ys = sequence
    other = capture(transformer, xs, -ys)
    whole = Patches(stream=Patch(other.stream, jnp.ones((1, 1, 1))))
    patched = capture(transformer, xs, ys, patches=whole)
    np.testing.assert_allclose(patched.predictions, other.predictions, rtol=1e-4, atol=1e-6)
    # At one layer and one late token alone: earlier points do not see it.
    where = jnp.zeros((4, 2 * P, 1)).at[1, 2 * P - 3].set(1.0)
    local = capture(transformer, xs, ys, patches=Patches(stream=Patch(other.stream, where)))
    plain = capture(transformer, xs, ys)
    np.testing.assert_array_equal(local.predictions[:, :-1], plain.predictions[:, :-1])
    assert np.abs(local.predictions[-1, -1] - plain.predictions[-1, -1]) > 1e-4


def test_an_ablated_head_adds_nothing_and_all_heads_go_in_one_call(sequence, transformer):
    where = jnp.eye(6).reshape(6, 3, 2, 1, 1)

    def without(mask):
        return capture(transformer, *sequence, patches=Patches(heads=Patch(jnp.zeros(()), mask)))

    ablated = jax.vmap(without)(where)
    for index in range(6):
        layer, head = divmod(index, 2)
        assert float(jnp.abs(ablated.heads[index, layer, head]).max()) == 0.0
    plain = capture(transformer, *sequence)
    change = jnp.abs(ablated.predictions[:, -1, -1] - plain.predictions[-1, -1])
    assert float(change.min()) > 1e-5
    # A layer's ablation leaves what came before.
    before = plain.stream[:3][None].repeat(2, 0)
    np.testing.assert_allclose(ablated.stream[4:, :3], before, rtol=1e-4, atol=1e-6)


def test_gradient_descent_without_a_layer_is_gradient_descent_without_its_step(sequence):
    model = gradient_descent_weights(jnp.asarray([0.3, 0.5, 0.2]), D)
    where = jnp.asarray([0.0, 1.0, 0.0]).reshape(3, 1, 1, 1)
    found = capture(model, *sequence, patches=Patches(heads=Patch(0.0, where)))
    rest = gradient_descent_weights(jnp.asarray([0.3, 0.2]), D)
    np.testing.assert_allclose(
        found.predictions[-1], capture(rest, *sequence).predictions[-1], rtol=1e-4
    )


def test_traces_of_an_ensemble_come_in_one_call(contexts):
    keys = jax.random.split(jax.random.key(0), 2)
    stacked = jax.vmap(lambda key: TRANSFORMER.init(key, 6))(keys)
    trace = capture_contexts(stacked, contexts, runs=1)
    assert trace.patterns.shape == (2, 32, 3, 2, 26, 26)
    assert trace.stream.shape == (2, 32, 4, 26, 8)


def test_scores_of_heads_that_do_one_thing():
    tokens = jnp.asarray([3, 1, 4, 3, 1, 4, 3])
    previous = jnp.eye(7, k=-1).at[0, 0].set(1.0)
    assert float(previous_token_score(previous)) == 1.0
    # From token q to the one after q's last occurrence: position q - 2 here.
    induction = jnp.eye(7, k=-2)
    both = jnp.stack([induction, previous])
    np.testing.assert_allclose(induction_score(both, tokens), [1.0, 0.0])
    np.testing.assert_allclose(previous_token_score(both), [0.0, 1.0])
    assert float(induction_score(induction, jnp.arange(7))) == 0.0  # nothing occurs twice
    labels = jnp.zeros((6, 6)).at[2, 1].set(1.0).at[4, 3].set(0.5)
    assert float(label_score(labels)) == 0.75


def test_what_has_no_inside_says_so(sequence):
    with pytest.raises(InvalidValue, match="Averaging has no layers"):
        capture(Averaging(), *sequence)
    model = gradient_descent_weights(jnp.ones(1), D)
    with pytest.raises(InvalidValue, match="no MLP"):
        capture(model, *sequence, patches=Patches(mlp=Patch(0.0, 1.0)))
