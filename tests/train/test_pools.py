"""Finite pools of functions and finite sets of sequences, for every family of tasks."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from iclaws.tasks import tasks
from iclaws.tasks.sparse_linear import SparseLinear
from iclaws.train import Recipe
from iclaws.train.devices import one_device
from iclaws.train.draws import Shape, run_keys, training_draw
from iclaws.train.evaluate import draw_batch, pool_of
from iclaws.train.point import Point
from sampling_laws import FALSE_ALARM, QUICK

BATCH = 24


def rows(trees):
    """Return one row of raw numbers for each member of a batch of trees."""
    leaves = [
        jax.random.key_data(leaf) if jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key) else leaf
        for leaf in jax.tree.leaves(trees)
    ]
    flat = [np.asarray(leaf, np.float64).reshape(BATCH, -1) for leaf in leaves]
    return np.concatenate([part for part in flat if part.shape[1]], axis=1)


@pytest.mark.parametrize("name", tasks.names())
def test_every_family_has_finite_pools_and_finite_sets(name):
    """A single function, fewer than a batch, fewer sequences than a batch: one program."""
    task = tasks.get(name).example().prepare(np.random.default_rng(0))
    num_points = int(task.num_context) + 1

    def one(recipe, index):
        draw = training_draw(recipe, run_keys(3), (jnp.asarray(0), index))
        latent = task.sample_latent(draw.latent)
        return latent, task.sample_sequence(draw.sequence, latent, num_points)

    @jax.jit
    def batch(num_tasks, num_sequences):
        recipe = Recipe(num_tasks=num_tasks, num_sequences=num_sequences)
        return jax.vmap(lambda index: one(recipe, index))(jnp.arange(BATCH))

    program = batch.lower(1, 1).compile(QUICK)
    for num_tasks, num_sequences in ((1, 10**9), (3, 10**9), (10**9, 2), (1, 2)):
        latents, sequences = map(rows, program(jnp.asarray(num_tasks), jnp.asarray(num_sequences)))
        functions = len(np.unique(latents, axis=0))
        met = min(num_tasks, num_sequences)
        # Two functions of a discrete class may be the same one.
        assert functions == met or (functions < met and np.all(latents == latents.round()))
        different = len(np.unique(sequences, axis=0))
        assert different == num_sequences or (num_sequences > BATCH and different > BATCH - 4)


TASK = SparseLinear(3, 2)
STEPS, SLOTS, REDRAWS = 200, 16, 4


@pytest.fixture(scope="module")
def changing():
    """Return the dense weights of every sequence of a run whose pool changes, and their slots."""
    changing = Recipe(num_steps=STEPS, num_tasks=SLOTS, num_redraws=REDRAWS)
    still = Recipe(num_steps=STEPS, num_tasks=SLOTS)

    def one(step, index):
        draws = [training_draw(r, run_keys(1), (step, index)).latent for r in (changing, still)]
        return [TASK.sample_latent(latent).dense[0] for latent in draws]

    many = jax.vmap(lambda step: jax.vmap(lambda i: one(step, i))(jnp.arange(256)))
    found, slots = jax.jit(many, compiler_options=QUICK)(jnp.arange(STEPS))
    names = np.unique(np.asarray(slots), return_inverse=True)
    assert len(names[0]) == SLOTS
    return np.asarray(found), names[1].reshape(STEPS, 256)


def test_every_function_of_a_changing_pool_is_replaced_so_many_times(changing):
    found, slots = changing
    changes = []
    for slot in range(SLOTS):
        held = [np.unique(found[step][slots[step] == slot]) for step in range(STEPS)]
        assert all(len(functions) <= 1 for functions in held)  # one at a time
        runs = [float(functions[0]) for functions in held if len(functions)]
        met = list(dict.fromkeys(runs))
        assert runs == sorted(runs, key=met.index)  # never one that was there before
        # A function that lasts less than a step is not met.
        assert REDRAWS - 1 <= len(met) <= REDRAWS + 1
        steps = [step for step in range(STEPS) if len(held[step])]
        changes += [b / STEPS for a, b in itertools.pairwise(steps) if held[a][0] != held[b][0]]
    # Dirichlet stretches: the times of change are uniform.
    assert stats.kstest(changes, stats.uniform().cdf).pvalue > FALSE_ALARM
    assert len(changes) >= 0.9 * SLOTS * REDRAWS


def test_pretraining_functions_are_those_of_the_last_step(changing):
    found, _ = changing
    recipe = Recipe(num_steps=STEPS, num_tasks=SLOTS, num_redraws=REDRAWS)
    stacked = jax.tree.map(lambda leaf: jnp.asarray([leaf]), TASK)
    from iclaws.models.transformer import Transformer

    point = Point(TASK, Transformer(), recipe, seed=1)
    pool = jax.tree.map(lambda leaf: jnp.asarray([leaf]), pool_of(point))
    shape = Shape(TASK.num_context + 1)
    drawn = draw_batch(stacked, jnp.asarray(0), pool, mesh=one_device(), shape=shape)
    # One covariate switched on at a time would do; here the function is solved from its labels.
    xs, targets = np.asarray(drawn.xs[0]), np.asarray(drawn.targets[0])
    weights = np.stack(
        [np.linalg.lstsq(x, t, rcond=None)[0] for x, t in zip(xs, targets, strict=True)]
    )
    last = np.unique(found[-1])
    distance = np.abs(weights[:, None, 0] - last[None, :])
    good = np.linalg.cond(xs) < 30
    assert good.sum() > 100
    assert np.all(distance.min(axis=1)[good] < 1e-3)
