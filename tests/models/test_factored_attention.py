"""A product of factors: the step it is, and the plateau that it makes training wait at."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from iclaws import theory
from iclaws._types import Moments
from iclaws.errors import InvalidValue
from iclaws.models._base import prefix_moments
from iclaws.models.constructions import gradient_descent_weights
from iclaws.models.factored_attention import FactoredAttention, FactoredAttentionModel

DIMS = 3
EYE = np.eye(DIMS, dtype=np.float32)


def test_a_product_of_multiples_of_the_identity_is_one_gradient_step(key):
    sizes = np.array([0.5, 2.0, 0.8, 0.9, 1.0], np.float32)
    model = FactoredAttentionModel(jnp.asarray(sizes[:, None, None] * EYE))
    step = gradient_descent_weights(jnp.asarray([0.72]), DIMS)
    xs = jax.random.normal(key, (6, DIMS))
    ys = xs @ jnp.arange(1.0, DIMS + 1)
    np.testing.assert_allclose(model(xs, ys), step(xs, ys), rtol=1e-5, atol=1e-6)
    assert model.measures()["step_size"] == pytest.approx(0.72)


def test_factors_act_in_their_order(key):
    factors = jax.random.normal(key, (4, DIMS, DIMS))
    moments = jax.tree.map(lambda leaf: leaf[-1], prefix_moments(jnp.eye(DIMS), jnp.ones(DIMS)))
    product = np.linalg.multi_dot(list(np.asarray(factors)))
    expected = moments.query @ product @ moments.cross
    assert FactoredAttentionModel(factors).predict(moments) == pytest.approx(
        float(expected), rel=1e-4
    )


def flow_time(weight, num_factors, *, step=0.02):
    """Return when the population flow of half the risk has halved it, by Euler's method."""
    w, time = weight, 0.0
    while (1 - w**num_factors) ** 2 > 0.5:
        # The model's own gradient: all factors alike, covariance and prior the identity.
        w += step * w ** (num_factors - 1) * (1 - w**num_factors)
        time += step
    return time


@pytest.mark.parametrize("weight", [0.07, 0.1])
def test_the_gradient_of_the_model_is_that_of_the_plateau(weight):
    # Half the population risk of covariates and tasks N(0, I) in an unbounded context, where
    # Sigma = I and h = w: the mean over queries and tasks is a trace.
    def half_risk(factors):
        model = FactoredAttentionModel(factors)

        def answer(task, query):
            return model.predict(Moments(EYE, task, query, 1e9))

        every = jax.vmap(jax.vmap(answer, (0, None)), (None, 0))
        return 0.5 * jnp.sum((EYE - every(EYE, EYE)) ** 2)

    factors = jnp.broadcast_to(weight * EYE, (5, DIMS, DIMS))
    gradient = jax.grad(half_risk)(factors)
    pull = weight**4 * (1 - weight**5)
    np.testing.assert_allclose(
        -gradient, pull * np.broadcast_to(np.eye(DIMS), (5, DIMS, DIMS)), rtol=1e-4, atol=1e-10
    )
    assert flow_time(weight, 5) == pytest.approx(theory.plateau_time(1.0, weight), rel=0.05)


def test_no_factor_and_no_start_are_refused():
    with pytest.raises(InvalidValue, match="num_factors"):
        FactoredAttention(num_factors=0)
    with pytest.raises(InvalidValue, match="never moves"):
        FactoredAttention(init_weight=0.0)
