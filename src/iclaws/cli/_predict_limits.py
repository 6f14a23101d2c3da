"""The commands of `iclaws predict` on limits: bounds, emergence, transitions, discrete tasks."""

import typer

from ._output import JSON, print_json, show
from ._predict_options import (
    CAPACITY,
    CONTEXT,
    DEPTH,
    DIMS,
    NOISE,
    SEQUENCES,
    SETTING,
    SIGNAL,
    SOURCE,
    TASKS,
)


def limits(
    *,
    num_context: int = CONTEXT,
    num_dims: int = DIMS,
    noise_var: float = NOISE,
    signal_var: float = SIGNAL,
    num_active: int | None = typer.Option(
        None, "--num-active", help="Sparse tasks: nonzero weights."
    ),
    num_tasks: int | None = TASKS,
    as_json: bool = JSON,
) -> None:
    """Information in a context, contexts that identify a task, and what no predictor beats."""
    from . import _predictions as made

    rows = made.limit_rows(
        num_context, num_dims, noise_var=noise_var, signal_var=signal_var,
        num_active=num_active, num_tasks=num_tasks,
    )  # fmt: skip
    show(rows, as_json=as_json, title=f"Isotropic tasks, D = {num_dims}, k = {num_context}")


def emergence(
    *,
    num_context: int = CONTEXT,
    num_dims: int = DIMS,
    depth: int = DEPTH,
    read_in_rank: int | None = typer.Option(None, "--read-in-rank", "-r", help="Full if not set."),
    architecture: str = typer.Option(
        "frozen", "--architecture", help="frozen or updating (label-linear attention), or general."
    ),
    noise_var: float = NOISE,
    setting: str = SETTING,
    capacity: float = CAPACITY,
    source: float = SOURCE,
    num_tasks: int | None = TASKS,
    num_sequences: int | None = SEQUENCES,
    threshold: float = typer.Option(0.5, "--threshold", help="Score asked for, in (0, 1)."),
    as_json: bool = JSON,
) -> None:
    """Can in-context learning emerge here: impossible, achievable or undetermined, and why."""
    from .. import theory
    from . import _predictions as made

    task = made.structure(num_dims, setting, capacity=capacity, source=source, noise_var=noise_var)
    configuration = made.configuration(
        task, num_context, architecture, depth=depth, read_in_rank=read_in_rank,
        num_tasks=num_tasks, num_sequences=num_sequences,
    )  # fmt: skip
    found = theory.emergence(configuration, threshold)
    if as_json:
        bounds = [bound._asdict() for bound in found.bounds]
        print_json({**found._asdict(), "bounds": bounds})
        return
    print(f"{found.verdict.value}: {found.reason}")
    rows = [
        {"bound": b.name, "excess at least": b.risk, "holds for": b.holds_for.value}
        for b in found.bounds
    ]
    show(rows, as_json=False, title=f"Level {found.level:.4g}; lower bounds, highest first")


def transitions(
    *,
    num_context: int = CONTEXT,
    num_dims: int = DIMS,
    num_tasks: int = typer.Option(1024, "--num-tasks", help="Tasks of a discrete pool."),
    noise_var: float = typer.Option(0.1, "--noise-var", help="Variance of the label noise."),
    signal_var: float = SIGNAL,
    as_json: bool = JSON,
) -> None:
    """Known transitions: critical scales, rounding widths, and whether they sharpen with size."""
    from .. import theory

    found = theory.known_transitions(num_context, num_dims, num_tasks, signal_var, noise_var)
    show([one._asdict() for one in found], as_json=as_json)


def discrete(
    *,
    task: str = typer.Argument(help="dmmse (a pool of tasks), sparse or parity."),
    contexts: str = typer.Option("0,2,4,8,16", "--contexts", help="Lengths, by commas."),
    num_dims: int = DIMS,
    num_tasks: int = typer.Option(64, "--num-tasks", help="Tasks of the pool (dmmse)."),
    num_active: int = typer.Option(2, "--num-active", help="Nonzero weights, or parity bits."),
    noise_var: float = typer.Option(0.1, "--noise-var", help="Variance of the label noise."),
    signal_var: float = SIGNAL,
    fresh_tasks: bool = typer.Option(False, "--fresh-tasks", help="Tasks from outside the pool."),
    as_json: bool = JSON,
) -> None:
    """Bayes risk of discrete task classes by Monte Carlo, with its standard error."""
    from . import _predictions as made

    rows = made.discrete_rows(
        task, made.numbers("contexts", contexts), num_dims=num_dims, num_tasks=num_tasks,
        num_active=num_active, noise_var=noise_var, signal_var=signal_var, fresh_tasks=fresh_tasks,
    )  # fmt: skip
    show(rows, as_json=as_json, title="Parity: probability of a wrong label; else excess risk")
