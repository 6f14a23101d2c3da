"""How an ensemble is spread over devices: all of them used, little of it padding."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from iclaws.models.transformer import Transformer
from iclaws.tasks.shifted_linear_regression import ShiftedLinearRegression
from iclaws.train import devices, program
from iclaws.train.point import Point
from iclaws.train.recipe import Recipe


@pytest.mark.parametrize(
    ("num_runs", "batch_size", "shape", "padded"),
    [
        (16, 64, (2, 1), 16),  # eight runs each
        (7, 64, (2, 1), 8),  # one of eight is padding
        (1, 64, (1, 2), 1),  # one run: its batch is split
        (3, 64, (1, 2), 3),  # one of four would be too much padding
        (3, 7, (1, 1), 3),  # a batch that two do not divide
    ],
)
def test_runs_or_their_batches_are_spread(num_runs, batch_size, shape, padded):
    mesh, runs = devices.choose_mesh(num_runs, batch_size)
    assert (mesh.devices.shape, runs) == (shape, padded)
    assert mesh.axis_names == (devices.ENSEMBLE, devices.BATCH)
    # Every device does the same work, and padding costs at most 15 %.
    assert runs % shape[0] == 0 and batch_size % shape[1] == 0
    assert (runs - num_runs) <= devices.MOST_PADDING * runs


def test_systems_other_than_linux_count_their_cores(monkeypatch):
    monkeypatch.delattr("os.sched_getaffinity", raising=False)
    monkeypatch.setattr("os.cpu_count", lambda: 3)
    assert devices._num_cores() == 3
    monkeypatch.delattr("os.sysconf", raising=False)
    assert program._physical_memory() == float("inf")


def test_the_tests_cover_two_devices():
    assert len(jax.devices()) == 2
    assert devices.one_device().size == 1


def test_a_sampler_that_calls_lapack_trains_on_one_device():
    """On two it would wait for ever at these sizes, with a factorisation in every sequence."""
    task = ShiftedLinearRegression(20, 40, "skewed")
    point = Point(task, Transformer(depth=1, width=8), Recipe(num_steps=5, loss_on="all"))
    found = program.compile_program([point])
    assert found.mesh.size == 1
    steps = jnp.asarray(0, jnp.int32), jnp.asarray(5, jnp.int32)
    state = found.advance(found.begin(), found.stacked, steps)
    assert np.isfinite(state.loss_sum).all()


def test_products_of_matrices_are_no_call_of_lapack():
    a = jnp.eye(3)
    assert not devices.calls_lapack(jax.jit(lambda a: a @ a).lower(a))
    for factor in (jnp.linalg.qr, jnp.linalg.cholesky, jnp.linalg.eigh, jnp.linalg.inv):
        assert devices.calls_lapack(jax.jit(factor).lower(a)), factor
