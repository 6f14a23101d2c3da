"""C1: is the excess risk a power law in depth?"""

import numpy as np
from scipy import stats

from .. import laws
from ..laws.exponential import Exponential
from ..laws.power_law import PowerLaw
from ._base import LEVEL, AbstractClaim, Finding, Verdict, claims
from ._rows import Curve, Rows, curves, risk_column, tail_note

POWER = {
    "power law": PowerLaw("depth", with_floor=False),
    "power law with floor": PowerLaw("depth", with_floor=True),
}
RIVALS = {
    "exponential": Exponential("depth", with_floor=False),
    "exponential with floor": Exponential("depth", with_floor=True),
}
Data = dict[str, np.ndarray]
CLEAR = 6.0  # difference of AICc that decides
FEWEST_SIZES, SMALLEST_FACTOR = 5, 32
HOLD_OUT_SES = 2.0


@claims.register("depth-law-form")
class DepthLawForm(AbstractClaim):
    """A power law in depth, against an exponential, each with and without a floor."""

    label = "C1"
    name = "depth-law-form"
    statement = "The excess risk falls as a power of depth."
    rule = (
        "Supported if AICc prefers a power law to every rival by 6, the log-log curve shows no "
        "quadratic term (p > 0.05), and the law fitted without the largest depth predicts it "
        "within 2 standard errors. Refuted if a rival is preferred by 6."
    )
    studies = ("depth-iso", "depth-power-law")

    def findings(self, study: str, rows: Rows) -> list[Finding]:
        """Return one finding per curve, over all depths of its converged runs."""
        by = ("noise_var", "num_dims", "context_ratio", "source", "capacity", "symmetric")
        return [self._judge(study, curve) for curve in curves(rows, by) if _deep(curve)]

    def _judge(self, study: str, curve: Curve) -> Finding:
        column = risk_column(curve.rows)
        data = {"depth": curve.rows.floats("depth"), "loss": curve.rows.floats(column)}
        fits = {
            name: laws.fit(law, data, loss=laws.Squared()) for name, law in (POWER | RIVALS).items()
        }
        aicc = {name: fit.aicc for name, fit in fits.items() if fit.ok}
        power = min((v, k) for k, v in aicc.items() if k in POWER)
        rival = min((v, k) for k, v in aicc.items() if k in RIVALS)
        gain = rival[0] - power[0]
        bend, quadratic_p = _quadratic(data)
        predicted = _predicted_bend(curve.rows)
        miss = _hold_out_miss(data, POWER[power[1]])
        return self.finding(
            study,
            curve.subject,
            _verdict(gain, quadratic_p, miss),
            sentence=(
                f"AICc prefers the {power[1] if gain > 0 else rival[1]} by {abs(gain):.1f}; "
                f"quadratic term in log-log {bend:+.3f}{_told(predicted)}, p = {quadratic_p:.2g}; "
                f"largest depth predicted {miss:.1f} standard errors off.{tail_note(column)}"
            ),
            statistic="AICc of the best rival minus that of the best power law",
            estimate=gain,
            evidence={
                "aicc": aicc,
                "parameters": {name: fit.parameters for name, fit in fits.items()},
                "quadratic": bend,
                "predicted_quadratic": predicted,
                "quadratic_p": quadratic_p,
                "hold_out_ses": miss,
                "risk": column,
                "num_runs": len(curve.rows),
                "num_excluded": curve.num_excluded,
            },
        )


def _verdict(gain: float, quadratic_p: float, miss: float) -> Verdict:
    if gain >= CLEAR and quadratic_p > LEVEL and miss <= HOLD_OUT_SES:
        return Verdict.SUPPORTED
    return Verdict.REFUTED if gain <= -CLEAR else Verdict.INCONCLUSIVE


def _predicted_bend(rows: Rows) -> float | None:
    predicted = {"depth": rows.floats("depth"), "loss": rows.floats("predicted_excess_risk")}
    return None if np.isnan(predicted["loss"]).any() else _quadratic(predicted)[0]


def _deep(curve: Curve) -> bool:
    depths = curve.rows.distinct("depth")
    return len(depths) >= FEWEST_SIZES and depths[-1] / depths[0] >= SMALLEST_FACTOR


def _told(predicted: float | None) -> str:
    return "" if predicted is None else f" (predicted {predicted:+.3f})"


def _quadratic(data: Data) -> tuple[float, float]:
    """Return the quadratic term in log-log, and the p-value that there is none."""
    x = np.log(data["depth"])
    x = x - x.mean()
    y = np.log(data["loss"])
    design = np.column_stack([np.ones_like(x), x, x**2])
    solution, *_ = np.linalg.lstsq(design, y, rcond=None)
    dof = len(y) - 3
    variance = ((y - design @ solution) ** 2).sum() / dof
    se = np.sqrt(variance * np.linalg.inv(design.T @ design)[2, 2])
    p_value = 2.0 * stats.t.sf(abs(solution[2]) / max(se, 1e-300), dof)
    return float(solution[2]), float(p_value)


def _hold_out_miss(data: Data, law: laws.AbstractLaw) -> float:
    """Return how far the largest depth lies from the law of the others, in standard errors.

    The error is that of the held-out runs' mean log risk and of the law's prediction there, both
    from the scatter of runs.
    """
    largest = data["depth"].max()
    kept = {name: values[data["depth"] < largest] for name, values in data.items()}
    held = {name: values[data["depth"] == largest] for name, values in data.items()}
    fit = laws.fit(law, kept, loss=laws.Squared())
    predicted = np.log(fit.predict(held)).mean()
    measured = np.log(held["loss"])
    scatter = np.log(kept["loss"]) - np.log(fit.predict(kept))
    variance = float((scatter**2).sum()) / max(len(scatter) - len(fit.parameters), 1)
    x = np.log(kept["depth"])
    leverage = 1.0 / len(x) + (np.log(largest) - x.mean()) ** 2 / ((x - x.mean()) ** 2).sum()
    error = np.sqrt(measured.var(ddof=1) / len(measured) + variance * leverage)
    return float(abs(predicted - measured.mean()) / max(error, 1e-12))
