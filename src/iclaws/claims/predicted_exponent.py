"""C7: do measured depth exponents match the theory's prediction at the same sizes?"""

import itertools

import numpy as np

from ._base import AbstractClaim, Finding, Verdict, claims
from ._rows import Curve, Rows, curves, relative_errors, risk_column, tail_note
from ._statistics import FEWEST_SEEDS, depth_slope_se, log_slopes, over_seeds

MARGIN, RELATIVE_MARGIN = 0.1, 0.15


@claims.register("predicted-exponent")
class PredictedExponent(AbstractClaim):
    """The fitted exponent equals that of the finite-size prediction, fitted in the same way."""

    label = "C7"
    name = "predicted-exponent"
    statement = "Measured depth exponents match the theory closely."
    rule = (
        "The exponent is the slope of log risk in log depth, one fit per seed over the most depths "
        "that three seeds share, against the slope of the predicted risks at the same depths. "
        "Supported if it lies within max(0.1, 15 %) of that (TOST), refuted if farther away. "
        "Holm-corrected."
    )
    studies = ("depth-power-law",)

    def findings(self, study: str, rows: Rows) -> list[Finding]:
        """Return one finding per source and capacity."""
        return [self._judge(study, curve) for curve in curves(rows, ("capacity", "source"))]

    def _judge(self, study: str, curve: Curve) -> Finding:
        rows, column = _shared(curve.rows), risk_column(curve.rows)
        lacking = _lacking(rows)
        if lacking:
            return self.finding(study, curve.subject, Verdict.UNTESTED, sentence=lacking)
        means = _means(rows, column)
        depth, predicted = means["depth"], means["predicted_excess_risk"]
        shared = depth_slope_se(depth, means["relative_error"])
        seeds = [seed for _, seed in rows.groups(["seed"])]
        estimate = over_seeds([_exponent(seed, column) for seed in seeds], shared_se=shared)
        assert estimate is not None  # the seeds were counted before
        expected = float(-log_slopes(depth[:, None], predicted)[0])
        margin = max(MARGIN, RELATIVE_MARGIN * expected)
        low, high = estimate.interval()
        inside = "contains" if low <= expected <= high else "does not contain"
        return self.finding(
            study,
            curve.subject,
            Verdict.INCONCLUSIVE,
            sentence=(
                f"Exponent {estimate.value:.3f} [{low:.3f}, {high:.3f}] {inside} the prediction "
                f"{expected:.3f}.{_part_used(curve.rows, rows)}{tail_note(column)}"
            ),
            statistic="depth exponent",
            estimate=estimate.value,
            interval=(low, high),
            expected=expected,
            claimed=expected,
            p_support=estimate.p_within(expected, margin),
            p_refute=estimate.p_outside(expected, margin),
            evidence={
                "interval_contains_prediction": inside == "contains",
                "shared_evaluation_se": shared,
            }
            | _evidence(curve, rows, column),
        )


def _shared(rows: Rows) -> Rows:
    """Return the runs of the most depths that three seeds share.

    Of as many depths, those of more seeds, then those that reach farther.
    """
    has = {seed: frozenset(own.floats("depth")) for (seed,), own in rows.groups(["seed"])}
    triples = itertools.combinations(has.values(), FEWEST_SEEDS)
    candidates = {frozenset.intersection(*triple) for triple in triples}
    if not candidates:
        return rows.keep(np.zeros(len(rows), dtype=bool))

    def size(depths: frozenset[float]) -> tuple[int, int, float, list[float]]:
        reach = max(depths, default=1.0) / min(depths, default=1.0)
        return len(depths), sum(depths <= own for own in has.values()), reach, sorted(depths)

    best = max(candidates, key=size)
    seeds = [seed for seed, depths in has.items() if best <= depths]
    whole = np.array([seed in seeds for seed in rows.column("seed")])
    return rows.keep(whole & np.isin(rows.floats("depth"), sorted(best)))


def _lacking(rows: Rows) -> str:
    """Return what the test lacks; empty if nothing."""
    if len(rows.distinct("depth")) < 2:
        return f"No two depths have {FEWEST_SEEDS} converged seeds in common."
    if not np.isfinite(rows.floats("predicted_excess_risk")).all():
        return "Not every depth has a predicted risk."
    return ""


def _means(rows: Rows, column: str) -> dict[str, np.ndarray]:
    rows = rows.assign(relative_error=relative_errors(rows, column))
    return rows.means("depth", (column, "relative_error", "predicted_excess_risk"))


def _exponent(seed: Rows, column: str) -> float:
    return float(-log_slopes(seed.floats("depth")[:, None], seed.floats(column))[0])


def _part_used(stored: Rows, used: Rows) -> str:
    if len(used) == len(stored):
        return ""
    seeds, depths = len(used.distinct("seed")), len(used.distinct("depth"))
    return f" ({depths} depths that {seeds} seeds share: {len(used)} of {len(stored)} runs.)"


def _evidence(curve: Curve, rows: Rows, column: str) -> dict[str, object]:
    means = _means(rows, column)
    ratio = means[column] / means["predicted_excess_risk"]
    return {
        "ratio_to_prediction": np.round(ratio, 4).tolist(),
        "asymptotic_exponent": float(rows.floats("source")[0]),
        "risk": column,
        "num_runs": len(rows),
        "num_seeds": len(rows.distinct("seed")),
        "depths": sorted(set(rows.floats("depth"))),
        "num_excluded": curve.num_excluded,
        "num_not_shared": len(curve.rows) - len(rows),
    }
