"""C6: is the best depth proportional to the square of the best width?"""

import numpy as np

from .. import laws
from ..laws.additive import Additive
from ._base import AbstractClaim, Finding, Verdict, claims
from ._rows import Curve, Rows, curves, risk_column, tail_note
from ._statistics import over_seeds

CLAIMED, MARGIN = 2.0 / 3.0, 0.05
AXES = ("depth", "read_in_rank")
LAW = Additive(over=AXES, with_floor=False)


@claims.register("frontier-shape")
class FrontierShape(AbstractClaim):
    r"""$L^* \propto N^{2/3}$, $d^* \propto N^{1/3}$ at $N = Ld$, which is $L^* \propto d^{*2}$."""

    label = "C6"
    name = "frontier-shape"
    statement = "At a fixed budget depth x width, the best depth grows as its 2/3 power."
    rule = (
        "One joint fit A L^-a + B r^-b per seed; the frontier exponent is b/(a+b). Supported if "
        "it lies within 0.05 of 2/3 (TOST), refuted if farther away. Holm-corrected. Cross-checked "
        "by the best cell of each budget."
    )
    studies = ("depth-width",)

    def findings(self, study: str, rows: Rows) -> list[Finding]:
        """Return one finding per spectrum."""
        return [self._judge(study, curve) for curve in curves(rows, ("capacity", "source"))]

    def _judge(self, study: str, curve: Curve) -> Finding:
        rows, column = curve.rows, risk_column(curve.rows)
        estimate = over_seeds(
            [frontier_exponent(seed, column) for _, seed in rows.groups(["seed"])]
        )
        if estimate is None:
            return self.finding(
                study, curve.subject, Verdict.UNTESTED, sentence="Fewer than three seeds converged."
            )
        expected = frontier_exponent(rows, "predicted_excess_risk")
        direct = direct_exponent(rows, column)
        capacity = float(rows.floats("capacity")[0])
        low, high = estimate.interval()
        return self.finding(
            study,
            curve.subject,
            Verdict.INCONCLUSIVE,
            sentence=(
                f"Frontier exponent {estimate.value:.3f} [{low:.3f}, {high:.3f}]; the same fit to "
                f"the predicted risks gives {expected:.3f}, its asymptote is "
                f"{capacity / (1.0 + capacity):.3f}; claimed 0.667." + tail_note(column)
            ),
            statistic="exponent of the best depth in depth x width",
            estimate=estimate.value,
            interval=(low, high),
            expected=expected,
            claimed=CLAIMED,
            p_support=estimate.p_within(CLAIMED, MARGIN),
            p_refute=estimate.p_outside(CLAIMED, MARGIN),
            evidence={
                "fit": laws.fit(LAW, _columns(rows, column), loss=laws.Squared()).parameters,
                "asymptotic_exponent": capacity / (1.0 + capacity),
                "direct_exponent": direct,
                "risk": column,
                "num_runs": len(rows),
                "num_excluded": curve.num_excluded,
            },
        )


def frontier_exponent(rows: Rows, target: str) -> float:
    """Return b/(a+b) of the joint additive fit."""
    fit = laws.fit(LAW, _columns(rows, target), loss=laws.Squared())
    depth, rank = (fit.parameters[name] for name in _exponent_names(fit))
    return rank / (depth + rank)


def direct_exponent(rows: Rows, column: str) -> float | None:
    """Return the slope of the best log depth in the log budget, cell by cell; None if too few.

    At every budget met by three shapes or more, a parabola through the log risks of the best
    shape and its neighbours gives the best depth between the cells.
    """
    budget_of_row = rows.floats("depth") * rows.floats("read_in_rank")
    budgets, depths = [], []
    for budget in sorted(set(budget_of_row)):
        shapes = rows.keep(budget_of_row == budget).means("depth", (column,))
        x, y = np.log(shapes["depth"]), np.log(shapes[column])
        best = int(np.argmin(y))
        if 0 < best < len(x) - 1:
            a, b, _ = np.polyfit(x[best - 1 : best + 2], y[best - 1 : best + 2], 2)
            budgets.append(np.log(budget))
            depths.append(-b / (2.0 * a))
    return float(np.polyfit(budgets, depths, 1)[0]) if len(budgets) >= FEWEST_BUDGETS else None


FEWEST_BUDGETS = 4


def _columns(rows: Rows, target: str) -> dict[str, np.ndarray]:
    return {axis: rows.floats(axis) for axis in AXES} | {"loss": rows.floats(target)}


def _exponent_names(fit: laws.Fit) -> tuple[str, str]:
    terms = fit.law.terms() or ()
    found = {column: name for _, factors in terms for column, name in factors}
    return found[AXES[0]], found[AXES[1]]
