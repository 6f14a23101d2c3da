"""Speed of the probes: `python benchmarks/mechanism.py`. Exits 1 if a target is missed.

The filter on 256 contexts of a transformer of depth 8 and width 64 takes at most 2 s once it is
compiled, and 32 checkpoints are measured in one call. The call of a model must not be slower
for there being traces of it: both are timed in turns.
"""

import argparse
import sys
import time

import jax
import jax.numpy as jnp

from iclaws.mechanism import draw_contexts, predict
from iclaws.mechanism.capture import capture_contexts
from iclaws.mechanism.filter import measure_filter
from iclaws.models.transformer import Transformer
from iclaws.tasks.linear_regression import LinearRegression

CONTEXTS, MOST_SECONDS = 256, 2.0


def best_seconds(function, turns=3):
    """Return the shortest of some calls after a first one, which compiles."""
    function()
    found = []
    for _ in range(turns):
        began = time.perf_counter()
        function()
        found.append(time.perf_counter() - began)
    return min(found)


def main():
    """Time the filter, an ensemble of checkpoints, and a trace beside the plain call."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--checkpoints", type=int, default=32)
    parser.add_argument("--turns", type=int, default=3)
    chosen = parser.parse_args()
    task = LinearRegression(num_dims=8, num_context=16, noise_var=0.1)
    contexts = draw_contexts(task, CONTEXTS)
    model = Transformer(depth=8, width=64, max_points=17).init(jax.random.key(0), task.num_dims)
    one = best_seconds(lambda: measure_filter(model, contexts), chosen.turns)
    print(f"filter, {CONTEXTS} contexts, depth 8, width 64: {one:.2f} s (at most {MOST_SECONDS})")
    plain = best_seconds(lambda: predict(model, contexts), chosen.turns)
    few = contexts.keep(slice(64))
    traced = best_seconds(lambda: jax.block_until_ready(capture_contexts(model, few)), chosen.turns)
    print(f"plain call {plain:.3f} s on {CONTEXTS} contexts; trace {traced:.3f} s on 64")
    scales = jnp.linspace(0.5, 1.5, chosen.checkpoints)
    several = jax.vmap(lambda scale: jax.tree.map(lambda leaf: scale * leaf, model))(scales)
    many = best_seconds(lambda: measure_filter(several, contexts, runs=1), 1)
    each = many / chosen.checkpoints
    print(f"{chosen.checkpoints} checkpoints in one call: {many:.1f} s, {each:.2f} s each")
    sys.exit(int(one > MOST_SECONDS))


if __name__ == "__main__":
    main()
