"""Draws the README's figure from committed records: `python docs/figures/first.py`.

The records are `iclaws table depth-power-law --out docs/records/depth-power-law.parquet`, of
`iclaws reproduce --preset quick`.
"""

from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from iclaws import claims, laws

DOCS = Path(__file__).parents[1]
COLOURS = {0.5: "#1f6fb4", 0.9: "#d9622b"}


def main():
    """Write the figure."""
    mpl.rcParams.update({"svg.fonttype": "path", "svg.hashsalt": "iclaws", "font.size": 9})
    table = pd.read_parquet(DOCS / "records" / "depth-power-law.parquet")
    table = table[table["converged"].astype(bool)]
    figure = Figure(figsize=(6.4, 3.4), layout="constrained")
    axes = figure.subplots()
    for source, runs in table.groupby("source"):
        _draw(axes, float(source), runs.sort_values("depth"))
    axes.set(xscale="log", yscale="log", xlabel="depth (layers)", ylabel="excess risk")
    axes.set_xticks([2, 4, 8, 16, 32, 64], labels=["2", "4", "8", "16", "32", "64"])
    axes.minorticks_off()
    axes.set_ylim(bottom=1e-3)
    axes.spines[["top", "right"]].set_visible(False)
    styles = {
        "trained, every seed": {"marker": "o", "ls": "", "ms": 4},
        "predicted before training": {"marker": "D", "ls": "", "ms": 9, "mfc": "none"},
        "fitted power law": {"ls": "-"},
        "bound of any such model": {"ls": ":"},
    }
    handles = [Line2D([], [], color="#555555", label=name, **how) for name, how in styles.items()]
    handles += [
        Line2D([], [], color=COLOURS[source], lw=5, label=text)
        for source, text in _exponents(table).items()
    ]
    axes.legend(handles=handles, frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    figure.savefig(DOCS / "figures" / "first.svg", metadata={"Date": None})


def _exponents(table):
    """Return the verdict on each source's exponent, in words."""
    return {
        float(found.subject.partition("=")[2]): (
            f"{found.subject.replace('=', ' ')}\nexponent {found.estimate:.3f} "
            f"[{found.interval[0]:.3f}, {found.interval[1]:.3f}]\npredicted {found.expected:.3f}"
        )
        for found in claims.evaluate(table, ["predicted-exponent"])
    }


def _draw(axes, source, runs):
    colour = COLOURS[source]
    fit = laws.fit("A*depth^-alpha", runs, "excess_risk", loss=laws.Squared())
    depths = np.geomspace(2, 64, 60)
    axes.plot(depths, fit.predict({"depth": depths}), color=colour)
    axes.plot(runs["depth"], runs["excess_risk"], "o", ms=4, color=colour)
    means = runs.groupby("depth")[["predicted_excess_risk", "lower_bound"]].mean()
    predicted = means["predicted_excess_risk"]
    axes.plot(means.index, predicted, "D", ms=9, mfc="none", color=colour)
    axes.plot(means.index, means["lower_bound"], ":", color=colour)


if __name__ == "__main__":
    main()
