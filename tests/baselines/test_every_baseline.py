"""What every baseline must do; a new one is tested by being registered (see `example`).

Those of classes and tokens are in `test_every_token_baseline.py`.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import predictor_properties as properties
from iclaws.baselines import baselines
from iclaws.models import AbstractLogitModel, AbstractModel

REAL = [
    name for name in baselines.names() if not issubclass(baselines.get(name), AbstractLogitModel)
]


@pytest.fixture(scope="module", params=REAL)
def baseline(request):
    return baselines.get(request.param).example(properties.NUM_DIMS)


@pytest.mark.parametrize(
    "check",
    [
        properties.check_call,
        properties.check_double,
        properties.check_vmap,
        properties.check_past_only,
        properties.check_prefix,
    ],
)
def test_every_baseline(check, baseline):
    check(baseline)


def test_a_baseline_answers_as_a_model(baseline):
    assert isinstance(baseline, AbstractModel)
    assert all(jnp.asarray(leaf).dtype.kind == "f" for leaf in jax.tree.leaves(baseline))


def test_nothing_is_predicted_from_nothing(baseline):
    """Before the first label every estimator of a centred function says 0."""
    assert properties.compiled(baseline, *properties.examples())[0] == 0.0


def test_the_order_of_the_context_does_not_matter(baseline):
    if not baseline.ignores_order:
        pytest.skip("this one learns from one example after the other")
    xs, ys = properties.examples()
    order = jnp.asarray([3, 0, 5, 2, 4, 1, 6])  # the query stays last
    straight = properties.compiled(baseline, xs, ys)[-1]
    permuted = properties.compiled(baseline, xs[order], ys[order])[-1]
    np.testing.assert_allclose(permuted, straight, rtol=1e-4, atol=1e-6)
