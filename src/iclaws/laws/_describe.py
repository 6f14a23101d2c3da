"""A fit in words: what was minimised, what that assumes, and what came out."""

from typing import TYPE_CHECKING

import numpy as np

from ._losses import Huber

if TYPE_CHECKING:
    from ._allocate import Allocation
    from ._compare import Comparison
    from ._result import Fit

# With more residuals than this beyond the threshold, Huber's loss is the absolute loss with
# rounded corners.
MOSTLY_LINEAR = 0.8


def noise_model(fit: "Fit") -> str:
    """Return the noise model of a fit in words."""
    problem, loss = fit.problem, fit.problem.loss
    name = problem.target_name
    what = name if problem.residuals == "raw" else f"{problem.residuals} {name}"
    text = f"residuals of {what}: {loss.describe()}"
    if loss.over != 1.0:
        text += f", {loss.over:g} times as much for predictions above the data"
    if isinstance(loss, Huber) and fit.found is not None:
        text += _huber_note(fit, loss)
    if not np.all(problem.weights == problem.weights[0]):
        text += "; rows are weighted"
    return text + "."


def _huber_note(fit: "Fit", loss: Huber) -> str:
    residuals = fit.residuals / fit.scale
    beyond = float(np.average(np.abs(residuals) > loss.threshold, weights=fit.problem.weights))
    note = f" ({beyond:.0%} of residuals lie beyond it"
    if loss.free_scale:
        note += (
            f"; the fitted scale {fit.scale:.3g} puts it at {fit.scale * loss.threshold:.3g} of a "
            "residual"
        )
    if beyond > MOSTLY_LINEAR:
        note += ", so this is close to least absolute deviations"
    elif beyond < 1.0 - MOSTLY_LINEAR:
        note += ", so this is close to least squares"
    return note + ")"


def summary(fit: "Fit") -> str:
    """Return law, parameters, objective, status, noise model and notes, one line each."""
    lines = [str(fit.law)]
    lines += [f"  {name} = {value:.6g}" for name, value in fit.parameters.items()]
    if fit.found is not None:
        lines.append(
            f"  objective {fit.objective:.10g} over {fit.num_rows} rows; "
            f"{fit.found.num_agreeing} of {fit.found.num_starts} starts agree"
        )
    lines.append(f"  status {fit.status.name}: {fit.status.value}")
    lines.append(f"  noise model: {noise_model(fit)}")
    lines += [f"  note: {note}" for note in fit.notes]
    return "\n".join(lines)


def comparison_summary(comparison: "Comparison") -> str:
    """Return every law with both criteria, the choice, and the verdict on power laws."""
    from ..errors import InvalidValue

    choice, winner = comparison.choice, comparison.in_sample_winner
    lines = [
        f"{'':2}{'AICc':>10} {'BIC':>10} {'extrapolation':>14} {'weight':>7}  law",
    ]
    for one, weight in zip(comparison.candidates, comparison.weights, strict=True):
        mark = "->" if one is choice else "  "
        lines.append(
            f"{mark}{one.aicc:>10.1f} {one.bic:>10.1f} {one.extrapolation_error:>14.4g} "
            f"{weight:>7.3f}  {one.law} [{one.fit.status.name}]"
        )
    lines.append(f"choice: {choice.law}")
    lines.append(
        "it also fits best in the sample"
        if winner is choice
        else f"in the sample alone {winner.law} would win; it extrapolates with an error of "
        f"{winner.extrapolation_error:.4g} against {choice.extrapolation_error:.4g}"
    )
    try:
        lines.append(comparison.power_law.sentence)
    except InvalidValue:
        pass
    return "\n".join(lines)


def allocation_summary(allocation: "Allocation") -> str:
    """Return the optimal sizes with intervals and the range within 1 % of the optimum."""
    lines = []
    for name, size in allocation.sizes.items():
        line = f"{name} = {size:.6g}"
        if name in allocation.intervals:
            low, high = allocation.intervals[name]
            line += f" [{low:.4g}, {high:.4g}]"
        low, high = allocation.near_optimal[name]
        line += f"; within 1 % of the optimal loss: {low:.4g} to {high:.4g}"
        lines.append(f"{line}; grows as budget^{allocation.exponents[name]:.4f}")
    loss = f"predicted loss {allocation.loss:.6g} at a cost of {allocation.cost:.6g}"
    if allocation.loss_interval is not None:
        loss += " [{:.5g}, {:.5g}]".format(*allocation.loss_interval)
    lines.append(loss)
    if not allocation.interior:
        lines.append(
            "the optimum lies at the edge of the range searched: under this cost the law has no "
            "best shape inside it"
        )
    return "\n".join(lines)
