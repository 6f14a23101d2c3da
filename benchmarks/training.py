"""Speed of training against a PyTorch peer: `python benchmarks/training.py --peer SCRIPT`.

The peer is a script of GPT-2 on in-context regression that takes WIDTH DEPTH HEADS DIMS POINTS
and prints `... ms/step ...`; `--peer-python` names the interpreter that has torch and
transformers. Ratios are of one run: ours and the peer's turns alternate, and each side keeps
its best turn, which is what a busy machine disturbs least. Exits 1 if a target is missed.
"""

import argparse
import re
import subprocess
import sys
import time

import jax
import jax.numpy as jnp
import numpy as np

from iclaws.models.transformer import Transformer
from iclaws.tasks.linear_regression import LinearRegression
from iclaws.train.devices import set_up
from iclaws.train.point import Point
from iclaws.train.program import compile_program
from iclaws.train.recipe import Recipe

BATCH = 64
SINGLE = {"width": 64, "depth": 3, "num_heads": 2, "num_dims": 20, "points": 41}
ENSEMBLE = {"width": 32, "depth": 2, "num_heads": 1, "num_dims": 5, "points": 11}
MEMBERS = 8


def point(sizes, seed=0):
    """Return a run of the peer's setting: loss on all positions, Adam, fresh functions."""
    num_dims, points = sizes["num_dims"], sizes["points"]
    model = {name: sizes[name] for name in ("width", "depth", "num_heads")}
    return Point(
        LinearRegression(num_dims=num_dims, num_context=points - 1, signal_var=num_dims),
        Transformer(max_points=points, **model),
        Recipe(num_steps=10**6, batch_size=BATCH, learning_rate=1e-4, loss_on="all"),
        seed=seed,
    )


class Ours:
    """A compiled group that can be timed again and again."""

    def __init__(self, sizes, members=1):
        self.members = members
        self.program = compile_program([point(sizes, seed) for seed in range(members)])
        self.state, self.step = self.program.begin(), 0

    def seconds_per_step(self, seconds=6.0):
        """Return the time of a step of the whole group over a few seconds."""
        self._advance(3)
        began, steps = time.perf_counter(), 0
        while time.perf_counter() - began < seconds:
            self._advance(20)
            steps += 20
        return (time.perf_counter() - began) / steps

    def _advance(self, steps):
        bounds = jnp.asarray(self.step, jnp.int32), jnp.asarray(self.step + steps, jnp.int32)
        self.state = self.program.advance(self.state, self.program.stacked, bounds)
        jax.block_until_ready(self.state)
        self.step += steps


def peer_seconds(options, sizes):
    """Return the peer's time of one step of one model."""
    order = ("width", "depth", "num_heads", "num_dims", "points")
    command = [options.peer_python, options.peer, *(str(sizes[name]) for name in order)]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return float(re.search(r"([\d.]+) ms/step", printed)[1]) / 1e3


def forward_flops(sizes):
    """Return the multiplications and additions of a forward pass of one sequence."""
    width, tokens = sizes["width"], 2 * sizes["points"]
    layer = 2 * tokens * 12 * width**2 + 4 * tokens**2 * width
    return sizes["depth"] * layer + 2 * tokens * width * (sizes["num_dims"] + 1) // 2


def matmul_peak():
    """Return the GFLOP/s of a large float32 matrix product on all cores."""
    size = 2048
    a = jnp.asarray(np.random.default_rng(0).normal(size=(size, size)), jnp.float32)
    product = jax.jit(lambda a: a @ a)
    product(a).block_until_ready()
    best = np.inf
    for _ in range(8):
        began = time.perf_counter()
        product(a).block_until_ready()
        best = min(best, time.perf_counter() - began)
    return 2 * size**3 / best / 1e9


def against_peer(options, name, sizes, members, target):
    """Print ours beside the peer; return whether the target is met."""
    ours, peer, turns = Ours(sizes, members), [], []
    for _ in range(options.turns):
        turns.append(ours.seconds_per_step() / members)
        peer.append(peer_seconds(options, sizes))
    tokens = 2 * BATCH * sizes["points"]
    best, theirs = min(turns), min(peer)
    # A step is a forward pass and a backward pass of twice its cost.
    gflops = 3 * BATCH * forward_flops(sizes) / best / 1e9
    ratio = theirs / best
    print(
        f"{name}: {1e3 * best:.2f} ms/step per model, {tokens / best:,.0f} tokens/s, "
        f"{gflops:.0f} GFLOP/s; peer {1e3 * theirs:.2f} ms/step, {tokens / theirs:,.0f} tokens/s; "
        f"ratio {ratio:.2f} (turns {min(peer) / max(turns):.2f} to {max(peer) / min(turns):.2f}), "
        f"target {target}: {'met' if ratio >= target else 'MISSED'}",
        flush=True,
    )
    return ratio >= target


def compile_times(turns):
    """Print how compile time grows with depth; return whether the target is met."""
    seconds = {3: [], 12: []}
    for _ in range(turns):
        for depth, found in seconds.items():
            jax.clear_caches()
            found.append(compile_program([point(SINGLE | {"depth": depth})]).compile_seconds)
    ratio = min(seconds[12]) / min(seconds[3])
    print(
        f"compile: depth 3 {min(seconds[3]):.2f} s, depth 12 {min(seconds[12]):.2f} s; "
        f"ratio {ratio:.2f}, target 1.5: {'met' if ratio <= 1.5 else 'MISSED'}",
        flush=True,
    )
    return ratio <= 1.5


def recompilations():
    """Print how many programs are compiled while one group trains on; return whether none."""
    compiled = []
    jax.monitoring.register_event_duration_secs_listener(
        lambda event, _, **__: compiled.append(event) if "backend_compile" in event else None
    )
    ours = Ours(ENSEMBLE)
    ours.seconds_per_step(0.5)
    before = len(compiled)
    ours.seconds_per_step(0.5)
    count = len(compiled) - before
    verdict = "met" if before and not count else "MISSED"
    print(f"compiled before training: {before} programs, between stretches: {count}: {verdict}")
    return bool(before) and count == 0


def main():
    """Run every line and say which are met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer", help="the peer's script; without it only our own lines run")
    parser.add_argument("--peer-python", default=sys.executable)
    parser.add_argument("--turns", type=int, default=3)
    options = parser.parse_args()
    set_up()
    print(f"matrix product peak: {matmul_peak():.0f} GFLOP/s")
    # Compile times first: the persistent cache would answer for what was compiled before.
    jax.config.update("jax_enable_compilation_cache", False)
    met = [compile_times(options.turns), recompilations()]
    if options.peer:
        met.append(against_peer(options, "single", SINGLE, 1, 1.8))
        met.append(against_peer(options, f"ensemble of {MEMBERS}", ENSEMBLE, MEMBERS, 3.0))
    sys.exit(0 if all(met) else 1)


if __name__ == "__main__":
    main()
