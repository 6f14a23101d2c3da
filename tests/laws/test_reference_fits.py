"""Every published optimum is reached or beaten, from random starts alone."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from iclaws import laws

from .conftest import epoch_table, published, scaling_data

NAMES = {
    "alpha": "alpha", "beta": "beta", "A": "A", "B": "B", "E": "E",
}  # fmt: skip


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


# One small and one large case by default: each shape of table costs a compilation.
QUICK = (0, 2, 9)


@pytest.mark.parametrize("index", QUICK)
def test_a_published_optimum_is_reached(index):
    check(references()[index])


@pytest.mark.slow
def test_every_published_optimum_is_reached():
    for reference in references():
        check(reference)


def check(reference):
    fit = reference.fit()
    limit = reference.row.optimum + 1e-6 * abs(reference.row.optimum)
    assert reference.objective(fit) <= limit
    for name, value in reference.expected():
        assert fit.parameters[name] == pytest.approx(value, rel=2e-4), name


def test_the_reference_table_is_whole():
    scaling_data()
    assert len(references()) == 26
