"""What suggested runs cost against a uniform grid and random choices that know as much.

    python benchmarks/designs.py [--simulations 60] [--cases farseer Kaplan]

On three simulated laws the error is the spread of the estimate over simulated data; on ScaleBench's
files (rows chosen from the training split) it is the standard error that the chosen rows give under
the law fitted to all of them. A uniform grid spans the whole range in equal logarithmic steps.
Suggestions start from a fit to the cheapest runs, whose cost counts, and are spent in stages: up to
an eighth, a quarter, a half and all of the budget, with a new fit before each. Printed is the
smallest share of the grid's cost with which suggestions reach the grid's error.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.laws.published import published

from iclaws import laws
from iclaws.laws._covariance import noise_variance
from iclaws.laws._goal import goal_slope
from iclaws.laws._jacobian import jacobian

SHARES = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0)
STAGES = (0.125, 0.25, 0.5, 1.0)
SPREAD = 0.01
SUM = "E + A*N^-alpha + B*D^-beta"
SIMULATED = {
    "sum of powers, exponent of N": (
        SUM, {"E": 1.7, "A": 400.0, "alpha": 0.34, "B": 1500.0, "beta": 0.37}, "alpha"),
    "sum of powers, loss at 10 times both": (
        SUM, {"E": 1.7, "A": 400.0, "alpha": 0.34, "B": 1500.0, "beta": 0.37},
        {"N": 1e11, "D": 1e13}),
    "product with floor, exponent of D": (
        "E + A*N^-alpha*D^-beta", {"E": 1.7, "A": 2000.0, "alpha": 0.15, "beta": 0.22}, "beta"),
    "Kaplan's form, exponent of D": (
        "((Nc/N)^(a/b) + Dc/D)^b", {"Nc": 9e13, "a": 0.076, "Dc": 5e13, "b": 0.095}, "b"),
}  # fmt: skip


def grid(num):
    """Return a grid of N and D over four decades each."""
    axes = np.meshgrid(np.geomspace(1e6, 1e10, num), np.geomspace(1e8, 1e12, num))
    return {"N": axes[0].ravel(), "D": axes[1].ravel()}


def cost(table):
    """Return the training cost of every row."""
    return 6.0 * table["N"] * table["D"]


def random_choice(generator, costs, budget):
    """Return rows in random order as long as the budget lasts; what is too dear is passed over."""
    taken = []
    for row in generator.permutation(len(costs)):
        if costs[row] <= budget:
            taken.append(int(row))
            budget -= costs[row]
    return taken


def simulated(law, truth, goal, num, shares):
    """Return errors of the grid, of random choices, and of suggestions at each share."""
    bound = laws.parse(law).bind(("N", "D"))
    generator = np.random.default_rng(0)
    pool, uniform = grid(17), grid(5)
    start = {n: v[cost(pool) <= np.sort(cost(pool))[11]] for n, v in pool.items()}
    budget = cost(uniform).sum()

    def loss_at(table):
        clean = bound.formula(truth, table)
        return {**table, "loss": clean * np.exp(SPREAD * generator.normal(size=len(clean)))}

    def estimate(table):
        fit = laws.fit(law, loss_at(table) if "loss" not in table else table, loss=laws.Squared())
        if isinstance(goal, str):
            return fit, fit.parameters[goal]
        row = {n: np.array([v]) for n, v in goal.items()}
        return fit, float(np.log(fit.predict(row))[0])

    found = {"grid": [estimate(uniform)[1] for _ in range(num)], "random": []}
    for _ in range(num):
        taken = random_choice(generator, cost(pool), budget)
        found["random"].append(estimate({n: v[taken] for n, v in pool.items()})[1])
    for share in shares:
        values = found[share] = []
        for _ in range(num):
            rows = loss_at(start)
            for stage in STAGES:
                left = stage * share * budget - cost(rows).sum()
                if left <= cost(pool).min():
                    continue
                chosen = laws.suggest(
                    estimate(rows)[0], pool, goal=goal, cost="6*N*D", budget=left, repeats=3
                ).rows
                more = loss_at({n: v[list(chosen)] for n, v in pool.items()})
                rows = {n: np.concatenate([rows[n], more[n]]) for n in rows}
            values.append(estimate(rows)[1])
    # Half the width of the middle 90 %: an estimate that ran away counts once.
    return {name: float(np.subtract(*np.quantile(v, [0.95, 0.05]))) for name, v in found.items()}


FILES = {"data_constrained": ("unique_tokens", "params", "tokens"), "farseer": ("N", "D")}


def from_file(name, shares):
    """Return errors of a grid, of random choices and of suggestions on one ScaleBench file."""
    columns = FILES[name]
    data = published(f"scalebench_{name}.csv")
    train, test = data[data.split == "train"].reset_index(drop=True), data[data.split != "train"]
    law = laws.get("power-mean")(over=columns)
    full = laws.fit(law, train, loss=laws.Squared())
    goal = {c: float(np.exp(np.log(test[c]).mean())) for c in columns}
    slope = goal_slope(full, goal, full.coordinates)
    rows = jacobian(full.problem, full.coordinates) / np.sqrt(noise_variance(full))
    costs = 6.0 * train[columns[-2]].to_numpy() * train[columns[-1]].to_numpy()

    def error(chosen):
        information = rows[chosen].T @ rows[chosen] + 1e-9 * np.eye(len(slope))
        return float(np.sqrt(slope @ np.linalg.solve(information, slope)))

    logs = np.log(train[list(columns)].to_numpy())
    logs = (logs - logs.min(axis=0)) / np.ptp(logs, axis=0)
    side = {2: 5, 3: 3}[len(columns)]
    nodes = np.stack(np.meshgrid(*[np.linspace(0, 1, side)] * len(columns)), -1)
    nodes = nodes.reshape(-1, len(columns))
    uniform = np.unique([np.argmin(np.sum((logs - node) ** 2, axis=1)) for node in nodes])
    budget = costs[uniform].sum()
    generator = np.random.default_rng(0)
    random = []
    for _ in range(200):
        random.append(error(random_choice(generator, costs, budget)))
    found = {"grid": error(uniform), "random": float(np.median(random))}
    for share in shares:
        chosen = np.argsort(costs)[: 2 * len(slope)]
        for stage in STAGES:
            pool = np.setdiff1d(np.arange(len(train)), chosen)
            left = stage * share * budget - costs[chosen].sum()
            if left <= costs[pool].min():
                continue
            fit = laws.fit(law, train.iloc[chosen], loss=laws.Squared())
            new = laws.suggest(fit, train.iloc[pool], goal=goal, cost=costs[pool], budget=left).rows
            chosen = np.concatenate([chosen, pool[list(new)]])
        found[share] = error(chosen)
    return found


def main():
    """Print a row per law and file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--simulations", type=int, default=60)
    parser.add_argument("--cases", nargs="+", default=[""], help="parts of the names of cases")
    parser.add_argument("--shares", nargs="+", type=float, default=SHARES)
    options = parser.parse_args()
    num = options.simulations
    print("| case | grid's error | random, equal cost | share of the cost for the grid's error |")
    print("|---|---|---|---|")
    cases = {
        name: lambda c=case: simulated(*c, num, options.shares) for name, case in SIMULATED.items()
    }
    cases |= {f"ScaleBench {name}": lambda n=name: from_file(n, options.shares) for name in FILES}
    for name, case in cases.items():
        if not any(part in name for part in options.cases):
            continue
        found = case()
        reached = [s for s in options.shares if found.get(s, np.inf) <= found["grid"]]
        share = f"{min(reached):.0%}" if reached else "not reached"
        print(f"| {name} | {found['grid']:.4g} | {found['random']:.4g} | {share} |", flush=True)
        print({k: round(v, 5) for k, v in found.items()}, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
