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


@pytest.fixture
def key():
    return jax.random.key(0)
