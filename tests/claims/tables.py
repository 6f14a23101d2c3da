"""Tables as a store would give them, with a law planted in them."""

import numpy as np
import pandas as pd

SEEDS = range(5)


def table(study, cells, risk, *, noise=0.01, seeds=SEEDS, rng=0, **columns):
    """Return rows of every cell and seed, with log-normal noise between seeds.

    Args:
        study: Name of the study.
        cells: Mappings of columns, one per configuration.
        risk: Maps a cell to its exact excess risk.
        noise: Standard deviation of the log risk between seeds.
        seeds: Seeds.
        rng: Seeds the noise.
        **columns: Added to every row, or computed from its cell if callable.
    """
    draw = np.random.default_rng(rng)
    rows = []
    for cell in cells:
        for seed in seeds:
            value = risk(cell) * np.exp(noise * draw.normal())
            row = {
                "study": study,
                "preset": "quick",
                "seed": seed,
                "status": "trained",
                "converged": True,
                "tail_share": 0.05,
                "excess_risk": value,
                "excess_risk_robust": value,
                "excess_risk_se": 0.01 * value,
                "predicted_excess_risk": risk(cell),
            }
            extra = {k: v(cell) if callable(v) else v for k, v in columns.items()}
            rows.append(row | cell | extra)
    return pd.DataFrame(rows)


def only(findings, study):
    """Return the one finding of a study."""
    found = [finding for finding in findings if finding.study == study]
    assert len(found) == 1, found
    return found[0]
