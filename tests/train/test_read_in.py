"""One program serves every read-in rank: what lies beyond the rank never moves."""

import jax
import numpy as np
import pytest

from iclaws.models.linear_attention import LinearAttention
from iclaws.tasks.linear_regression import LinearRegression
from iclaws.train import Point, Recipe
from iclaws.train.loop import train
from iclaws.train.program import compile_program
from iclaws.train.progress import unwatched

DIMS, RANKS = 3, (1, 2)


@pytest.fixture(scope="module")
def weights(cache):
    """Return the weights before and after training, of one program with both ranks."""
    points = [
        Point(
            LinearRegression(DIMS, 6),
            LinearAttention(depth=2, tied=False, covariates="updated", read_in_rank=rank),
            Recipe(num_steps=20, batch_size=16, optimiser="adamw", weight_decay=0.1),
        )
        for rank in RANKS
    ]
    program = compile_program(points)
    begun = program.begin()
    trained = train(program, begun, watch=unwatched)
    return jax.tree.map(np.asarray, (begun.model, trained.state.model))


@pytest.mark.parametrize("run", range(len(RANKS)))
def test_rows_beyond_the_rank_stay_zero(weights, run):
    begun, trained = weights
    beyond = np.arange(DIMS) >= RANKS[run]
    assert np.all(trained.read_in[run][beyond] == 0.0)
    for mixers in (trained.mixers[run], trained.covariate_mixers[run]):
        assert np.all(mixers[:, beyond] == 0.0) and np.all(mixers[:, :, beyond] == 0.0)
    # The rest was trained.
    assert np.all(trained.read_in[run][~beyond] != begun.read_in[run][~beyond])
    kept = np.ix_(range(2), ~beyond, ~beyond)
    assert np.all(trained.mixers[run][kept] != begun.mixers[run][kept])
