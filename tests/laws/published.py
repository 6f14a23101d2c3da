"""Published tables, and the fits that other programs found on them."""

import dataclasses
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from iclaws import laws

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


@dataclasses.dataclass(frozen=True)
class Reference:
    """One row of the table of reference fits, and how to redo it."""

    row: pd.Series

    @property
    def table(self):
        row = self.row
        if row.dataset.startswith("epoch"):
            table = epoch_table(all_rows="drop" not in row.subset)
            table = table.rename(columns={"params": "N", "tokens": "D"})
            return table[table.compute < 1e21] if "C<1e21" in row.subset else table
        table = published(row.dataset)
        if row.dataset.startswith("isoflops"):
            table = table[table.experiment == row.subset.split("=")[1]]
            return pd.DataFrame(
                {"N": table.params / 1e6, "D": table.tokens / 1e9, "loss": table.loss}
            )
        return table

    @property
    def law(self):
        if self.row.dataset.startswith("gemstones"):
            known = ("width", "depth", "params_active_precise", "tokens")
            return laws.get("additive")(over=tuple(c for c in known if f"{c}^e" in self.row.law))
        return laws.parse("E + A*N^-alpha + B*D^-beta")

    @property
    def target(self):
        return "final_loss" if self.row.dataset.startswith("gemstones") else "loss"

    @property
    def loss(self):
        text = self.row.objective
        if "squared" in text:
            return laws.Squared()
        if "asymmetric" in text:
            return laws.Absolute(over=10.0)
        threshold = 1e-3 if "1e-3" in text or "0.001" in text else 1e-4
        return laws.Huber(threshold, free_scale="free scale" in text)

    def objective(self, fit):
        return fit.objective / (len(self.table) if "mean" in self.row.objective else 1)

    def fit(self, key=0):
        return laws.fit(
            self.law, self.table, self.target, loss=self.loss,
            log_residuals="log" in self.row.objective, key=key,
        )  # fmt: skip

    def expected(self):
        """Yield the identified parameters by our names."""
        for pair in self.row.params.split(";"):
            name, value = pair.split("=")
            if name.startswith("exp_"):
                yield f"exponent_{name[4:]}", float(value)
            elif name.startswith("logcoef_"):
                yield f"coefficient_{name[8:]}", np.exp(float(value))
            elif name == "log_E" and float(value) > -10:
                yield "floor", np.exp(float(value))
            elif name in ("A", "B", "E", "alpha", "beta"):
                yield name, float(value)


def references():
    table = published("reference_fits.csv")
    keep = table.optimum.notna() & ~table.dataset.str.startswith("scalebench")
    return [Reference(row) for _, row in table[keep].iterrows()]


def language_curves():
    table = published("revisiting_benchmark_lang.csv").drop_duplicates()
    for _, curve in table.groupby(["Domain", "Task", "Model"]):
        seen = curve["Training"] == 1
        named = curve.rename(columns={"Seen Examples": "scale", "Loss": "loss"})
        yield named[seen], named[~seen]


SCALEBENCH = {
    "parallel": (("num_params", "parallel_size"), 0.99),
    "data_constrained": (("unique_tokens", "params", "tokens"), 0.9),
    "farseer": (("N", "D"), 0.8),
}


@dataclasses.dataclass(frozen=True)
class Pooled:
    """A row of the reference fits on a ScaleBench file: one fit per group, scores pooled."""

    row: pd.Series

    def fit(self) -> tuple[float, float]:
        """Return the mean squared residual on the training part and the R² on the rest."""
        name = self.row.dataset.removeprefix("scalebench_").removesuffix(".csv")
        law = laws.get("additive" if "additive" in self.row.law else "product")
        law = law(over=SCALEBENCH[name][0])
        residuals, errors, truth = [], [], []
        for _, group in published(self.row.dataset).groupby("group"):
            train, test = group[group.split == "train"], group[group.split != "train"]
            fit = laws.fit(law, train, loss=laws.Squared(), log_residuals=False)
            residuals.append(fit.predict(train) - train.loss)
            errors.append(fit.predict(test) - test.loss)
            truth.append(test.loss)
        errors, truth = np.concatenate(errors), np.concatenate(truth)
        spread = np.sum((truth - truth.mean()) ** 2)
        return float(np.mean(np.concatenate(residuals) ** 2)), 1 - np.sum(errors**2) / spread

    def expected(self) -> float:
        """Return the listed R²."""
        return float(self.row.params.split(";")[0].removeprefix("test_R2="))


def pooled_references():
    table = published("reference_fits.csv")
    return [Pooled(row) for _, row in table[table.dataset.str.startswith("scalebench")].iterrows()]
