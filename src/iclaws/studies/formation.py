"""When in training a model begins to use the order of its context: the fall from the unigram."""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ..errors import InvalidValue
from ..transitions import CriticalScale, Curve, critical_scale

DEFINITION = (
    "training step at which the share of the unigram's excess cross-entropy over Bayes that is "
    "left falls half-way, by a logistic step in the log of training time, in the seeds whose share "
    "ends below one half; interval by bootstrap over them; no formation where the mean share of "
    "all seeds ends above one half"
)
FORMED = 0.5
COLUMNS = ("loss_curve", "num_steps", "cross_entropy", "excess_risk", "unigram_excess_risk", "seed")


class Formation(NamedTuple):
    """A change-point in training time.

    Attributes:
        formed: Whether the mean share falls below one half.
        step: The change-point in optimiser steps; None where nothing formed.
        interval: 95 %; None likewise.
        log_width: 20-80 % width of the fall on the natural logarithm of time; None likewise, or
            where the fall is narrower than the bins of the loss curve.
        end: Share left over the last tenth of training, mean over seeds.
        num_formed: Seeds whose own share ends below one half.
        num_seeds: Of how many.
        sentence: The result in words.
        definition: What the change-point is of.
    """

    formed: bool
    step: float | None
    interval: tuple[float, float] | None
    log_width: float | None
    end: float
    num_formed: int
    num_seeds: int
    sentence: str
    definition: str = DEFINITION


def formation_time(table: pd.DataFrame, *, num_bootstrap: int = 400) -> Formation:
    """Return when runs of one configuration begin to count transitions.

    Args:
        table: Runs over `seed`, such as one depth of `Store.table("induction-time")`.
        num_bootstrap: Draws behind the interval.

    Raises:
        InvalidValue: a column is missing, there is no run, or there are several of one seed.
    """
    curve = formation_curve(table)
    ends = _ends(curve, table["seed"].tolist())
    if ends.mean >= FORMED:
        text = f"No formation: {ends.sentence}"
        return Formation(False, None, None, None, *ends.numbers, text)
    # The mean of runs that fall and runs that stay falls half-way at no time of any of them.
    kept = np.isin(np.asarray(curve.seed), ends.formed)
    formed = Curve(*(np.asarray(values)[kept] for values in curve))
    return _formed(critical_scale(formed, num_bootstrap=num_bootstrap), ends)


class _Ends(NamedTuple):
    """What is left over the last tenth of training: the mean, and the seeds below one half."""

    mean: float
    formed: list[Any]
    num_seeds: int

    @property
    def numbers(self) -> tuple[float, int, int]:
        return self.mean, len(self.formed), self.num_seeds

    @property
    def sentence(self) -> str:
        return (
            f"{self.mean:.0%} of the unigram's excess are left at the end, less than half in "
            f"{len(self.formed)} of {self.num_seeds} seeds."
        )


def _ends(curve: Curve, seeds: list[Any]) -> _Ends:
    scale, order, seed = (np.asarray(values) for values in curve)
    late = scale > 0.9 * scale.max()
    # A run whose last losses are missing has not shown that it formed.
    own = {one: order[late & (seed == one)] for one in seeds}
    formed = [one for one, left in own.items() if len(left) and left.mean() < FORMED]
    return _Ends(float(order[late].mean()), formed, len(seeds))


def formation_curve(table: pd.DataFrame) -> Curve:
    """Return the share of the unigram's excess that is left, at most 1, along training.

    Raises:
        InvalidValue: As `formation_time`.
    """
    missing = [name for name in COLUMNS if name not in table]
    if missing or not len(table):
        lacks = f"no column {missing[0]!r}" if missing else "no run"
        raise InvalidValue(
            f"The table has {lacks}: take trained runs on 'markov-chain', such as those of the "
            "study 'induction-time'."
        )
    if table["seed"].duplicated().any():
        raise InvalidValue(
            "The table holds several runs of one seed: a change-point is of one configuration. "
            "Keep the rows of one, such as one depth's."
        )
    columns = {name: table[name].tolist() for name in COLUMNS}
    parts = [_share({name: columns[name][row] for name in COLUMNS}) for row in range(len(table))]
    return Curve(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def _share(run: dict[str, Any]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    losses = np.asarray(run["loss_curve"], np.float64)
    steps = (np.arange(len(losses)) + 0.5) / len(losses) * float(run["num_steps"])
    bayes = float(run["cross_entropy"]) - float(run["excess_risk"])
    share = np.minimum((losses - bayes) / float(run["unigram_excess_risk"]), 1.0)
    kept = np.isfinite(share)
    return steps[kept], share[kept], np.full(kept.sum(), run["seed"])


def _formed(found: CriticalScale, ends: _Ends) -> Formation:
    if found.scale is None or found.interval is None:
        text = f"{found.sentence} {ends.sentence}"
        return Formation(False, None, None, None, *ends.numbers, text)
    low, high = found.interval
    width = (
        "narrower than the bins of the loss curve"
        if found.log_width is None
        else f"log-width {found.log_width:.2f}"
    )
    text = f"Formed at step {found.scale:.0f} [{low:.0f}, {high:.0f}], {width}: {ends.sentence}"
    return Formation(True, found.scale, found.interval, found.log_width, *ends.numbers, text)
