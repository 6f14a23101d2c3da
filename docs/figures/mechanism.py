"""Draws the figures of docs/mechanism.md: `python docs/figures/mechanism.py STORE`.

From a store in which `iclaws run gd-or-gdpp --store STORE` has trained the quick preset.
"""

import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from iclaws.mechanism import draw_contexts
from iclaws.mechanism.drawing import draw_algorithms, draw_filter
from iclaws.mechanism.filter import measure_filter
from iclaws.mechanism.filter_fits import fit_filter
from iclaws.results import Store
from iclaws.studies import studies
from iclaws.train.checkpoints import load_weights

HERE = Path(__file__).parent
SHOWN = (("frozen", 4), ("updated", 2))
FITS = ("gradient-descent", "gd-plus-plus", "ridge")


def filters(store):
    """Draw the filter of one trained model of each kind, with fits of its own depth."""
    points = studies.get("gd-or-gdpp")().points()
    contexts = draw_contexts(points[0].task, 256)
    figure, panels = plt.subplots(1, len(SHOWN), figsize=(10, 4))
    for panel, shown in zip(panels, SHOWN, strict=True):
        point = next(p for p in points if (p.model.covariates, p.model.depth) == shown)
        found = measure_filter(load_weights(store, point), contexts)
        draw_filter(panel, found, [fit_filter(found, (n,), depths=(shown[1],))[0] for n in FITS])
        panel.set_title(f"covariates {shown[0]}, depth {shown[1]}, tied")
    return figure


def algorithms(store):
    """Draw the closest algorithm over depth and training, tied weights."""
    table = store.table("gd-or-gdpp")
    figure, panels = plt.subplots(1, 2, figsize=(13, 3.5))
    for panel, covariates in zip(panels, ("frozen", "updated"), strict=True):
        draw_algorithms(panel, table[(table["covariates"] == covariates) & table["tied"]])
        panel.set_title(f"covariates {covariates}")
    return figure


def main():
    """Draw both and write them beside this file."""
    store = Store(sys.argv[1])
    for name, draw in (("filter", filters), ("algorithms", algorithms)):
        figure = draw(store)
        figure.tight_layout()
        figure.savefig(HERE / f"mechanism-{name}.svg", metadata={"Date": None})


if __name__ == "__main__":
    main()
