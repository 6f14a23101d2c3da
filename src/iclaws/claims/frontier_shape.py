"""C6: is the best depth proportional to the square of the best width?"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from scipy.optimize import least_squares

from .. import laws
from ..errors import InvalidValue
from ..laws.additive import Additive
from ._base import AbstractClaim, Finding, Verdict, claims
from ._rows import Curve, Rows, curves, relative_errors, risk_column, tail_note
from ._statistics import FEWEST_SEEDS, Estimate, over_seeds

CLAIMED, MARGIN = 2.0 / 3.0, 0.05
AXES = ("depth", "read_in_rank")
FEWEST_BUDGETS = 4
NUM_DRAWS = 400  # of the evaluation error
LAW = Additive(over=AXES, with_floor=False)


@claims.register("frontier-shape")
class FrontierShape(AbstractClaim):
    r"""$L^* \propto N^{2/3}$, $d^* \propto N^{1/3}$ at $N = Ld$, which is $L^* \propto d^{*2}$."""

    label = "C6"
    name = "frontier-shape"
    statement = "At a fixed budget depth x width, the best depth grows as its 2/3 power."
    rule = (
        "One joint fit A L^-a + B r^-b per seed; the frontier exponent is b/(a+b). Supported if "
        "it lies within 0.05 of 2/3 (TOST), refuted if farther away; the error counts the spread "
        "of seeds and what the evaluation error that they share does to the fit. Holm-corrected. "
        "Cross-checked by the best cell of each budget."
    )
    studies = ("depth-width",)

    def findings(self, study: str, rows: Rows) -> list[Finding]:
        """Return one finding per spectrum."""
        return [self._judge(study, curve) for curve in curves(rows, ("capacity", "source"))]

    def _judge(self, study: str, curve: Curve) -> Finding:
        rows, column = curve.rows, risk_column(curve.rows)
        seeds = [frontier_exponent(seed, column) for _, seed in rows.groups(["seed"])]
        fitted = [exponent for exponent in seeds if exponent is not None]
        joint = _fit(rows, column)
        if len(fitted) < FEWEST_SEEDS or joint is None:
            return self.finding(
                study, curve.subject, Verdict.UNTESTED, sentence=_too_few(len(seeds), len(fitted))
            )
        shared = shared_error(rows, column, joint)
        estimate = over_seeds(fitted, shared_se=shared)
        assert estimate is not None  # the seeds were counted before
        expected = frontier_exponent(rows, "predicted_excess_risk")
        capacity = float(rows.floats("capacity")[0])
        asymptote = capacity / (1.0 + capacity)
        note = f" {len(seeds) - len(fitted)} seeds left out: no fit." if None in seeds else ""
        return self.finding(
            study,
            curve.subject,
            Verdict.INCONCLUSIVE,
            sentence=_sentence(estimate, expected, asymptote) + note + tail_note(column),
            statistic="exponent of the best depth in depth x width",
            estimate=estimate.value,
            interval=estimate.interval(),
            expected=expected,
            claimed=CLAIMED,
            p_support=estimate.p_within(CLAIMED, MARGIN),
            p_refute=estimate.p_outside(CLAIMED, MARGIN),
            evidence={
                "fit": joint.parameters,
                "asymptotic_exponent": asymptote,
                "direct_exponent": direct_exponent(rows, column),
                "shared_evaluation_se": shared,
                "risk": column,
                "num_runs": len(rows),
                "num_excluded": curve.num_excluded,
                "num_seeds": len(fitted),
                "num_seeds_without_fit": len(seeds) - len(fitted),
            },
        )


def frontier_exponent(rows: Rows, target: str) -> float | None:
    """Return b/(a+b) of the joint additive fit; None if the runs do not determine one."""
    fit = _fit(rows, target)
    return None if fit is None else _ratio(*(fit.parameters[name] for name in _exponent_names(fit)))


def shared_error(rows: Rows, column: str, fit: laws.Fit) -> float:
    """Return the standard error of b/(a+b) that all seeds share.

    Every cell's risk is drawn anew about the fit by its evaluation error, and fitted again. Cells
    are drawn apart. On trained models one context's errors correlate at 0.2 to 0.9 between cells,
    but what moves all of them alike leaves b/(a+b) where it is: with the measured correlations
    its error is half of what this gives, so that the test errs on the side of saying less.
    """
    cells = rows.assign(error=relative_errors(rows, column)).groups(AXES)
    sizes, errors = [], []
    for size, cell in cells:
        sizes.append(size)
        errors.append(cell.floats("error").mean())
    if not np.isfinite(errors).all():
        return np.nan
    at = np.array(sizes, np.float64)
    risks = fit.predict({axis: at[:, i] for i, axis in enumerate(AXES)})
    draws = np.random.default_rng(0).normal(size=(NUM_DRAWS, len(at)))
    begin = [fit.parameters[name] for name in _exponent_names(fit)]
    ratios = [refit(np.log(at), np.log(risks) + draw * errors, begin) for draw in draws]
    # Half of what holds the middle 68 %: a draw that loses one of the terms is far out.
    low, high = np.quantile(ratios, [0.1587, 0.8413])
    return float(high - low) / 2.0


def refit(
    log_sizes: Float[np.ndarray, "n 2"], log_risks: Float[np.ndarray, " n"], begin: Sequence[float]
) -> float:
    """Return b/(a+b) of the additive fit, by descent from exponents that are nearly right."""

    def parts(at: np.ndarray) -> np.ndarray:
        return at[:2, None] - at[2:, None] * log_sizes.T

    def residuals(at: np.ndarray) -> np.ndarray:
        return np.logaddexp(*parts(at)) - log_risks

    def slopes(at: np.ndarray) -> np.ndarray:
        terms = parts(at)
        shares = np.exp(terms - np.logaddexp(*terms))
        return np.concatenate([shares, -shares * log_sizes.T]).T

    level = log_risks.mean() - np.log(2.0) + np.array(begin) * log_sizes.mean(axis=0)
    found = least_squares(residuals, np.concatenate([level, begin]), jac=slopes, method="lm")  # pyright: ignore[reportArgumentType]
    return _ratio(*found.x[2:])


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


def _fit(rows: Rows, target: str) -> laws.Fit | None:
    try:
        fit = laws.fit(LAW, _columns(rows, target), loss=laws.Squared())
    except InvalidValue:  # a risk that is missing or has no logarithm
        return None
    return fit if fit.ok else None


def _ratio(depth: float, rank: float) -> float:
    return rank / (depth + rank)


def _too_few(num_seeds: int, num_fitted: int) -> str:
    return (
        f"{num_fitted} of {num_seeds} seeds have converged cells that determine the joint fit; "
        f"the test needs {FEWEST_SEEDS}, and a fit of all of them together."
    )


def _sentence(estimate: Estimate, expected: float | None, asymptote: float) -> str:
    low, high = estimate.interval()
    theory = "has none" if expected is None else f"gives {expected:.3f}"
    return (
        f"Frontier exponent {estimate.value:.3f} [{low:.3f}, {high:.3f}]; the same fit to the "
        f"predicted risks {theory}, its asymptote is {asymptote:.3f}; claimed 0.667."
    )


def _columns(rows: Rows, target: str) -> dict[str, np.ndarray]:
    return {axis: rows.floats(axis) for axis in AXES} | {"loss": rows.floats(target)}


def _exponent_names(fit: laws.Fit) -> tuple[str, str]:
    terms = fit.law.terms() or ()
    found = {column: name for _, factors in terms for column, name in factors}
    return found[AXES[0]], found[AXES[1]]
