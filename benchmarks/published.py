"""The trained rows of docs/published.md, from a store: `python benchmarks/published.py runs`.

Fill the store first: `iclaws run <study> --preset quick --store runs` for every study below. What
has another scale than the paper is converted as the study's convention says.
"""

import sys

import numpy as np

from iclaws.results import Store
from iclaws.studies.raventos_diversity import RaventosDiversity
from iclaws.studies.threshold import diversity_threshold


def interval(values):
    """Return mean and 95 % interval over seeds, as text."""
    values = np.asarray(values, float)
    if len(values) < 2:
        return f"{values[0]:.4g}"
    from scipy import stats

    half = stats.t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / len(values) ** 0.5
    return f"{values.mean():.4g} [{values.mean() - half:.4g}, {values.mean() + half:.4g}]"


def print_risks(store):
    """Print the risks of the linear-attention studies, in the paper's scale."""
    for name, by, scale in (
        ("oswald-one-layer", ["depth"], 0.5),
        ("oswald-depth", ["depth", "tied"], 0.5),
        ("ahn-three-layer", ["depth"], 1.0),
        ("lu-double-descent", ["num_sequences"], 1.0),
    ):
        table = store.table(name)
        for key, part in table.groupby(by) if len(table) else ():
            where = dict(zip(by, key, strict=True))
            print(f"{name:20} {where!s:32} {interval(part['excess_risk'] * scale)}")
    table = store.table("lu-task-diversity")
    for size, part in table.groupby("num_tasks") if len(table) else ():
        gap = part["excess_risk"] - part["pretrain_excess_risk"]
        print(f"lu-task-diversity    gap at M = {size}: {interval(gap)}")


def print_curves(store):
    """Print the in-context curves of the transformers and their baselines."""
    for name in ("garg-linear", "garg-sparse", "garg-tree", "garg-relu"):
        table = store.table(name)
        if not len(table):
            continue
        curves = {"model": np.stack(table["position_excess_risk"]).mean(axis=0)}
        for column in table.columns:
            if column.endswith("_position_excess_risk") and "pretrain" not in column:
                curves[column.removesuffix("_position_excess_risk")] = table[column].iloc[0]
        for label, curve in curves.items():
            if len(curve):
                print(f"{name:20} {label:18}", " ".join(f"{value:.3f}" for value in curve))


def print_diversity(store):
    """Print the distances to both Bayes estimators, averaged over positions, and the threshold."""
    table = store.table("raventos-diversity")
    # The preset as it is now: the store may hold earlier ones.
    wanted = {point.identity() for point in RaventosDiversity("quick").points()}
    table = table[[identity in wanted for identity in table.get("id", [])]]
    if not len(table):
        return
    columns = [
        f"{name}_{law}position_distance" for law in ("", "pretrain_") for name in ("ridge", "dmmse")
    ]
    means = table[columns].map(np.mean).assign(num_tasks=table["num_tasks"])
    print(means.groupby("num_tasks").mean().round(4).to_string())
    print(diversity_threshold(table).sentence)


if __name__ == "__main__":
    opened = Store(sys.argv[1] if len(sys.argv) > 1 else "runs")
    print_risks(opened)
    print_curves(opened)
    print_diversity(opened)
