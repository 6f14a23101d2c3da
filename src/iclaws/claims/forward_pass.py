"""C3: is the forward pass of a trained model gradient descent?"""

import numpy as np
from scipy import stats

from ._base import AbstractClaim, Finding, Verdict, claims
from ._rows import Rows, curves
from ._statistics import FEWEST_SEEDS, Estimate, over_seeds

MOST_SPD = 0.05  # of the predictions' mean square
MOST_NONLINEAR = 0.05
BY = ("model", "covariates", "tied", "num_dims", "noise_var", "depth")


@claims.register("forward-pass")
class ForwardPass(AbstractClaim):
    """The predictions are those of gradient descent, and of nothing else nearer."""

    label = "C3"
    name = "forward-pass"
    statement = "The forward pass of a trained model implements gradient descent in context."
    rule = (
        "Three numbers per seed on paired contexts: squared prediction difference (SPD) to the "
        "closest gradient descent over the predictions' mean square; by how much the closest other "
        "algorithm is farther; |f(2y) - 2f(y)| / |f(y)|. Supported if the first is below 0.05, the "
        "second above 0 and the third below 0.05 (t tests over seeds, all three); refuted if one "
        "of them is on the other side. Holm-corrected."
    )
    studies = ("gd-or-gdpp", "step-size")

    def findings(self, study: str, rows: Rows) -> list[Finding]:
        """Return one finding per architecture, noise and depth."""
        return [self._judge(study, curve.subject, curve.rows) for curve in curves(rows, BY)]

    def _judge(self, study: str, subject: str, rows: Rows) -> Finding:
        columns = ("descent_spd", "descent_lead", "label_scaling")
        measured = [rows.floats(name) for name in columns]
        kept = np.asarray(np.isfinite(measured).all(axis=0))
        if kept.sum() < FEWEST_SEEDS:
            text = f"{int(kept.sum())} measured seeds; the test needs {FEWEST_SEEDS}."
            return self.finding(study, subject, Verdict.UNTESTED, sentence=text)
        rows = rows.keep(kept)
        shared = _lead_se(rows)
        spd, lead, scaling = (
            _estimate(values[kept], shared_se=se)
            for values, se in zip(measured, (0.0, shared, 0.0), strict=True)
        )
        within = [_below(spd, MOST_SPD), _below(scaling, MOST_NONLINEAR), 1.0 - _below(lead, 0.0)]
        closest = sorted({str(name) for name in rows.column("closest")})
        sentence = (
            f"SPD to the closest gradient descent {spd.value:.3g}; the closest other algorithm is "
            f"{lead.value:+.3g} farther; nonlinearity {scaling.value:.2g}. "
            f"Closest of all: {', '.join(closest)}."
        )
        return self.finding(
            study,
            subject,
            Verdict.INCONCLUSIVE,
            sentence=sentence,
            statistic="squared prediction difference to gradient descent",
            estimate=spd.value,
            interval=spd.interval(),
            claimed=MOST_SPD,
            p_support=max(within),
            # One of three is enough to refute: corrected for the choice.
            p_refute=min(1.0, 3.0 * min(1.0 - p for p in within)),
            evidence={
                "lead": lead.value,
                "lead_interval": lead.interval(),
                "lead_shared_se": shared,
                "nonlinearity": scaling.value,
                "closest": closest,
                "num_seeds": int(kept.sum()),
            },
        )


def _lead_se(rows: Rows) -> float:
    """Return the error of the lead that all seeds share: they are probed on the same contexts.

    Half the width of its 95 % interval over contexts; 0 where none was stored.
    """
    widths = rows.floats("descent_lead_high") - rows.floats("descent_lead_low")
    known = widths[np.isfinite(widths)]
    return float(known.mean()) / (2.0 * float(stats.norm.ppf(0.975))) if len(known) else 0.0


def _estimate(values: np.ndarray, *, shared_se: float) -> Estimate:
    found = over_seeds([float(value) for value in values], shared_se=shared_se)
    assert found is not None  # the seeds were counted before
    return found


def _below(estimate: Estimate, bound: float) -> float:
    """Return the p-value that the mean is not below a bound."""
    return float(stats.t.cdf((estimate.value - bound) / estimate.se, estimate.dof))
