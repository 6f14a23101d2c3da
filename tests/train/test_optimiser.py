"""Schedules against their formulas, and updates against the optimisers' definitions."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from iclaws.train import Recipe
from iclaws.train.optimiser import initial_state, learning_rate, update

GRADS = [np.array([0.3, -0.2, 0.05]), np.array([-0.1, 0.4, 0.2]), np.array([3.0, 4.0, 0.0])]
START = np.array([1.0, -1.0, 0.5])


def rates(**fields):
    recipe = Recipe(num_steps=50, learning_rate=0.5, **fields)
    return np.asarray(jax.vmap(lambda step: learning_rate(recipe, step))(jnp.arange(50)))


@pytest.mark.parametrize("schedule", ["cosine", "linear", "constant"])
@pytest.mark.parametrize("warmup", [0, 10])
def test_schedules_follow_their_formulas(schedule, warmup):
    step = np.arange(50)
    done = np.clip((step - warmup) / (50 - warmup), 0.0, 1.0)
    decay = {
        "cosine": 0.5 * (1 + np.cos(np.pi * done)),
        "linear": 1 - done,
        "constant": np.ones(50),
    }[schedule]
    rise = np.ones(50) if warmup == 0 else 1 / warmup + (1 - 1 / warmup) * step / warmup
    expected = 0.5 * np.where(step < warmup, rise, decay)
    np.testing.assert_allclose(
        rates(schedule=schedule, warmup_steps=warmup), expected, rtol=1e-5, atol=1e-7
    )
    assert rates(schedule=schedule, warmup_steps=warmup)[0] > 0.0


def clipped(grad, norm=1.0):
    return grad * min(1.0, norm / np.linalg.norm(grad))


def adam(weight_decay=0.0):
    first, second, weights = np.zeros(3), np.zeros(3), START.copy()
    for step, grad in enumerate(map(clipped, GRADS), 1):
        first, second = 0.9 * first + 0.1 * grad, 0.999 * second + 0.001 * grad**2
        move = (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8)
        weights = weights - 0.1 * (move + weight_decay * weights)
    return weights


def sgd():
    velocity, weights = np.zeros(3), START.copy()
    for grad in map(clipped, GRADS):
        velocity = 0.9 * velocity + grad
        weights = weights - 0.1 * velocity
    return weights


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"optimiser": "adam"}, adam()),
        ({"optimiser": "adamw", "weight_decay": 0.3}, adam(0.3)),
        ({"optimiser": "sgd"}, sgd()),
    ],
    ids=["adam", "adamw", "sgd"],
)
def test_updates_follow_the_definitions(fields, expected):
    """The third gradient has norm 5 and is clipped to 1."""
    recipe = Recipe(learning_rate=0.1, schedule="constant", warmup_steps=0, **fields)
    weights = jnp.asarray(START, jnp.float32)
    state = initial_state(recipe, weights)
    for step, grad in enumerate(GRADS):
        given = (jnp.asarray(grad, jnp.float32), state, weights)
        weights, state = update(recipe, jnp.asarray(step), given)
    np.testing.assert_allclose(weights, expected, rtol=1e-4)


def test_without_a_norm_nothing_is_clipped():
    recipe = Recipe(
        optimiser="sgd", learning_rate=1.0, schedule="constant", warmup_steps=0, clip_norm=None
    )
    weights = jnp.zeros(3)
    given = (jnp.asarray(GRADS[2], jnp.float32), initial_state(recipe, weights), weights)
    np.testing.assert_allclose(update(recipe, jnp.asarray(0), given)[0], -GRADS[2], rtol=1e-6)


def test_a_weight_without_gradient_stays_zero():
    """Adam divides by the size of a gradient: by zero it must not."""
    for optimiser in ("adam", "adamw", "sgd"):
        recipe = Recipe(optimiser=optimiser, weight_decay=0.1)
        weights = jnp.zeros(3)
        given = (jnp.zeros(3), initial_state(recipe, weights), weights)
        assert np.all(np.asarray(update(recipe, jnp.asarray(0), given)[0]) == 0.0)
