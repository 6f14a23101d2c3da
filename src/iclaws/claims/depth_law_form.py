"""C1: is the excess risk a power law in depth?"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy import stats

from .. import laws
from ..errors import InvalidValue
from ..laws.exponential import Exponential
from ..laws.power_law import PowerLaw
from ._base import LEVEL, AbstractClaim, Finding, Verdict, claims
from ._rows import Curve, Rows, curves, relative_errors, risk_column, tail_note

POWER = {
    "power law": PowerLaw("depth", with_floor=False),
    "power law with floor": PowerLaw("depth", with_floor=True),
}
RIVALS = {
    "exponential": Exponential("depth", with_floor=False),
    "exponential with floor": Exponential("depth", with_floor=True),
}
CLEAR = 6.0  # difference of AIC that decides
FEWEST_SIZES, SMALLEST_FACTOR = 5, 32
HOLD_OUT_SES = 2.0
MARGIN, RELATIVE_MARGIN = 0.1, 0.15  # of an exponent: what counts as a difference


class Points(NamedTuple):
    """One point per depth: all runs there are evaluated on the same contexts.

    Attributes:
        depth: Ascending.
        log_risk: Mean over seeds.
        se: Of that, from the spread of seeds and the evaluation error that they share.
        dof: Degrees of freedom that the spread of seeds was estimated with.
    """

    depth: Float[np.ndarray, " n"]
    log_risk: Float[np.ndarray, " n"]
    se: Float[np.ndarray, " n"]
    dof: int

    def keep(self, wanted: np.ndarray) -> "Points":
        """Return some of the points."""
        return Points(self.depth[wanted], self.log_risk[wanted], self.se[wanted], self.dof)


class Bend(NamedTuple):
    """How a curve in log-log differs from a straight line.

    Attributes:
        value: Its quadratic term.
        p_value: That there is none.
        slope: In the middle.
        least_change: Lower end of the interval of how much the local exponent changes in all.
    """

    value: float
    p_value: float
    slope: float
    least_change: float


@claims.register("depth-law-form")
class DepthLawForm(AbstractClaim):
    """A power law in depth, against an exponential, each with and without a floor."""

    label = "C1"
    name = "depth-law-form"
    statement = "The excess risk falls as a power of depth."
    rule = (
        "One point per depth, its error from the spread of seeds and the evaluation error that "
        "they share. Supported if AIC (the errors known) prefers a power law to every rival by 6, "
        "the log-log curve shows no quadratic term (p > 0.05), and the law fitted without the "
        "largest depth predicts it within 2 standard errors. Refuted if a rival is preferred by 6, "
        "or if the curve bends, no floor being in the best power law: its local exponent changes "
        "over the depths by more than 0.1 and 15 %, interval included."
    )
    studies = ("depth-iso", "depth-power-law")

    def findings(self, study: str, rows: Rows) -> list[Finding]:
        """Return one finding per curve whose runs, converged or not, span depths enough.

        If none does, one that says what the study lacks.
        """
        by = ("noise_var", "num_dims", "context_ratio", "source", "capacity", "symmetric")
        deep = [curve for curve in curves(rows, by) if _spans(curve.stored)]
        if deep:
            return [self._judge(study, curve) for curve in deep]
        text = f"No curve has {FEWEST_SIZES} depths over a factor {SMALLEST_FACTOR}."
        return [self.finding(study, "all runs", Verdict.UNTESTED, sentence=text)]

    def _judge(self, study: str, curve: Curve) -> Finding:
        column = risk_column(curve.rows)
        points = _points(curve.rows, column)
        aic, parameters = (
            _criteria(points) if points is not None and _spans(curve.rows) else ({}, {})
        )
        if points is None or not POWER.keys() & aic.keys() or not RIVALS.keys() & aic.keys():
            text = _lacking(curve, points)
            return self.finding(study, curve.subject, Verdict.UNTESTED, sentence=text)
        power = min((v, k) for k, v in aic.items() if k in POWER)
        rival = min((v, k) for k, v in aic.items() if k in RIVALS)
        gain = rival[0] - power[0]
        bend = _quadratic(points)
        predicted = _predicted_bend(curve.rows, points)
        miss = _hold_out_miss(points, POWER[power[1]])
        return self.finding(
            study,
            curve.subject,
            _verdict(gain, bend, miss, floor="floor" in power[1]),
            sentence=(
                f"AIC prefers the {power[1] if gain > 0 else rival[1]} by {abs(gain):.1f}; "
                f"quadratic term in log-log {bend.value:+.3f}{_told(predicted)}, "
                f"p = {bend.p_value:.2g}{_changed(bend)}; "
                f"largest depth {_missed(miss)}.{tail_note(column)}"
            ),
            statistic="AIC of the best rival minus that of the best power law",
            estimate=gain,
            evidence={
                "aic": aic,
                "parameters": parameters,
                "quadratic": bend.value,
                "predicted_quadratic": predicted,
                "quadratic_p": bend.p_value,
                "least_exponent_change": bend.least_change,
                "hold_out_ses": miss,
                "relative_errors": points.se.tolist(),
                "risk": column,
                "num_runs": len(curve.rows),
                "num_excluded": curve.num_excluded,
            },
        )


def _verdict(gain: float, bend: Bend, miss: float | None, *, floor: bool) -> Verdict:
    held = miss is not None and miss <= HOLD_OUT_SES
    if gain >= CLEAR and bend.p_value > LEVEL and held:
        return Verdict.SUPPORTED
    # Of laws that all fit badly the best is no evidence; a floor bends a power law by itself.
    bent = not floor and bend.least_change > max(MARGIN, RELATIVE_MARGIN * abs(bend.slope))
    return Verdict.REFUTED if gain <= -CLEAR or bent else Verdict.INCONCLUSIVE


def _spans(rows: Rows) -> bool:
    depths = rows.distinct("depth")
    return len(depths) >= FEWEST_SIZES and depths[-1] / depths[0] >= SMALLEST_FACTOR


def _lacking(curve: Curve, points: Points | None) -> str:
    """Return what the test lacks on a curve whose stored runs span depths enough."""
    depths = ", ".join(f"{depth:g}" for depth in curve.rows.distinct("depth"))
    if not _spans(curve.rows):
        return (
            f"Converged at depths {depths or 'none'}; the test needs {FEWEST_SIZES} over a factor "
            f"{SMALLEST_FACTOR}. {curve.num_excluded} runs had not converged."
        )
    if points is None:
        return "No depth has two converged seeds, or a risk or its error is unknown."
    return f"The risks at depths {depths} determine no power law, or no exponential."


def _points(rows: Rows, column: str) -> Points | None:
    """Return one point per depth; None if a number is missing or no spread of seeds is known."""
    risks, errors = rows.floats(column), relative_errors(rows, column)
    if not np.isfinite(errors).all() or not (risks > 0.0).all():
        return None
    at = rows.floats("depth")
    depths = np.unique(at)
    logs = [np.log(risks[at == depth]) for depth in depths]
    spreads = [values.std(ddof=1) for values in logs if len(values) > 1]
    if not spreads:
        return None
    # A lone seed at some depth says nothing of their spread there: as wide as anywhere else.
    own = [values.std(ddof=1) if len(values) > 1 else max(spreads) for values in logs]
    counts = np.array([len(values) for values in logs])
    # Independent between depths. Really they correlate, most between neighbours (`_statistics`).
    # That leaves bends and extrapolations half to three quarters of the error used here, so that
    # this test finds a bend less often than it could, and never takes the drift for one.
    shared = np.array([errors[at == depth].mean() for depth in depths])
    se = np.hypot(np.array(own) / np.sqrt(counts), shared)
    means = np.array([values.mean() for values in logs])
    return Points(depths, means, np.maximum(se, 1e-12), int(counts.sum() - len(counts)))


def _fit(law: laws.AbstractLaw, points: Points) -> laws.Fit | None:
    data = {"depth": points.depth, "loss": np.exp(points.log_risk)}
    weights = points.se**-2.0
    try:
        fit = laws.fit(law, data, loss=laws.Squared(), weights=weights / weights.mean())
    except InvalidValue:
        return None
    return fit if fit.ok else None


def _criteria(points: Points) -> tuple[dict[str, float], dict[str, dict[str, float]]]:
    """Return AIC and parameters of every law that could be fitted.

    The errors are known, so that there is no variance to estimate and nothing to correct for few
    points: AIC is the weighted sum of squares plus twice the number of parameters.
    """
    fits = {name: _fit(law, points) for name, law in (POWER | RIVALS).items()}
    aic, parameters = {}, {}
    for name, fit in fits.items():
        if fit is not None:
            off = (np.log(fit.predict({"depth": points.depth})) - points.log_risk) / points.se
            aic[name] = float((off**2).sum()) + 2.0 * fit.num_parameters
            parameters[name] = fit.parameters
    return aic, parameters


def _predicted_bend(rows: Rows, points: Points) -> float | None:
    predicted = rows.means("depth", ("predicted_excess_risk",))["predicted_excess_risk"]
    if not (predicted > 0.0).all():
        return None
    return _quadratic(points._replace(log_risk=np.log(predicted))).value


def _told(predicted: float | None) -> str:
    return "" if predicted is None else f" (predicted {predicted:+.3f})"


def _changed(bend: Bend) -> str:
    if bend.least_change <= MARGIN:
        return ""
    return f" (the local exponent changes by {bend.least_change:.2f} or more)"


def _missed(miss: float | None) -> str:
    if miss is None:
        return "not predicted: the others determine no law"
    return f"predicted {miss:.1f} standard errors off"


def _quadratic(points: Points) -> Bend:
    """Return the quadratic term in log-log."""
    x = np.log(points.depth)
    x = x - x.mean()
    design = np.column_stack([np.ones_like(x), x, x**2]) / points.se[:, None]
    covariance = np.linalg.inv(design.T @ design)
    _, slope, bend = (float(v) for v in covariance @ design.T @ (points.log_risk / points.se))
    se = float(np.sqrt(covariance[2, 2]))
    p_value = float(2.0 * stats.t.sf(abs(bend) / se, points.dof))
    least = max(abs(bend) - float(stats.t.ppf(1.0 - LEVEL / 2, points.dof)) * se, 0.0)
    return Bend(bend, p_value, slope, 2.0 * least * float(np.ptp(x)))


def _hold_out_miss(points: Points, law: laws.AbstractLaw) -> float | None:
    """Return how far the largest depth lies from the law of the others, in standard errors.

    The error is that of the held-out point and of the law's prediction there (of a straight line
    in log-log). None if the others determine no law.
    """
    last = points.depth == points.depth.max()
    kept, held = points.keep(~last), points.keep(last)
    fit = _fit(law, kept)
    if fit is None:
        return None
    off = np.log(fit.predict({"depth": held.depth})) - held.log_risk
    weights, x = kept.se**-2.0, np.log(kept.depth)
    centre = np.average(x, weights=weights)
    reach = (np.log(held.depth) - centre) ** 2 / (weights * (x - centre) ** 2).sum()
    error = np.sqrt(held.se**2 + 1.0 / weights.sum() + reach)
    return float(np.abs(off / error)[0])
