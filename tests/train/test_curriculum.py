"""Training that begins small: what is drawn, what counts, and that it goes on where it was."""

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from iclaws._identity import describe, fingerprint
from iclaws.errors import InvalidValue
from iclaws.models.linear_attention import LinearAttention
from iclaws.models.transformer import Transformer
from iclaws.tasks import tasks
from iclaws.tasks.gaussian_process import GaussianProcess
from iclaws.tasks.linear_regression import LinearRegression
from iclaws.train import Point, Recipe
from iclaws.train.curriculum import Ramp
from iclaws.train.devices import one_device
from iclaws.train.draws import Shape
from iclaws.train.ensemble import advance, start, training_loss
from iclaws.train.grouping import group_points, stack
from iclaws.train.point import revive
from sampling_laws import QUICK

RAMP = Ramp(2, increment=1, interval=3)
FAMILIES = [name for name in tasks.names() if tasks.get(name).example().takes_num_active]


def published(step, *, start, increment, interval, end):
    """Return the value that the loop of arXiv 2208.01066 has at a step: it counts, then adds."""
    value = start
    for count in range(1, step + 1):
        value = min(value + (increment if count % interval == 0 else 0), end)
    return value


@pytest.mark.parametrize(("increment", "interval", "end"), [(1, 3, 9), (2, 5, 8), (5, 1, 6)])
def test_a_ramp_is_the_published_curriculum(increment, interval, end):
    numbers = {"increment": increment, "interval": interval, "end": end}
    found = [int(Ramp(3, **numbers).at(step, 100)) for step in range(40)]
    assert found == [published(step, start=3, **numbers) for step in range(40)]
    assert max(int(Ramp(3, **numbers).at(step, 5)) for step in range(40)) == 5


@pytest.mark.parametrize("name", FAMILIES)
def test_covariates_are_switched_off_before_they_are_labelled(name):
    """Beyond the active ones they are zero, and labels do not know what they would have been."""
    task = tasks.get(name).example()
    latent = task.sample_latent(jax.random.key(0))

    @jax.jit
    def drawn(num_active):
        return task.sample_sequence(jax.random.key(1), latent, 6, num_active=num_active)

    program = drawn.lower(1).compile(QUICK)
    whole = task.sample_sequence(jax.random.key(1), latent, 6)
    for part, plain in zip(program(jnp.asarray(3)), whole, strict=True):
        if part is not None:
            np.testing.assert_allclose(part, plain, rtol=1e-5, atol=1e-5)
    small = program(jnp.asarray(1))
    np.testing.assert_array_equal(small.xs[:, 1:], 0.0)
    np.testing.assert_array_equal(small.xs[:, 0], whole.xs[:, 0])
    if hasattr(task, "evaluate") and name != "logistic-classification":
        values = task.evaluate(task.restrict(latent, jnp.asarray(1)), small.xs)
        np.testing.assert_allclose(small.targets, values, rtol=1e-5, atol=1e-5)


def run(recipe, stops, *, loss_on="all"):
    """Return the weights after training in stretches that end at the given steps."""
    point = Point(
        LinearRegression(4, 5),
        LinearAttention(),
        dataclasses.replace(recipe, num_steps=12, batch_size=8, warmup_steps=1, loss_on=loss_on),
    )
    stacked, mesh = stack([point]), one_device()
    state, begun = start(stacked, mesh=mesh), 0
    for stop in stops:
        steps = jnp.asarray(begun), jnp.asarray(stop)
        state = advance(state, stacked, steps, mesh=mesh, shape=Shape(6))
        begun = stop
    return np.concatenate([np.ravel(leaf) for leaf in jax.tree.leaves(state.model)])


def test_a_run_goes_on_where_it_was():
    recipe = Recipe(dims_curriculum=RAMP, context_curriculum=RAMP)
    whole = run(recipe, [12])
    np.testing.assert_array_equal(whole, run(recipe, [4, 5, 12]))
    assert not np.allclose(whole, run(Recipe(), [12]))
    # Curricula that have reached the end from the start are none, but for another program.
    done = Recipe(dims_curriculum=Ramp(4), context_curriculum=Ramp(5))
    np.testing.assert_allclose(run(done, [12]), run(Recipe(), [12]), rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("loss_on", ["all", "last"])
def test_only_the_first_points_count(loss_on):
    """The loss at a shorter context does not depend on what comes after it."""
    model = LinearAttention().init(jax.random.key(0), 4)
    task, recipe = LinearRegression(4, 5), Recipe(loss_on=loss_on)
    keys = jax.random.split(jax.random.key(1), 3)
    drawn = jax.vmap(lambda k: task.sample_sequence(k, task.sample_latent(k), 6))(keys)

    @eqx.filter_jit
    def loss(ys):
        return training_loss(
            model, recipe, drawn._replace(ys=ys), num_context=RAMP.at(4, task.num_context)
        )

    gradient = np.asarray(jax.grad(loss)(drawn.ys))
    assert int(RAMP.at(4, 5)) == 3
    assert np.all(gradient[:, 4:] == 0.0)
    assert np.all(np.abs(gradient[:, 3]).max() > 0.0)


def test_curricula_vary_inside_one_program():
    points = [
        Point(LinearRegression(4, 5), Transformer(), Recipe(dims_curriculum=Ramp(start)))
        for start in (1, 2, 3)
    ]
    assert len(group_points(points)) == 1
    assert len({fingerprint(point) for point in points}) == 3
    for point in points:
        assert fingerprint(revive(describe(point))) == fingerprint(point)


def test_moments_are_not_drawn_where_covariates_are_switched_off():
    plain, ramped = (
        Point(LinearRegression(4, 5), LinearAttention(), Recipe(**fields))
        for fields in ({}, {"dims_curriculum": RAMP})
    )
    assert plain.uses_moments and not ramped.uses_moments
    longer = Recipe(context_curriculum=RAMP)
    assert Point(LinearRegression(4, 5), LinearAttention(), longer).uses_moments


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Ramp(-1), "`start` of a ramp must be at least 0. Got -1"),
        (lambda: Ramp(1, interval=0), "`interval` of a ramp must be at least 1"),
        (lambda: Ramp(5, end=4), "ends at 4, below its start 5"),
        (
            lambda: Point(GaussianProcess(), Transformer(), Recipe(dims_curriculum=RAMP)),
            "GaussianProcess has no covariates that `dims_curriculum` could switch off",
        ),
        (
            lambda: Point(GaussianProcess(num_sites=None), Transformer(), Recipe(num_tasks=2)),
            "Give `num_sites`",
        ),
    ],
)
def test_what_cannot_be_is_refused(make, words):
    with pytest.raises(InvalidValue, match=words):
        make()
