"""The task-diversity threshold: where a model's distances to both Bayes estimators are equal."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from ..errors import InvalidValue
from ..transitions import wide_interval

DEFINITION = (
    "number of pretraining tasks M at which the distances to ridge and to dMMSE on new tasks, "
    "averaged over positions and seeds (geometric mean), are equal; linear in log distance and "
    "log M between the two sizes about the last crossing; bootstrap over seeds in log M, "
    "percentiles widened for the number of seeds"
)


class Threshold(NamedTuple):
    """A crossing in M.

    Attributes:
        num_tasks: The threshold; None where the distances do not cross.
        interval: Of the bootstrap in log M, widened for the number of seeds; None likewise, with a
            single seed, or where more than one resample in twenty has no crossing.
        share: Share of resamples with a crossing.
        definition: What it is the threshold of, in words.
    """

    num_tasks: float | None
    interval: tuple[float, float] | None
    share: float
    definition: str = DEFINITION

    @property
    def sentence(self) -> str:
        """Return the result in words."""
        if self.num_tasks is None:
            return (
                "On new tasks the distances to ridge and to dMMSE do not cross (in "
                f"{self.share:.0%} of resamples of seeds they do)."
            )
        ends = (
            "without an interval: too few resamples of seeds have a crossing"
            if self.interval is None
            else f"[{self.interval[0]:.3g}, {self.interval[1]:.3g}]"
        )
        return f"On new tasks the model leaves dMMSE for ridge at M = {self.num_tasks:.3g} {ends}."


def diversity_threshold(
    table: pd.DataFrame, *, level: float = 0.95, num_draws: int = 4000, seed: int = 0
) -> Threshold:
    """Return where the model leaves dMMSE for ridge.

    Args:
        table: `Store.table("raventos-diversity")`, or any runs over `num_tasks` and `seed` with
            columns `ridge_position_distance` and `dmmse_position_distance`.
        level: Of the interval.
        num_draws: Resamples of seeds; a seed keeps all its sizes.
        seed: Of the resampling.

    Raises:
        InvalidValue: fewer than two sizes, several runs of one size and seed, or a column is
            missing.
    """
    sizes, logs = _log_ratios(table)
    generator = np.random.default_rng(seed)
    with np.errstate(invalid="ignore"):
        value = _crossing(sizes, np.nanmean(logs, axis=0))
        chosen = generator.integers(len(logs), size=(num_draws, len(logs)))
        draws = [_crossing(sizes, row) for row in np.nanmean(logs[chosen], axis=1)]
    found = np.array([draw for draw in draws if draw is not None])
    share = len(found) / num_draws
    interval = None
    if value is not None and share >= 0.95 and len(logs) > 1:
        ends = wide_interval(np.log(value), np.log(found), len(logs), level=level)
        interval = (float(np.exp(ends[0])), float(np.exp(ends[1])))
    return Threshold(value, interval, share)


def _log_ratios(table: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return the sizes, and log(distance to ridge / distance to dMMSE) by seed and size."""
    columns = ("ridge_position_distance", "dmmse_position_distance")
    missing = [name for name in (*columns, "num_tasks", "seed") if name not in table]
    if missing:
        raise InvalidValue(
            f"The table has no column {missing[0]!r}: take runs of linear regression with noise "
            "and a finite pool of tasks, such as the study 'raventos-diversity'."
        )
    ridge, dmmse = (table[name].map(lambda v: float(np.mean(v))) for name in columns)
    rows = table[["num_tasks", "seed"]].assign(log_ratio=np.log(ridge / dmmse))
    if rows.duplicated(["num_tasks", "seed"]).any():
        raise InvalidValue(
            "The table holds several runs of one pool size and seed: a threshold is of one recipe "
            "and one model. Keep the rows of one, such as one preset's."
        )
    wide = rows.pivot(index="seed", columns="num_tasks", values="log_ratio")
    if wide.shape[1] < 2:
        raise InvalidValue(f"A threshold needs two pool sizes. Got {wide.shape[1]}.")
    return wide.columns.to_numpy(float), wide.to_numpy(float)


def _crossing(sizes: np.ndarray, log_ratio: np.ndarray) -> float | None:
    """Return the last size at which the ratio falls through one, or None."""
    falls = np.flatnonzero((log_ratio[:-1] > 0) & (log_ratio[1:] <= 0))
    if len(falls) == 0:
        return None
    at = falls[-1]
    share = log_ratio[at] / (log_ratio[at] - log_ratio[at + 1])
    logs = np.log(sizes)
    return float(np.exp(logs[at] + share * (logs[at + 1] - logs[at])))
