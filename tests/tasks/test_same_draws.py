"""The same key draws the same sequence on every version of JAX: against stored draws.

`python tests/tasks/test_same_draws.py` writes them anew, after a change that means to change
them: stored results of a family whose draws differ need a new `version` of the task.
"""

import json
from pathlib import Path

import jax
import numpy as np
import pytest

from iclaws.tasks import tasks

FILE = Path(__file__).parent / "same_draws.json"
NUM_POINTS = 3
# Rounding differs between versions and machines; matrix factors multiply it.
DIGITS, TOLERANCE = 5, 1e-3


def drawn(name):
    """Return the first points of one sequence of a family, or all it is laid out in, as numbers."""
    task = tasks.get(name).example().prepare(np.random.default_rng(0))
    if getattr(task, "fixed_length", False):
        num_points = int(task.num_context) + 1
    else:
        num_points = NUM_POINTS
    latent = task.sample_latent(jax.random.key(5, impl="threefry2x32"))
    sequence = task.sample_sequence(jax.random.key(6, impl="threefry2x32"), latent, num_points)
    parts = {"xs": sequence.xs, "ys": sequence.ys, "targets": sequence.targets}
    return {
        part: np.asarray(values, np.float64)[:num_points].round(DIGITS).tolist()
        for part, values in parts.items()
    }


STORED = json.loads(FILE.read_text()) if FILE.exists() else {}


def test_every_family_is_held_to_its_draws():
    assert STORED.keys() == set(tasks.names())


@pytest.mark.parametrize("name", STORED)
def test_the_key_draws_what_it_always_drew(name):
    for part, values in drawn(name).items():
        np.testing.assert_allclose(values, STORED[name][part], atol=TOLERANCE, err_msg=part)


if __name__ == "__main__":
    FILE.write_text(json.dumps({name: drawn(name) for name in tasks.names()}) + "\n")
