"""Which devices a program runs on, and how an ensemble is spread over them."""

import math
import os
import re
from collections.abc import Callable
from pathlib import Path

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from jax.stages import Lowered
from jaxtyping import PyTree

ENSEMBLE, BATCH = "ensemble", "batch"
# Members that only fill up the last row cost their share of every step.
MOST_PADDING = 0.15


def set_up() -> None:
    """Use every core as a device, and keep compiled programs between processes.

    Without effect where JAX already runs. The cache folder is `$ICLAWS_CACHE` (`off` for
    none), else `iclaws` in the user's cache folder.
    """
    try:
        jax.config.update("jax_num_cpu_devices", _num_cores())
    except RuntimeError:
        pass  # the backend has started: its devices stay as they are
    where = os.environ.get("ICLAWS_CACHE", "")
    if where == "off" or getattr(jax.config, "jax_compilation_cache_dir", None):
        return
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    jax.config.update("jax_compilation_cache_dir", where or str(home / "iclaws" / "xla"))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)


def _num_cores() -> int:
    # Only Linux says which cores this process may use.
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def choose_mesh(num_runs: int, batch_size: int) -> tuple[Mesh, int]:
    """Return how to spread an ensemble, and the number of runs it must be padded to.

    Whole runs go to devices where that wastes little; otherwise each run's batch is split.
    """
    devices = np.asarray(jax.devices())
    num_devices = len(devices)
    padded = math.ceil(num_runs / num_devices) * num_devices
    if padded - num_runs <= MOST_PADDING * padded:
        rows = num_devices
    else:
        rows, padded = math.gcd(num_runs, num_devices), num_runs
    columns = math.gcd(batch_size, num_devices // rows)
    used = devices[: rows * columns].reshape(rows, columns)
    return Mesh(used, (ENSEMBLE, BATCH)), padded


def one_device() -> Mesh:
    """Return the mesh of the first device alone.

    For programs that call LAPACK (ridge, least squares): with jaxlib 0.10 such a program on
    two CPU devices, or two such programs at once, can wait for ever for each other's threads.
    """
    return Mesh(np.asarray(jax.devices()[:1]).reshape(1, 1), (ENSEMBLE, BATCH))


def calls_lapack(*programs: Lowered) -> bool:
    """Return whether a lowered program calls LAPACK or BLAS routines of the CPU by name.

    Factorisations do (`jnp.linalg.qr` in a task's sampler, say); products of matrices do not.
    """
    return any(re.search(r"@(lapack|blas)_", program.as_text()) for program in programs)


def place(tree: PyTree, mesh: Mesh) -> PyTree:
    """Return stacked arrays spread over the runs' axis of a mesh."""
    return jax.device_put(tree, NamedSharding(mesh, PartitionSpec(ENSEMBLE)))


def over_mesh(
    function: Callable, mesh: Mesh, *, in_specs: tuple, out_specs: PartitionSpec | tuple
) -> Callable:
    """Return `function` of one device's share, run on all devices of the mesh."""
    if mesh.size == 1:
        return function
    return jax.shard_map(
        function, mesh=mesh, in_specs=in_specs, out_specs=out_specs, check_vma=False
    )


def batch_share(mesh: Mesh, batch_size: int) -> tuple[jax.Array, int]:
    """Return the index of this device's first sequence, and how many it draws."""
    share = batch_size // mesh.shape[BATCH]
    if mesh.size == 1:
        return jax.numpy.zeros((), jax.numpy.int32), share
    return jax.lax.axis_index(BATCH) * share, share
