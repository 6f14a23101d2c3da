"""C7: do measured depth exponents match the theory's prediction at the same sizes?"""

import numpy as np

from ._base import AbstractClaim, Finding, Verdict, claims
from ._rows import Curve, Rows, curves, risk_column, tail_note
from ._statistics import log_slopes, over_seeds, slope_se

MARGIN, RELATIVE_MARGIN = 0.1, 0.15


@claims.register("predicted-exponent")
class PredictedExponent(AbstractClaim):
    """The fitted exponent equals that of the finite-size prediction, fitted in the same way."""

    label = "C7"
    name = "predicted-exponent"
    statement = "Measured depth exponents match the theory closely."
    rule = (
        "The exponent is the slope of log risk in log depth, one fit per seed, against the slope "
        "of the predicted risks at the same depths. Supported if it lies within max(0.1, 15 %) of "
        "that (TOST), refuted if farther away. Holm-corrected."
    )
    studies = ("depth-power-law",)

    def findings(self, study: str, rows: Rows) -> list[Finding]:
        """Return one finding per source and capacity."""
        return [self._judge(study, curve) for curve in curves(rows, ("capacity", "source"))]

    def _judge(self, study: str, curve: Curve) -> Finding:
        rows, column = curve.rows, risk_column(curve.rows)
        means = rows.means(
            "depth", (column, "excess_risk", "excess_risk_se", "predicted_excess_risk")
        )
        depth, predicted = means["depth"], means["predicted_excess_risk"]
        shared = slope_se(depth, means["excess_risk_se"] / means["excess_risk"])
        estimate = over_seeds(_exponents(rows, column, len(depth)), shared_se=shared)
        if estimate is None or np.isnan(predicted).any():
            return self.finding(
                study, curve.subject, Verdict.UNTESTED, sentence="Too few seeds, or no prediction."
            )
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
                f"{expected:.3f}." + tail_note(column)
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
                "ratio_to_prediction": np.round(means[column] / predicted, 4).tolist(),
                "shared_evaluation_se": shared,
                "asymptotic_exponent": float(rows.floats("source")[0]),
                "risk": column,
                "num_runs": len(rows),
                "num_excluded": curve.num_excluded,
            },
        )


def _exponents(rows: Rows, column: str, num_depths: int) -> list[float]:
    """Return the exponent of every seed that has all depths."""
    return [
        -log_slopes(seed.floats("depth")[:, None], seed.floats(column))[0]
        for _, seed in rows.groups(["seed"])
        if len(seed) == num_depths
    ]
