"""What every architecture must do; a new one is tested by being registered.

It must construct without arguments and default to a size that these tests can afford.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import logit_properties
import predictor_properties as properties
from iclaws._identity import describe, fingerprint
from iclaws._types import Interface
from iclaws.errors import InvalidValue
from iclaws.models import AbstractMomentModel, models
from iclaws.models._base import prefix_moments
from iclaws.train.point import revive

DIMS = properties.NUM_DIMS


@pytest.fixture(scope="module", params=models.names())
def architecture(request):
    return models.get(request.param)()


@pytest.fixture(scope="module")
def init(architecture):
    return jax.jit(lambda key: architecture.init(key, DIMS))


@pytest.fixture(scope="module")
def model(init):
    return init(jax.random.key(1))


@pytest.mark.parametrize(
    "check",
    [
        properties.check_call,
        properties.check_double,
        properties.check_vmap,
        properties.check_past_only,
        properties.check_prefix,
        properties.check_causal_gradient,
        properties.check_reads_context,
    ],
)
def test_every_model(check, model):
    check(model)


def test_the_same_key_gives_the_same_weights(init, model):
    again = init(jax.random.key(1))
    assert jax.tree.all(jax.tree.map(jnp.array_equal, model, again))


def test_another_key_gives_other_predictions(init, model):
    other = init(jax.random.key(2))
    xs, ys = properties.examples()
    assert not np.allclose(properties.compiled(model, xs, ys), properties.compiled(other, xs, ys))


def test_every_leaf_can_be_trained(model):
    leaves = jax.tree.leaves(model)
    assert leaves and all(leaf.dtype == jnp.float32 for leaf in leaves)


def test_settings_survive_a_round_trip(architecture):
    revived = revive(describe(architecture))
    assert type(revived) is type(architecture)
    assert describe(revived) == describe(architecture)
    assert fingerprint(revived) == fingerprint(architecture)
    assert jax.tree.structure(revived) == jax.tree.structure(architecture)


def test_moments_are_read_by_who_says_so(architecture, model):
    assert architecture.reads_moments == isinstance(model, AbstractMomentModel)


def test_moments_give_the_predictions_of_the_sequence(architecture, model):
    if not architecture.reads_moments:
        pytest.skip("reads sequences")
    xs, ys = properties.examples()
    last = jax.tree.map(lambda leaf: leaf[-1], prefix_moments(xs, ys))
    np.testing.assert_allclose(model.predict(last), model(xs, ys)[-1], rtol=1e-5)
    # Several queries of one context are answered as each alone.
    several = model.predict_all(last._replace(query=xs[:3]))
    alone = [model.predict(last._replace(query=x)) for x in xs[:3]]
    np.testing.assert_allclose(several, alone, rtol=1e-5, atol=1e-6)


def test_measures_are_finite_numbers(model):
    for value in model.measures().values():
        assert value.ndim <= 1 and np.isfinite(value).all()


REAL = Interface("squared", "covariates", DIMS, None)
TOKENS = Interface("categorical", "tokens", 0, logit_properties.NUM_CLASSES)
LABELLED = Interface("categorical", "covariates", DIMS, logit_properties.NUM_CLASSES)


def test_what_it_reads_is_what_it_says(architecture):
    """Asked for an answer that it does not give, it says what does; otherwise it starts."""
    for interface in (REAL, TOKENS, LABELLED):
        if interface.loss in architecture.losses:
            architecture.check_interface(interface)
        else:
            with pytest.raises(InvalidValue, match=r"Choose one of .*transformer"):
                architecture.check_interface(interface)
    assert "squared" in architecture.losses


@pytest.fixture(scope="module", params=[TOKENS, LABELLED], ids=["tokens", "labelled"])
def reader(request, architecture):
    """Return what the architecture reads, and its model with logits of about 1."""
    if "categorical" not in architecture.losses:
        pytest.skip("answers with real numbers")
    make = jax.jit(lambda key: architecture.init_for(key, request.param))
    return request.param.reads, jax.tree.map(lambda leaf: 2.0 * leaf, make(jax.random.key(1)))


@pytest.mark.parametrize("check", logit_properties.CHECKS)
def test_every_model_with_logits(check, reader):
    reads, model = reader
    check(model, reads)


def test_logits_depend_on_the_whole_past(reader):
    """Every earlier token, or point with its label, moves the last logits."""
    reads, model = reader
    xs, ys = logit_properties.examples(reads)
    last = logit_properties.compiled(model, xs, ys)[-1]
    for position in range(logit_properties.NUM_POINTS - 1):
        if reads == "tokens":
            changed = xs.at[position].set((xs[position] + 1) % logit_properties.NUM_CLASSES), ys
        else:
            changed = xs, ys.at[position].set((ys[position] + 1) % logit_properties.NUM_CLASSES)
        moved = np.abs(logit_properties.compiled(model, *changed)[-1] - last).max()
        assert moved > 1e-3, position
