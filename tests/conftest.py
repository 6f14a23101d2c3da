"""Strict numerics for every test: silent broadcasts and promotions are errors."""

import os

# Two devices on any machine: the tests cover the sharded way on a laptop and in CI alike.
os.environ.setdefault("ICLAWS_CACHE", "off")

import jax
import pytest
from hypothesis import settings

# The same examples in every run: a test passes or fails, it does not throw dice.
settings.register_profile("iclaws", derandomize=True, database=None, deadline=None)
settings.load_profile("iclaws")

jax.config.update("jax_num_cpu_devices", 2)
jax.config.update("jax_numpy_rank_promotion", "raise")
jax.config.update("jax_numpy_dtype_promotion", "strict")


def pytest_configure(config):
    """Compile without optimising the machine code, but where slow tests run.

    Most tests run a program once: a quarter of the whole time is spent on code that is then
    hardly used. Set `XLA_FLAGS` to anything, also to nothing, to test optimised code.
    """
    if config.getoption("markexpr") == "not slow":
        flags = "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"
        os.environ.setdefault("XLA_FLAGS", flags)


@pytest.fixture
def key():
    return jax.random.key(0)
