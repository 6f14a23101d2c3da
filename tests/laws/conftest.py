"""Where the published tables lie, and the tables that several tests use."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).parents[2]
FOLDER = Path("shared") / "data" / "scaling"


def scaling_data() -> Path:
    """Return the folder of published tables, or skip the test with the reason."""
    named = os.environ.get("ICLAWS_SCALING_DATA")
    places = [Path(named)] if named else [ROOT.parent / FOLDER, ROOT.parents[1] / FOLDER]
    for place in places:
        if place.is_dir():
            return place
    pytest.skip(f"No published tables at {' or '.join(map(str, places))}.")


def published(name: str) -> pd.DataFrame:
    """Return one published table."""
    path = scaling_data() / name
    return pd.read_json(path, lines=True) if name.endswith("jsonl") else pd.read_csv(path)


def epoch_table(*, all_rows: bool = False) -> pd.DataFrame:
    """Return Epoch's reconstruction of Hoffmann's runs, by default without its five outliers."""
    table = published("epoch_chinchilla.csv")
    table = table.assign(
        params=table["Model Size"],
        compute=table["Training FLOP"],
        tokens=table["Training FLOP"] / (6.0 * table["Model Size"]),
    )
    if not all_rows:
        table = table[table.loss < np.sort(table.loss)[-5]]
    return table[["params", "tokens", "compute", "loss"]].reset_index(drop=True)


@pytest.fixture(scope="session")
def epoch():
    return epoch_table()
