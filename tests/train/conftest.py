"""What the tests of training share: small points, and a cache of compiled programs."""

import os

import jax
import pytest

from iclaws.models.linear_attention import LinearAttention
from iclaws.tasks.linear_regression import LinearRegression
from iclaws.train import Point, Recipe

# Two dimensions, five context examples, some noise; one layer has a closed form.
TASK = LinearRegression(2, 5, noise_var=0.2)
RECIPE = Recipe(
    num_steps=300,
    batch_size=64,
    learning_rate=0.05,
    warmup_steps=10,
    num_queries=4,
    eval_contexts=4096,
)


@pytest.fixture(scope="session")
def cache(tmp_path_factory):
    """Keep compiled programs for the session, for this process and those it starts."""
    folder = str(tmp_path_factory.mktemp("xla"))
    jax.config.update("jax_compilation_cache_dir", folder)
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
    return folder


@pytest.fixture(scope="session")
def environment(cache):
    """Return the environment of a process that trains as this one does."""
    return os.environ | {"ICLAWS_CACHE": cache}


def small_point(seed=0, *, depth=1, **recipe):
    """Return a point that trains in a second; its recipe's fields may be changed."""
    fields = {f: getattr(RECIPE, f) for f in RECIPE.__dataclass_fields__} | recipe
    return Point(TASK, LinearAttention(depth=depth), Recipe(**fields), seed)
