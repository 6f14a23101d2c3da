"""C4: does the effective step size fall as the root of depth times dimension?"""

import numpy as np

from ._base import AbstractClaim, Finding, Verdict, claims
from ._rows import Rows, curves
from ._statistics import FEWEST_SEEDS, Estimate, log_slopes, over_seeds, p_joint

CLAIMED = (-0.5, -0.5)
MARGIN = 0.1
AXES = ("depth", "num_dims")
STAGES = {
    "after training": "step_size",
    "at initialisation": "initial_step_size",
    "after training, from the function": "function_step_size",
}
# The slope of the filter at zero, over depth: no eigenvalue of a context is small enough to show it
# from this depth on, where it falls short of the weights' step (docs/mechanism.md).
UNRESOLVED_DEPTH = 8
# What tells curves apart: a study varies dimension at a fixed ratio or at a fixed context.
BY = {
    "depth-iso": ("noise_var", "context_ratio", "symmetric"),
    "step-size": ("noise_var", "model", "tied"),
}


@claims.register("step-size-law")
class StepSizeLaw(AbstractClaim):
    r"""$\ln\hat\eta = c + a_L\ln L + a_D\ln D$ with $(a_L, a_D) = (-1/2, -1/2)$."""

    label = "C4"
    name = "step-size-law"
    statement = "The effective step size is proportional to 1/sqrt(depth x dimension)."
    rule = (
        "Log step size (from the weights, and from the function where that was measured) regressed "
        "on log depth and log dimension, one regression per seed. Supported if both slopes lie "
        "within 0.1 of -1/2 (TOST); refuted if one lies farther away than 0.1 and Hotelling's "
        "joint test rejects. Steps that are missing or zero are left out and counted; from the "
        "function only depths below 8 count, as deeper stacks' filters do not resolve the step. "
        "Holm-corrected."
    )
    studies = ("depth-iso", "step-size")

    def findings(self, study: str, rows: Rows) -> list[Finding]:
        """Return one finding per noise, context ratio and stage (trained, at initialisation)."""
        return [
            self._judge(study, f"{curve.subject}, {stage}", curve.rows, column=column)
            for stage, column in STAGES.items()
            for curve in curves(rows, BY.get(study, BY["depth-iso"]))
            if study == "depth-iso" or all(len(curve.rows.distinct(axis)) > 1 for axis in AXES)
            if column != "function_step_size" or column in rows
        ]

    def _judge(self, study: str, subject: str, rows: Rows, *, column: str) -> Finding:
        rows, left_out = _with_steps(rows, column)
        per_seed, note = _slopes(rows, column), _told(left_out)
        if len(per_seed) < FEWEST_SEEDS:
            text = (
                f"{len(per_seed)} converged seeds have steps at two depths and two dimensions; "
                f"the test needs {FEWEST_SEEDS}.{note}"
            )
            return self.finding(study, subject, Verdict.UNTESTED, sentence=text)
        slopes = [over_seeds(list(per_seed[:, i])) for i in range(2)]
        estimates = [slope for slope in slopes if slope is not None]
        joint = p_joint(per_seed, CLAIMED)
        pairs = list(zip(estimates, CLAIMED, strict=True))
        p_outside = min(1.0, 2.0 * min(e.p_outside(claimed, MARGIN) for e, claimed in pairs))
        expected = None if column.startswith("initial") else _expected(rows)
        return self.finding(
            study,
            subject,
            Verdict.INCONCLUSIVE,
            sentence=_sentence(estimates, expected) + note,
            statistic="slope of log step size in log depth",
            estimate=estimates[0].value,
            interval=estimates[0].interval(),
            expected=None if expected is None else float(expected[0]),
            claimed=CLAIMED[0],
            p_support=max(e.p_within(claimed, MARGIN) for e, claimed in pairs),
            p_refute=max(p_outside, joint if joint is not None else p_outside),
            evidence={
                "slope_in_dimension": estimates[1].value,
                "slope_in_dimension_interval": estimates[1].interval(),
                "expected_slope_in_dimension": None if expected is None else float(expected[1]),
                "p_joint": joint,
                "num_seeds": len(per_seed),
                "num_runs": len(rows),
                "left_out": left_out,
            },
        )


def _with_steps(rows: Rows, column: str) -> tuple[Rows, dict[str, int]]:
    """Return the rows whose step can be read off and has a logarithm; why others cannot."""
    steps = np.abs(rows.floats(column))
    deep = column.startswith("function") & (rows.floats("depth") >= UNRESOLVED_DEPTH)
    bare = ~deep & ~(np.isfinite(steps) & (steps > 0.0))
    counts = {"without a step": bare, f"of depth {UNRESOLVED_DEPTH} or more": deep}
    return rows.keep(~deep & ~bare), {what: int(which.sum()) for what, which in counts.items()}


def _told(left_out: dict[str, int]) -> str:
    parts = [f"{count} {what}" for what, count in left_out.items() if count]
    return f" Runs left out: {', '.join(parts)}." if parts else ""


def _slopes(rows: Rows, column: str) -> np.ndarray:
    """Return the two slopes of every seed, `(seeds, 2)`."""
    slopes = [
        log_slopes(_sizes(seed), np.abs(seed.floats(column)))
        for _, seed in rows.groups(["seed"])
        if all(len(seed.distinct(axis)) > 1 for axis in AXES)
    ]
    return np.array(slopes).reshape(-1, 2)


def _expected(rows: Rows) -> np.ndarray | None:
    """Return the slopes of the steps that theory predicts for the same runs."""
    predicted = rows.floats("predicted_step_size")
    if not len(predicted) or np.isnan(predicted).any():
        return None
    return log_slopes(_sizes(rows), predicted)


def _sizes(rows: Rows) -> np.ndarray:
    return np.column_stack([rows.floats(axis) for axis in AXES])


def _sentence(estimates: list[Estimate], expected: np.ndarray | None) -> str:
    parts = []
    for i, axis in enumerate(("depth", "dimension")):
        low, high = estimates[i].interval()
        theory = "" if expected is None else f", theory {expected[i]:+.2f}"
        parts.append(f"{axis} {estimates[i].value:+.2f} [{low:+.2f}, {high:+.2f}]{theory}")
    return f"Slope in {'; in '.join(parts)}; claimed -0.50 each."
