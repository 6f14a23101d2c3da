"""The measured slopes of the step size beside every hypothesis, as Markdown.

    iclaws run step-size --store runs
    python benchmarks/step_size.py runs

One regression per regime of log step on log depth or log dimension, errors clustered by seed;
theory is the same regression on the steps predicted for the same finite sizes.
"""

import argparse

import numpy as np

from iclaws.errors import InvalidValue
from iclaws.mechanism.regression import clustered_slopes
from iclaws.results import Store

# Regime, columns that must hold, axis, depths or dimensions, hypotheses other than the paper's.
REGIMES = (
    ("tied, noise-free", {"tied": True, "noise_var": 0.0, "num_dims": 10}, "depth", (1, 32), "0"),
    ("tied, noise 0.1", {"tied": True, "noise_var": 0.1, "num_dims": 10}, "depth", (1, 32), ""),
    ("tied, noise 0.1, deep", {"tied": True, "noise_var": 0.1, "num_dims": 10}, "depth", (8, 32),
     "-1"),
    ("tied, noise 1, deep", {"tied": True, "noise_var": 1.0, "num_dims": 10}, "depth", (8, 32),
     "-1"),
    ("untied mean, noise-free", {"tied": False, "noise_var": 0.0, "num_dims": 10}, "depth", (2, 8),
     "0 to +1"),
    ("untied mean, noise 0.1", {"tied": False, "noise_var": 0.1, "num_dims": 10}, "depth", (2, 8),
     "-1 once noise limits"),
    ("one layer, noise-free", {"tied": True, "noise_var": 0.0, "depth": 1}, "num_dims", (5, 40),
     "-D/(k+D)"),
    ("tied depth 4, noise-free", {"tied": True, "noise_var": 0.0, "depth": 4}, "num_dims", (5, 40),
     "-D/(k+D)"),
    ("one layer, noise 0.1", {"tied": True, "noise_var": 0.1, "depth": 1}, "num_dims", (5, 40),
     "-D/(k+D)"),
)  # fmt: skip
COLUMNS = {"after training": "step_size", "at initialisation": "initial_step_size"}
FROM_FUNCTION = "function_step_size"
PAPER = -0.5


def slope_of(rows, column, axis):
    """Return slope and interval of the log of a column in the log of an axis, or None."""
    values = np.abs(rows[column].to_numpy(float))
    keep = np.isfinite(values) & (values > 0)
    if keep.sum() < 3:
        return None
    logs = {axis: np.log(rows[axis].to_numpy(float)[keep])}
    try:
        found = clustered_slopes(np.log(values[keep]), logs, rows["seed"].to_numpy()[keep])
    except InvalidValue:
        return None
    return found[axis]


def text_of(slope):
    """Return a slope with its interval."""
    if slope is None:
        return "-"
    low, high = slope.interval()
    return f"{slope.value:+.3f} [{low:+.3f}, {high:+.3f}]"


def main():
    """Print the table of one store."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("store")
    table = Store(parser.parse_args().store).table("step-size")
    table = table[table["model"] == "linear-attention"]
    print("| regime | slope in | weights | function | at the start | theory, same sizes | paper | "
          "other hypothesis | paper excluded |")  # fmt: skip
    print("|---|---|---|---|---|---|---|---|---|")
    for name, held, axis, (low, high), other in REGIMES:
        rows = table[table[axis].between(low, high)]
        for column, value in held.items():
            rows = rows[rows[column] == value]
        # Runs that have not converged are shown by the report and count in no slope.
        rows = rows[rows["converged"].astype(bool) & (rows["status"] == "trained")]
        measured = slope_of(rows, COLUMNS["after training"], axis)
        cells = [text_of(measured)]
        for column in (FROM_FUNCTION, COLUMNS["at initialisation"]):
            cells.append(text_of(slope_of(rows, column, axis)) if column in rows else "-")
        theory = slope_of(rows, "predicted_step_size", axis)
        out = "-" if measured is None else str(
            not measured.interval()[0] <= PAPER <= measured.interval()[1]
        )  # fmt: skip
        expected = "-" if theory is None else f"{theory.value:+.3f}"
        cells = [
            f"{name} ({len(rows)} runs)",
            axis,
            *cells,
            expected,
            str(PAPER),
            other or "-",
            out,
        ]
        print(f"| {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
