"""The rows behind `iclaws predict`: formulas of `iclaws.theory` beside one another."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import theory
from .._registry import unknown_name_message
from ..errors import InvalidValue, UnknownName

Row = dict[str, Any]

ARCHITECTURES = {
    "frozen": theory.Architecture.FROZEN,
    "updating": theory.Architecture.UPDATING,
    "general": theory.Architecture.GENERAL,
}


def numbers(name: str, text: str) -> list[float]:
    """Return the numbers of a list with commas."""
    try:
        return [float(part) for part in text.split(",")]
    except ValueError as error:
        raise InvalidValue(
            f"`{name}` must be numbers separated by commas, as in 8,16,32. Got {text!r}."
        ) from error


def structure(
    num_dims: int,
    setting: str,
    *,
    capacity: float,
    source: float,
    noise_var: float = 0.0,
    signal_var: float = 1.0,
) -> theory.TaskStructure:
    """Return the task family."""
    known = [one.value for one in theory.Setting]
    if setting not in known:
        raise UnknownName(unknown_name_message("setting", setting, known))
    return theory.TaskStructure(
        num_dims, theory.Setting(setting), capacity, source, noise_var, signal_var
    )


def variant(names: Sequence[str]) -> theory.Variant:
    """Return the conditions named."""
    known = [name.replace("_", "-") for name in theory.Variant._fields]
    for name in names:
        if name not in known:
            raise UnknownName(unknown_name_message("variant", name, known))
    return theory.Variant(**{name.replace("-", "_"): True for name in names})


def describe(task: theory.TaskStructure) -> str:
    """Return the task family in a few words."""
    if task.setting is theory.Setting.ISOTROPIC:
        return f"isotropic, D = {task.num_dims}, noise {task.noise_var:g}"
    where = "fixed" if task.setting is theory.Setting.FIXED else "rotated"
    return (
        f"{where} covariance, D = {task.num_dims}, capacity {task.capacity:g}, "
        f"source {task.source:g}, noise {task.noise_var:g}"
    )


def pretraining_rows(
    num_context: int,
    num_dims: int,
    *,
    num_tasks: int | None,
    num_sequences: int | None,
    noise_var: float,
    ridge: float,
    test_context: int | None,
) -> list[Row]:
    """Return errors in the proportional limit and with the finite-size substitution."""
    k, dims, sequences = num_context, num_dims, num_sequences
    kappa = np.inf if num_tasks is None else num_tasks / dims
    test = None if test_context is None else test_context / dims
    ratios = {"proportional limit": np.inf, "d(d + 1) parameters": np.inf}
    if sequences is not None:
        ratios = {
            "proportional limit": sequences / dims**2,
            "d(d + 1) parameters": float(theory.finite_size_data_ratio(sequences, dims)),
        }
    rows = []
    for name, tau in ratios.items():
        found = theory.finite_pretraining_errors(k / dims, kappa, tau, noise_var, ridge, test)
        row = {"data ratio": name, "context_ratio": k / dims, "task_ratio": kappa}
        rows.append({**row, "data_ratio": tau, **found._asdict()})
    return rows


def surface(
    pair: str,
    task: theory.TaskStructure,
    sizes: tuple[list[float], list[float]],
    *,
    tied: bool,
    num_draws: int,
) -> theory.Surface:
    """Return one of the three joint laws."""
    spectra, noise = task.spectra, task.noise_var
    both = (spectra.covariance, spectra.prior)
    if pair == "depth-context":
        return theory.depth_context_surface(*sizes, *both, noise, tied, num_draws=num_draws)
    if pair == "depth-width":
        return theory.depth_width_surface(*sizes, *both, num_draws=num_draws)
    if pair == "width-context":
        return theory.width_context_surface(*sizes, spectra.signal, noise)
    known = ("depth-context", "depth-width", "width-context")
    raise UnknownName(unknown_name_message("pair of resources", pair, known))


def surface_rows(pair: str, found: theory.Surface) -> list[Row]:
    """Return a surface as a table, the first resource downwards."""
    corner = pair.replace("-", " \\ ")
    names = [str(int(size)) for size in found.second]
    return [
        {corner: int(size), **dict(zip(names, (float(value) for value in row), strict=True))}
        for size, row in zip(found.first, found.risk, strict=True)
    ]


def slope_rows(resource: str, found: theory.LocalSlopes) -> list[Row]:
    """Return excess and local slope by size."""
    local = [None, *(float(slope) for slope in found.slopes)]
    return [
        {resource: float(size), "excess": float(value), "local slope": slope}
        for size, value, slope in zip(found.sizes, found.excess, local, strict=True)
    ]


def limit_rows(
    num_context: int,
    num_dims: int,
    *,
    noise_var: float,
    signal_var: float,
    num_active: int | None,
    num_tasks: int | None,
) -> list[Row]:
    """Return information, identification and bounds at isotropic covariance.

    Raises:
        InvalidValue: There are more nonzero weights than weights, or none.
    """
    if num_active is not None and not 1 <= num_active <= num_dims:
        raise InvalidValue(
            f"--num-active must be from 1 to the {num_dims} dimensions: no task has more nonzero "
            f"weights than weights. Got {num_active}."
        )
    noise, tau, active, tasks = noise_var, signal_var, num_active, num_tasks
    sizes = (num_context, num_dims, tau, noise)
    rows = [
        ("Bayes risk", theory.isotropic_bayes_risk(*sizes), "excess risk of any predictor"),
        ("rate-distortion", theory.rate_distortion_limit(*sizes), "looser bound, any predictor"),
        ("information", theory.mutual_information(*sizes), "nats about the task in the context"),
        ("task diversity", theory.task_diversity_bits(*sizes), "log2 tasks until dMMSE is ridge"),
    ]
    if tasks is not None:
        at = theory.identification_context(tasks, tau, noise)
        rows.append(("identification", at, f"context that identifies one of {tasks} tasks"))
        lost = theory.task_limit(tasks, num_dims, tau)
        rows.append(("task limit", lost, "excess of one-layer least squares on fresh tasks"))
    if active is not None:
        at = theory.sparse_identification_context(num_dims, active, tau, noise)
        rows.append(("sparse identification", at, f"context for {active} weights of size 1"))
        rate = theory.sparse_minimax_rate(num_context, num_dims, active, noise)
        rows.append(("sparse minimax rate", rate, "up to a constant, any predictor"))
        bits = theory.parity_bits(num_dims, active)
        at = theory.boolean_identification_context(bits)
        rows.append(("parity", at, f"noise-free boolean labels that identify {active} bits"))
    return [{"limit": name, "value": float(value), "what": what} for name, value, what in rows]


def configuration(
    task: theory.TaskStructure, num_context: int, architecture: str, **options: Any
) -> theory.Configuration:
    """Return the configuration that the emergence rule reads."""
    if architecture not in ARCHITECTURES:
        message = unknown_name_message("architecture", architecture, list(ARCHITECTURES))
        raise UnknownName(message)
    isotropic = task.setting is theory.Setting.ISOTROPIC
    return theory.Configuration(
        num_context, task.num_dims, task.noise_var, task.signal_var, setting=task.setting,
        spectra=None if isotropic else task.spectra, architecture=ARCHITECTURES[architecture],
        **options,
    )  # fmt: skip


def step_rows(depths: Sequence[float], sizes: tuple[float | int, ...], *, tied: bool) -> list[Row]:
    """Return the optimal step and its local slopes by depth."""
    return [
        {"depth": int(depth), **theory.step_size(depth, *sizes, tied=tied)._asdict()}
        for depth in depths
    ]


def hypothesis_rows(num_context: int, num_dims: int) -> list[Row]:
    """Return the rival scalings of the step, slopes as intervals."""
    return [one._asdict() for one in theory.step_hypotheses(num_context, num_dims)]


def frontier_rows(capacity: float, source: float, cost: Sequence[float]) -> list[Row]:
    """Return the frontier of the three architecture classes."""
    kinds = {
        "GD, tied": {},
        "GD, untied": {"tied": False},
        "GD++": {"covariate_updates": True},
    }
    return [
        {
            "layers": name,
            **theory.frontier(capacity, source, cost_exponents=cost, **options)._asdict(),
        }
        for name, options in kinds.items()
    ]


def discrete_rows(
    task: str,
    contexts: Sequence[float],
    *,
    num_dims: int,
    num_tasks: int,
    num_active: int,
    noise_var: float,
    signal_var: float,
    fresh_tasks: bool,
) -> list[Row]:
    """Return the Bayes risk of a discrete class by context length."""
    if task == "dmmse":
        found = theory.dmmse_risk(
            contexts, num_tasks, num_dims, signal_var, noise_var, fresh_tasks=fresh_tasks
        )
    elif task == "sparse":
        found = theory.sparse_bayes_risk(contexts, num_dims, num_active, signal_var, noise_var)
    elif task == "parity":
        found = theory.parity_bayes_error(contexts, num_dims, num_active)
    else:
        known = ("dmmse", "sparse", "parity")
        raise UnknownName(unknown_name_message("discrete class", task, known))
    columns = zip(contexts, found.risk, found.standard_error, strict=True)
    return [
        {"context": int(k), "risk": float(risk), "standard error": float(error)}
        for k, risk, error in columns
    ]
