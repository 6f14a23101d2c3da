"""What every baseline of classes and tokens must do; tested by being registered."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import logit_properties as properties
from iclaws.baselines import baselines
from iclaws.models import AbstractLogitModel

NAMES = [name for name in baselines.names() if issubclass(baselines.get(name), AbstractLogitModel)]


@pytest.fixture(scope="module", params=NAMES)
def baseline(request):
    return baselines.get(request.param).example(properties.NUM_CLASSES)


@pytest.mark.parametrize("check", properties.CHECKS)
def test_every_baseline(check, baseline):
    check(baseline, getattr(baseline, "reads", "tokens"))


def test_the_logits_are_log_probabilities_up_to_a_shift(baseline):
    """Cross-entropy needs no more; and none of them rules out what the task may show."""
    logits = properties.compiled(baseline, *properties.examples("tokens"))
    chances = np.asarray(jax.nn.softmax(logits, axis=-1))
    np.testing.assert_allclose(chances.sum(axis=-1), 1.0, rtol=1e-5)
    assert np.all(np.isfinite(logits))


def test_its_leaves_are_numbers_of_a_configuration(baseline):
    assert all(jnp.asarray(leaf).dtype.kind == "f" for leaf in jax.tree.leaves(baseline))
