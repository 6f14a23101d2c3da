"""Speed of every task's sampler: `python benchmarks/tasks.py [--torch PYTHON] [--steps]`.

Sequences per second in batches of 64 at published sizes, drawn as in training (every
sequence from keys of its own), against plain NumPy and, in another process with
the interpreter `--torch`, PyTorch: both written here from the definitions, with the loops over
batch and points that the published samplers have. Families of tokens and pools, whose published
samplers are NumPy, have no PyTorch peer. Turns alternate, each side keeps its best. The row
`normals` is the generator alone: what samplers made of little else cannot pass. `--steps` adds the
share of sampling in a training step of the tiny transformer (3 layers of width 64, 2 heads). Exits
1 if a target is missed.
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

import samplers_numpy
import samplers_tokens
from iclaws.models.transformer import Transformer
from iclaws.tasks.boolean import Boolean
from iclaws.tasks.decision_tree import DecisionTree
from iclaws.tasks.discrete_linear import DiscreteLinear
from iclaws.tasks.fourier import Fourier
from iclaws.tasks.gaussian_process import GaussianProcess
from iclaws.tasks.hidden_markov_mixture import HiddenMarkovMixture
from iclaws.tasks.in_context_classification import InContextClassification
from iclaws.tasks.k_hop_induction import KHopInduction
from iclaws.tasks.linear_classification import LinearClassification
from iclaws.tasks.linear_regression import LinearRegression
from iclaws.tasks.logistic_classification import LogisticClassification
from iclaws.tasks.low_rank import LowRank
from iclaws.tasks.markov_chain import MarkovChain
from iclaws.tasks.mixture import Mixture
from iclaws.tasks.mqar import MQAR
from iclaws.tasks.polynomial import Polynomial
from iclaws.tasks.relu_network import ReluNetwork
from iclaws.tasks.retrieval import Retrieval
from iclaws.tasks.shifted_linear_regression import ShiftedLinearRegression
from iclaws.tasks.sine import Sine
from iclaws.tasks.sparse_linear import SparseLinear
from iclaws.train.devices import set_up
from iclaws.train.draws import Shape, run_keys, sample, training_draw, training_task
from iclaws.train.point import Point
from iclaws.train.program import compile_program
from iclaws.train.recipe import Recipe

BATCH = 64
FASTER, SHARE = 5.0, 0.2
TASKS = {
    "linear-regression": LinearRegression(20, 40, signal_var=20.0),
    "shifted-linear-regression": ShiftedLinearRegression(20, 40, "skewed"),
    "sparse-linear": SparseLinear(20, 40),
    "low-rank": LowRank(20, 40, subspace_seed=0),
    "polynomial": Polynomial(20, 40),
    "fourier": Fourier(1, 40),
    "sine": Sine(1, 10),
    "gaussian-process": GaussianProcess(1, 20, num_sites=None),
    "relu-network": ReluNetwork(20, 100),
    "decision-tree": DecisionTree(20, 100),
    "linear-classification": LinearClassification(20, 40),
    "logistic-classification": LogisticClassification(20, 40),
    "boolean": Boolean(28, 70, "conjunction"),
    "boolean-parity": Boolean(10, 140, "sparse-parity"),
    "boolean-dnf": Boolean(28, 70, "dnf"),
    "mixture": Mixture(20, 40, parts=[LinearRegression(), DecisionTree()]),
    "mqar": MQAR(64, 256, 4),
    "markov-chain": MarkovChain(64, 8),
    "k-hop-induction": KHopInduction(64, 5, 2),
    "hidden-markov-mixture": HiddenMarkovMixture(64),
    "in-context-classification": InContextClassification(64, 8, 2048, 32),
    "retrieval": Retrieval(20, 64),
    "discrete-linear": DiscreteLinear(8, 15, 1024, noise_var=0.25),
}
# What no sampler can pass: as many random numbers and nothing else.
TASKS["normals"] = None
NUMPY = samplers_numpy.SAMPLERS | samplers_tokens.SAMPLERS


def sampler(task):
    """Return a compiled function that draws the batch of a step as training does."""
    if task is None:
        return jax.jit(lambda step: jax.random.normal(jax.random.key(step), (BATCH, 101, 20)))
    task = training_task(task, seed=0)
    recipe, shape = Recipe(), Shape(task.num_context + 1)

    def batch(step):
        keys = run_keys(0)
        draw = jax.vmap(
            lambda index: sample(task, training_draw(recipe, keys, (step, index)), shape)
        )
        drawn = draw(jnp.arange(BATCH))
        return drawn.xs, drawn.ys

    return jax.jit(batch).lower(0).compile()


def best_seconds(call, seconds):
    """Return the shortest time of a call within some seconds."""
    shortest, until = np.inf, time.perf_counter() + seconds
    while time.perf_counter() < until:
        began = time.perf_counter()
        call()
        shortest = min(shortest, time.perf_counter() - began)
    return shortest


def peer_rates(python, names, seconds):
    """Return sequences per second of the PyTorch samplers."""
    script = Path(__file__).parent / "samplers_torch.py"
    command = [python, str(script), str(seconds), *names]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def step_seconds(task, seconds):
    """Return the time of one training step of the tiny transformer on a task."""
    points = task.num_context + 1
    model = Transformer(depth=3, width=64, num_heads=2, max_points=points)
    recipe = Recipe(num_steps=10**6, batch_size=BATCH, loss_on="all")
    program = compile_program([Point(task, model, recipe)])
    box = [program.begin(), 0]

    def steps():
        bounds = jnp.asarray(box[1], jnp.int32), jnp.asarray(box[1] + 5, jnp.int32)
        box[0] = jax.block_until_ready(program.advance(box[0], program.stacked, bounds))
        box[1] += 5

    steps()
    return best_seconds(steps, seconds) / 5


def main():
    """Print a table, and say which targets are missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--torch", help="interpreter that has PyTorch")
    parser.add_argument("--steps", action="store_true", help="also time training steps")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=1.0, help="for each turn")
    parser.add_argument("--only", nargs="*", default=list(TASKS))
    options = parser.parse_args()
    set_up()
    ours = {name: sampler(TASKS[name]) for name in options.only}
    rates = {side: dict.fromkeys(options.only, 0.0) for side in ("ours", "numpy", "torch")}
    for _ in range(options.rounds):
        for name in options.only:
            call = ours[name]
            seconds = best_seconds(
                lambda call=call: jax.block_until_ready(call(0)), options.seconds
            )
            rates["ours"][name] = max(rates["ours"][name], BATCH / seconds)
            plain = NUMPY[name]
            seconds = best_seconds(lambda plain=plain: plain(BATCH), options.seconds)
            rates["numpy"][name] = max(rates["numpy"][name], BATCH / seconds)
        if options.torch:
            names = [name for name in options.only if name in samplers_numpy.SAMPLERS]
            found = peer_rates(options.torch, names, options.seconds) if names else {}
            rates["torch"] |= {name: max(rates["torch"][name], found[name]) for name in found}
    missed = []
    print("| task | sequences/s | x NumPy | x PyTorch | share of a step |\n|---|---|---|---|---|")
    for name in options.only:
        rate, share = rates["ours"][name], None
        over = [rate / rates[side][name] if rates[side][name] else None for side in rates][1:]
        if options.steps and TASKS[name] is not None:
            share = BATCH / rate / step_seconds(TASKS[name], 2 * options.seconds)
        cells = ["" if ratio is None else f"{ratio:.1f}" for ratio in over]
        cells.append("" if share is None else f"{share:.1%}")
        print(f"| {name} | {rate:,.0f} | {' | '.join(cells)} |", flush=True)
        peer = over[1] or over[0]
        if TASKS[name] is not None and peer < FASTER:
            missed.append(f"{name}: {peer:.1f} x, below {FASTER}")
        missed += [f"{name}: {share:.0%} of a step"] if share and share > SHARE else []
    print("\n".join(f"missed: {line}" for line in missed) or "All targets are met.")
    sys.exit(bool(missed))


if __name__ == "__main__":
    main()
