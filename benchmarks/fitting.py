"""How fast the law fitter is against other programs, in one run on one core.

    python benchmarks/fitting.py [--peer PYTHON] [--draws 4000]

4000 bootstraps of Hoffmann's law on Epoch's 240 points, against a loop of SciPy's BFGS with exact
gradients from Hoffmann's parameters (as arXiv 2404.10102 did it) and, where `--peer` names the
Python of an environment that holds it, against `simple-scaling-laws` 0.2.0 (its wild bootstrap of
raw least squares, against ours). Ratios are of processor time; wall times are shown beside them.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]
LAW = "E + A*params^-alpha + B*tokens^-beta"
DELTA = 1e-3
HOFFMANN = np.array([np.log(406.4), np.log(410.7), np.log(1.69), 0.34, 0.28])


def clock():
    """Return processor and wall seconds."""
    return np.array([time.process_time(), time.perf_counter()])


def resamples(num, rows):
    """Return how often each draw takes each row (NumPy's legacy generator, as Epoch's)."""
    state = np.random.RandomState(42)
    return np.stack([np.bincount(state.choice(rows, rows), minlength=rows) for _ in range(num)])


def huber(theta, data, counts):
    """Return the summed Huber loss of log loss and its gradient."""
    log_params, log_tokens, log_loss = data
    log_a, log_b, log_e, alpha, beta = theta
    parts = np.stack([
        log_a - alpha * log_params, log_b - beta * log_tokens, np.full(len(log_loss), log_e)
    ])  # fmt: skip
    top = parts.max(axis=0)
    shares = np.exp(parts - top)
    total = shares.sum(axis=0)
    shares /= total
    residual = top + np.log(total) - log_loss
    inside = np.abs(residual) <= DELTA
    value = np.where(inside, 0.5 * residual**2, DELTA * (np.abs(residual) - 0.5 * DELTA))
    slope = counts * np.clip(residual, -DELTA, DELTA)
    first, second, floor = shares * slope
    gradient = [first.sum(), second.sum(), floor.sum(), -first @ log_params, -second @ log_tokens]
    return float(counts @ value), np.array(gradient)


def scipy_loop(data, counts):
    """Return seconds and objectives of SciPy's BFGS, one resample after the other."""
    from scipy.optimize import minimize

    start = clock()
    found = [minimize(huber, HOFFMANN, args=(data, row), jac=True, method="BFGS") for row in counts]
    return clock() - start, np.array([one.fun for one in found])


def ours(num, folder):
    """Fit and bootstrap in a fresh process: first call with compilation, then warm."""
    from tests.laws.published import epoch_table

    from iclaws import laws

    table = epoch_table()
    counts = resamples(num, len(table))
    seconds = {}
    for name in ("first", "warm"):
        start = clock()
        draws = laws.fit(LAW, table, loss=laws.Huber(DELTA)).bootstrap(counts=counts)
        seconds[name] = (clock() - start).tolist()
    for name in ("wild first", "wild warm"):
        start = clock()
        fit = laws.fit(LAW, table, loss=laws.Squared(), log_residuals=False)
        fit.bootstrap(num, method="wild")
        seconds[name] = (clock() - start).tolist()
    data = np.log(table[["params", "tokens", "loss"]].to_numpy().T)
    order = ("A", "B", "E", "alpha", "beta")
    values = np.stack([draws.parameters[name] for name in order], axis=1)
    values[:, :3] = np.log(values[:, :3])
    reached = [huber(theta, data, row)[0] for theta, row in zip(values, counts, strict=True)]
    np.savez(folder / "ours.npz", objectives=reached)
    print(json.dumps(seconds))


PEER = """
import sys, time
import numpy as np, polars as pl
from simple_scaling_laws import fit
params, tokens, loss = np.loadtxt(sys.argv[1], delimiter=",").T
runs = pl.DataFrame({
    "training_run_id": [f"r{i}" for i in range(len(loss))], "test_set_id": ["t"] * len(loss),
    "model_size__n_params": params, "dataset_size__tokens": tokens, "test_loss__loss": loss})
start = time.process_time(), time.perf_counter()
model = fit(runs, law="separable-power", n_draws=int(sys.argv[2]), seed=0)
print(time.process_time() - start[0], time.perf_counter() - start[1])
"""


def peer(python, num, folder):
    """Return seconds of `simple-scaling-laws` for a fit and `num` draws."""
    from tests.laws.published import epoch_table

    path = folder / "epoch.csv"
    np.savetxt(path, epoch_table()[["params", "tokens", "loss"]].to_numpy(), delimiter=",")
    found = subprocess.run(
        [python, "-W", "ignore", "-c", PEER, str(path), str(num)], check=True, text=True,
        capture_output=True, env={**os.environ, "PYTHONPATH": ""},
    )  # fmt: skip
    return np.array(found.stdout.split()[-2:], dtype=float)


def cold_command(folder):
    """Return wall and processor seconds of a first `iclaws fit` from a cold shell."""
    from tests.laws.published import epoch_table

    path = folder / "table.csv"
    epoch_table().to_csv(path, index=False)
    code = "from iclaws.cli import main; main()"
    before, start = os.times(), time.perf_counter()
    subprocess.run(
        [sys.executable, "-c", code, "fit", str(path), "--law", LAW, "--huber", "1e-3", "--log"],
        check=True, capture_output=True, env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    )  # fmt: skip
    after = os.times()
    used = after.children_user + after.children_system
    return used - before.children_user - before.children_system, time.perf_counter() - start


def report(name, seconds, base=None):
    """Print one line."""
    ratio = "" if base is None else f"   {base[0] / seconds[0]:6.1f} x"
    print(f"{name:45} {seconds[0]:8.2f} s processor {seconds[1]:8.2f} s wall{ratio}", flush=True)


def main():
    """Run everything on one core."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer", help="Python of an environment with simple-scaling-laws")
    parser.add_argument("--draws", type=int, default=4000)
    parser.add_argument("--ours", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    if chosen.ours is not None:
        ours(chosen.draws, chosen.ours)
        return
    from tests.laws.published import epoch_table

    table = epoch_table()
    data = np.log(table[["params", "tokens", "loss"]].to_numpy().T)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        script = [sys.executable, __file__, "--draws", str(chosen.draws), "--ours", name]
        mine = json.loads(subprocess.run(script, check=True, capture_output=True, text=True).stdout)
        seconds, objectives = scipy_loop(data, resamples(chosen.draws, len(table)))
        report(f"SciPy BFGS, {chosen.draws} resamples", seconds)
        report("iclaws, fit and resamples, with compilation", mine["first"], seconds)
        report("iclaws, fit and resamples, warm", mine["warm"], seconds)
        reached = np.load(folder / "ours.npz")["objectives"]
        worse = int(np.sum(reached > objectives * (1 + 1e-9)))
        above = np.median(objectives / reached - 1)
        print(f"{worse} of {len(reached)} resamples end above SciPy's objective, which ends above "
              f"ours by a median of {above:.2g}")  # fmt: skip
        if chosen.peer:
            seconds = peer(chosen.peer, chosen.draws, folder)
            report("simple-scaling-laws, fit and wild draws", seconds)
            report("iclaws, the same, with compilation", mine["wild first"], seconds)
            report("iclaws, the same, warm", mine["wild warm"], seconds)
        report("iclaws fit, from a cold shell", cold_command(folder))


if __name__ == "__main__":
    main()
