"""The rows of `iclaws predict risks`: every reference predictor at one size."""

from typing import Any

from .. import theory
from ..errors import InvalidValue
from ._laws import check_draws

Row = dict[str, Any]

_GD_PLUS_PLUS = 5  # layers whose scalars are optimised


def risk_rows(
    task: theory.TaskStructure, num_context: int, depth: int, *, num_draws: int
) -> list[Row]:
    """Return the excess risk of each reference predictor, lowest first.

    Raises:
        InvalidValue: There is no signal, or a single draw, which has no spread.
    """
    check_draws("--num-draws", num_draws, none="no drawn values")
    if not task.signal_var > 0:
        raise InvalidValue(
            "--signal-var must be above 0: each risk is shown as a share of the signal. "
            f"Got {task.signal_var:g}."
        )
    k, noise, spectra = num_context, task.noise_var, task.spectra
    total = float(spectra.signal.sum())
    both = (spectra.covariance, spectra.signal)
    found: list[tuple[str, float, float | None]] = [
        ("zero", total, 0.0),
        (
            "Bayes", float(theory.bayes_risk(k, spectra.signal, noise)),
            float(theory.bayes_accuracy(k, spectra.signal, noise)),
        ),
        (
            "best ridge", float(theory.optimal_ridge_risk(k, *both, noise)),
            float(theory.bayes_accuracy(k, spectra.signal, noise)),
        ),
    ]  # fmt: skip
    if task.setting is theory.Setting.ISOTROPIC:
        found += _isotropic_risks(task, k, depth)
    else:
        ridgeless = float(theory.ridge_risk(k, *both, noise, 0.0))
        accuracy = float(theory.ridge_accuracy(k, spectra.covariance, 0.0))
        found.append(("minimum-norm least squares", ridgeless, accuracy))
        if task.setting is theory.Setting.FIXED:
            layer = theory.linear_attention_risk(k, spectra.covariance, spectra.prior, noise)
            found.append(("linear attention, one layer", float(layer), 0.0))
            bound = theory.depth_recursion(depth, k, spectra.signal, noise)[-1]
            found.append((f"bound of {depth} label-linear layers", float(bound), None))
    rows = [
        {"predictor": name, "excess": risk, "share": risk / total, "relative error": error}
        for name, risk, error in found
    ]
    rows += _sampled_rows(task, k, depth, num_draws=num_draws)
    return sorted(rows, key=lambda row: row["excess"])


def _isotropic_risks(
    task: theory.TaskStructure, k: int, depth: int
) -> list[tuple[str, float, float | None]]:
    """Return what has a closed form at isotropic covariance."""
    sizes = (k, task.num_dims, task.signal_var, task.noise_var)
    spectra = task.spectra
    layer = theory.linear_attention_risk(k, spectra.covariance, spectra.prior, task.noise_var)
    tied = float(theory.descent_accuracy(depth, task.num_dims))
    free = float(theory.descent_accuracy(depth, task.num_dims, tied=False))
    found = [
        ("least squares", float(theory.least_squares_risk(*sizes)), 0.0),
        ("linear attention, one layer", float(layer), 0.0),
        (f"GD, {depth} tied", float(theory.gradient_descent_risk(depth, *sizes).risk), tied),
        (
            f"GD, {depth} untied",
            float(theory.gradient_descent_risk(depth, *sizes, tied=False).risk),
            free,
        ),
        (
            f"bound of {depth} label-linear layers",
            float(theory.polynomial_bound(depth, *sizes).risk),
            None,
        ),
    ]
    if 0 < depth <= _GD_PLUS_PLUS and k > 0:
        found.append((f"GD++, {depth}", theory.gd_plus_plus_risk(depth, *sizes).risk, None))
    return found


def _sampled_rows(task: theory.TaskStructure, k: int, depth: int, *, num_draws: int) -> list[Row]:
    """Return finite-size values over drawn contexts, with their standard errors."""
    if not num_draws or k < 1:
        return []
    spectra, noise = task.spectra, task.noise_var
    stats = theory.context_statistics(k, spectra.covariance, spectra.prior, num_draws=num_draws)
    found = {
        "Bayes, drawn": theory.sampled_bayes_risk(k, spectra.signal, noise, num_draws=num_draws),
        f"GD, {depth} tied, drawn": theory.sampled_gradient_descent_risk(depth, stats, noise),
        f"bound by known spectra, degree {depth}": theory.known_spectrum_bound(depth, stats, noise),
    }
    total = float(spectra.signal.sum())
    return [
        {
            "predictor": name, "excess": float(one.risk), "share": float(one.risk) / total,
            "relative error": float(one.standard_error) / max(float(one.risk), 1e-300),
        }
        for name, one in found.items()
    ]  # fmt: skip
