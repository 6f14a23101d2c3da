"""What the tests of probes share: contexts, and double precision."""

import jax
import pytest

from iclaws.mechanism import draw_contexts
from iclaws.tasks.linear_regression import LinearRegression

NOISY = LinearRegression(num_dims=6, num_context=12, noise_var=0.1)


@pytest.fixture(scope="session")
def contexts():
    return draw_contexts(NOISY, 32, num_queries=2)


@pytest.fixture
def double():
    with jax.enable_x64(True):
        yield
