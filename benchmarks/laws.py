"""How accurate the law fitter is: every figure of `docs/law-fitting.md`, as Markdown.

    python benchmarks/laws.py references --keys 100
    python benchmarks/laws.py gemstones | language | scalebench | coverage | suggest | rows

The published tables are looked for beside the project, or in the folder that the environment
variable ICLAWS_SCALING_DATA names.
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np
from scipy.stats import t as student

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.laws.published import SCALEBENCH, language_curves, published, references

from iclaws import laws

DIGITS = 5e-4  # four significant digits
HOFFMANN = "E + A*params^-alpha + B*tokens^-beta"
TRUTH = {"E": 1.7, "A": 400.0, "alpha": 0.34, "B": 1500.0, "beta": 0.37}


def table(header, rows):
    """Print a Markdown table."""
    print("| " + " | ".join(header) + " |")
    print("|" + "---|" * len(header))
    for row in rows:
        print("| " + " | ".join(map(str, row)) + " |", flush=True)
    print(flush=True)


def measure_references(keys):
    """Every published optimum from many keys: how often it is reached, and how fast."""
    rows = []
    for reference in references():
        reference.fit(key=10**6)  # compiles
        reached, right, seconds, best = 0, 0, [], np.inf
        limit = reference.row.optimum + 1e-6 * abs(reference.row.optimum)
        for key in range(keys):
            start = time.process_time()
            fit = reference.fit(key=key)
            seconds.append(time.process_time() - start)
            value = reference.objective(fit)
            best = min(best, value)
            reached += value <= limit
            right += all(
                abs(fit.parameters[name] / wanted - 1) <= DIGITS
                for name, wanted in reference.expected()
            )
        row = reference.row
        rows.append((
            row.dataset.partition(".")[0], row.subset, row.law, row.objective,
            f"{row.optimum:.9g}", f"{best:.9g}", f"{reached}/{keys}", f"{right}/{keys}",
            f"{np.median(seconds):.2f}", f"{max(seconds):.2f}", fit.status.name,
        ))  # fmt: skip
    table(
        ("data", "rows", "law", "objective", "listed", "ours", "reached", "four digits",
         "median s", "worst s", "status"),
        rows,
    )  # fmt: skip


def measure_gemstones():
    """Floors, trade-offs and clusters of the width-depth table."""
    data = published("gemstones_hot_100bplus.jsonl")
    three = laws.fit(laws.get("additive")(over=("width", "depth", "tokens")), data, "final_loss")
    print(f"width, depth, tokens: {three.status.name}; {' '.join(three.notes)}")
    print(f"interval of the floor: {three.profile('floor').interval}\n")
    four = laws.get("additive")(over=("width", "depth", "params_active_precise", "tokens"))
    fit = laws.fit(four, data, "final_loss")
    print(f"four terms: {fit.status.name}; {' '.join(fit.notes)}\n")
    two = laws.get("additive")(over=("params_active_precise", "tokens"))
    rows = []
    for name, cluster in (("rows", None), ("runs", "run_name")):
        draws = laws.fit(two, data, "final_loss", cluster=cluster).bootstrap(500)
        exponent = "exponent_params_active_precise"
        rows.append((name, f"{draws.std(exponent):.4f}", draws.interval("floor", expanded=False)))
    table(("resampled", "standard error of the exponent of N", "95 % interval of the floor"), rows)


def log_error(predicted, data):
    """Return the RMSE of the logarithm."""
    return float(np.sqrt(np.mean((np.log(predicted) - np.log(data.loss)) ** 2)))


def measure_language():
    """Extrapolation of language curves: every form, the automatic choice, the average."""
    errors = {}
    for train, test in language_curves():
        found = laws.compare(laws.candidates("scale"), train, loss=laws.Squared())
        for one in found.candidates:
            errors.setdefault(str(one.law), []).append(log_error(one.fit.predict(test), test))
        errors.setdefault("choice", []).append(log_error(found.choice.fit.predict(test), test))
        errors.setdefault("average", []).append(log_error(found.predict(test), test))
    rows = [
        (name, f"{np.mean(v):.5f}", f"{np.median(v):.5f}", f"{np.max(v):.4f}")
        for name, v in errors.items()
    ]
    table(("law", "mean RMSE of log loss", "median", "worst"), rows)


def r_squared(predicted, truth):
    """Return the coefficient of determination."""
    return 1 - np.sum((predicted - truth) ** 2) / np.sum((truth - truth.mean()) ** 2)


def measure_scalebench():
    """R² in the target region: the choice, the average, and the best form in the sample."""
    rows = []
    for name, (columns, limit) in SCALEBENCH.items():
        parts = {"choice": [], "average": [], "lowest AICc": [], "sum of powers": []}
        truth, chosen = [], set()
        for _, group in published(f"scalebench_{name}.csv").groupby("group"):
            train, test = group[group.split == "train"], group[group.split != "train"]
            found = laws.compare(laws.candidates(columns), train, loss=laws.Squared())
            sums = [c for c in found.candidates if isinstance(c.law, laws.get("additive"))]
            parts["choice"].append(found.choice.fit.predict(test))
            parts["average"].append(found.predict(test))
            parts["lowest AICc"].append(found.in_sample_winner.fit.predict(test))
            parts["sum of powers"].append(min(sums, key=lambda c: c.aicc).fit.predict(test))
            chosen.add(str(found.choice.law).split(":")[0])
            truth.append(test.loss.to_numpy())
        truth = np.concatenate(truth)
        scores = [f"{r_squared(np.concatenate(v), truth):.4f}" for v in parts.values()]
        rows.append((name, *scores, ", ".join(sorted(chosen)), limit))
    table(("file", "choice", "average", "lowest AICc", "best sum of powers", "chosen", "wanted"),
          rows)  # fmt: skip


DESIGNS = {9: (3, 3), 16: (4, 4), 30: (6, 5), 100: (10, 10)}
NOISES = {
    "Gaussian": lambda generator, size: generator.normal(size=size),
    "heavy-tailed": lambda generator, size: generator.standard_t(3, size=size) / np.sqrt(3.0),
}


def design(first, second, seeds=3):
    """Return a grid of params and tokens with repeats, and the true loss."""
    params, tokens = np.meshgrid(np.geomspace(1e7, 1e10, first), np.geomspace(1e9, 1e12, second))
    data = {"params": np.repeat(params.ravel(), seeds), "tokens": np.repeat(tokens.ravel(), seeds)}
    loss = laws.parse(HOFFMANN).bind(("params", "tokens")).formula(TRUTH, data)
    return data, loss


def intervals(fit, key):
    """Yield `(method, name, interval)` of every method on one fit."""
    names = ("E", "alpha", "beta")
    spare = student.ppf(0.975, fit.num_rows - fit.num_parameters)
    for kind in ("wald", "sandwich"):
        errors = fit.standard_errors(kind)
        for name in names:
            half = spare * errors[name]
            yield kind, name, (fit.parameters[name] - half, fit.parameters[name] + half)
    for method in ("rows", "residual", "wild"):
        draws = fit.bootstrap(400, method=method, key=key, cold_share=0.0)
        for name in names:
            yield f"{method}, percentile", name, draws.interval(name, expanded=False)
            yield f"{method}, expanded", name, draws.interval(name)
    for name in names:
        yield "profile, t", name, fit.profile(name).interval


def measure_coverage(simulations, noises, counts):
    """Coverage of nominal 95 % intervals of E, alpha and beta."""
    rows = []
    for noise, sample in ((noise, NOISES[noise]) for noise in noises):
        for count, shape in ((count, DESIGNS[count]) for count in counts):
            data, loss = design(*shape)
            generator = np.random.default_rng(count)
            hits, tries = {}, 0
            for key in range(simulations):
                noisy = loss * np.exp(0.01 * sample(generator, len(loss)))
                fit = laws.fit(HOFFMANN, {**data, "loss": noisy}, loss=laws.Squared(), key=key)
                tries += 1
                for method, name, (low, high) in intervals(fit, key):
                    hits[method] = hits.get(method, 0) + (low <= TRUTH[name] <= high) / 3.0
            rows.append((noise, count, *(f"{100 * v / tries:.1f}" for v in hits.values())))
            print(rows[-1], file=sys.stderr, flush=True)
    table(("noise", "configurations", *hits), rows)


def measure_rows():
    """A million rows."""
    generator = np.random.default_rng(0)
    num = 1_000_000
    data = {"params": 10 ** generator.uniform(6, 10, num),
            "tokens": 10 ** generator.uniform(8, 12, num)}  # fmt: skip
    loss = laws.parse(HOFFMANN).bind(("params", "tokens")).formula(TRUTH, data)
    data["loss"] = loss * np.exp(0.01 * generator.normal(size=num))
    start, wall = time.process_time(), time.perf_counter()
    fit = laws.fit(HOFFMANN, data, loss=laws.Squared())
    print(f"{time.process_time() - start:.1f} s of processor, {time.perf_counter() - wall:.1f} s")
    print(fit)


def main():
    """Run one part."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=[n[8:] for n in globals() if n.startswith("measure_")])
    parser.add_argument("--keys", type=int, default=100)
    parser.add_argument("--simulations", type=int, default=400)
    parser.add_argument("--noises", nargs="+", choices=list(NOISES), default=list(NOISES))
    parser.add_argument("--counts", nargs="+", type=int, choices=DESIGNS, default=list(DESIGNS))
    chosen = parser.parse_args()
    coverage = (chosen.simulations, chosen.noises, chosen.counts)
    wanted = {"references": (chosen.keys,), "coverage": coverage}
    globals()[f"measure_{chosen.part}"](*wanted.get(chosen.part, ()))


if __name__ == "__main__":
    main()
