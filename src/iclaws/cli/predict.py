"""`iclaws predict`: what theory says, before anything is trained."""

import typer

from ._output import JSON, print_json, show
from ._predict_limits import discrete, emergence, limits, transitions
from ._predict_options import (
    CAPACITY,
    CONTEXT,
    DEPTH,
    DIMS,
    MAYBE_CONTEXT,
    NOISE,
    SEQUENCES,
    SETTING,
    SIGNAL,
    SIZES,
    SOURCE,
    TASKS,
    UNTIED,
    VARIANTS,
)

app = typer.Typer(
    help="Print what theory predicts: risks, exponents, laws, limits, transitions.",
    no_args_is_help=True,
)


@app.command()
def risks(
    *,
    num_context: int = CONTEXT,
    num_dims: int = DIMS,
    depth: int = DEPTH,
    noise_var: float = NOISE,
    signal_var: float = SIGNAL,
    setting: str = SETTING,
    capacity: float = CAPACITY,
    source: float = SOURCE,
    num_draws: int = typer.Option(
        0, "--num-draws", help="Add finite-size values over so many drawn contexts."
    ),
    as_json: bool = JSON,
) -> None:
    """Excess risk of every reference predictor at one size, best first."""
    from . import _predictions as made
    from ._risk_rows import risk_rows

    task = made.structure(
        num_dims, setting, capacity=capacity, source=source, noise_var=noise_var,
        signal_var=signal_var,
    )  # fmt: skip
    rows = risk_rows(task, num_context, depth, num_draws=num_draws)
    show(rows, as_json=as_json, title=f"Excess risk, {made.describe(task)}, k = {num_context}")


@app.command()
def pretraining(
    *,
    num_context: int = CONTEXT,
    num_dims: int = DIMS,
    num_tasks: int | None = TASKS,
    num_sequences: int | None = SEQUENCES,
    noise_var: float = NOISE,
    ridge: float = typer.Option(0.0, "--ridge", help="Penalty, in units of sequences/dimension."),
    test_context: int | None = typer.Option(
        None, "--test-context", help="Examples at evaluation; as in pretraining if not given."
    ),
    as_json: bool = JSON,
) -> None:
    """Errors of one linear-attention layer after finite pretraining, isotropic tasks."""
    from . import _predictions as made

    rows = made.pretraining_rows(
        num_context, num_dims, num_tasks=num_tasks, num_sequences=num_sequences,
        noise_var=noise_var, ridge=ridge, test_context=test_context,
    )  # fmt: skip
    show(rows, as_json=as_json, title="Total error (label noise included), signal variance 1")


@app.command()
def exponents(
    *,
    capacity: float = CAPACITY,
    source: float = SOURCE,
    setting: str = SETTING,
    noisy: bool = typer.Option(False, "--noisy", help="Labels carry noise."),
    untied: bool = UNTIED,
    depth: int | None = typer.Option(
        None, "--depth", "-l", help="For the context exponent; unbounded if not given."
    ),
    variants: list[str] = VARIANTS,
    as_json: bool = JSON,
) -> None:
    """The asymptotic law of every resource, from the structure of the task."""
    from .. import theory
    from . import _predictions as made

    found = theory.exponents(
        capacity, source, setting=setting, noisy=noisy, tied=not untied, depth=depth,
        variant=made.variant(variants),
    )  # fmt: skip
    rows = [
        {"resource": name, "law": law.law.value, "exponent": law.exponent, "what": law.sentence}
        for name, law in found.predictions.items()
    ]
    show(rows, as_json=as_json, title="Excess ~ resource^-exponent (sizes without end)")


@app.command()
def slopes(
    *,
    resource: str = typer.Argument(help="depth, width, context, time, sequences or tasks."),
    sizes: str = SIZES,
    num_dims: int = DIMS,
    setting: str = SETTING,
    capacity: float = CAPACITY,
    source: float = SOURCE,
    noise_var: float = NOISE,
    depth: int | None = typer.Option(None, "--depth", "-l", help="Layers; unbounded if not given."),
    num_context: int | None = MAYBE_CONTEXT,
    untied: bool = UNTIED,
    variants: list[str] = VARIANTS,
    as_json: bool = JSON,
) -> None:
    """The excess over given sizes and the slope that a fit over them will see."""
    from .. import theory
    from . import _predictions as made

    task = made.structure(num_dims, setting, capacity=capacity, source=source, noise_var=noise_var)
    found = theory.local_slopes(
        resource, made.numbers("sizes", sizes), task, depth=depth, num_context=num_context,
        tied=not untied, variant=made.variant(variants),
    )  # fmt: skip
    if as_json:
        print_json({**found._asdict(), "prediction": found.prediction._asdict()})
        return
    rows = made.slope_rows(resource, found)
    show(rows, as_json=False, title=f"{resource}: excess above {found.limit:.4g}")
    exponent = found.prediction.exponent
    end = "" if exponent is None else f", exponent {exponent:.4g}"
    print(f"fitted slope {found.fitted:.4f}; asymptotic law: {found.prediction.law.value}{end}")


@app.command()
def surface(
    *,
    pair: str = typer.Argument(help="depth-context, depth-width or width-context."),
    first: str = typer.Option(..., "--first", help="Sizes of the first resource, by commas."),
    second: str = typer.Option(..., "--second", help="Sizes of the second resource, by commas."),
    num_dims: int = DIMS,
    setting: str = SETTING,
    capacity: float = CAPACITY,
    source: float = SOURCE,
    noise_var: float = NOISE,
    untied: bool = UNTIED,
    num_draws: int = typer.Option(32, "--num-draws", help="Drawn contexts or rotations."),
    as_json: bool = JSON,
) -> None:
    """Excess risk over two resources at once."""
    from . import _predictions as made

    task = made.structure(num_dims, setting, capacity=capacity, source=source, noise_var=noise_var)
    sizes = (made.numbers("first", first), made.numbers("second", second))
    found = made.surface(pair, task, sizes, tied=not untied, num_draws=num_draws)
    if as_json:
        print_json(found)
        return
    title = f"Excess risk, {made.describe(task)}"
    show(made.surface_rows(pair, found), as_json=False, title=title)


@app.command("step-size")
def step_size(
    *,
    num_context: int = CONTEXT,
    num_dims: int = DIMS,
    depths: str = typer.Option("1,2,4,8,16,32", "--depths", help="Depths, separated by commas."),
    noise_var: float = NOISE,
    signal_var: float = SIGNAL,
    untied: bool = UNTIED,
    hypotheses: bool = typer.Option(
        False, "--hypotheses", help="Rival scalings of the step instead."
    ),
    as_json: bool = JSON,
) -> None:
    """The optimal step by depth, its slopes in depth and dimension, and what rivals say."""
    from . import _predictions as made

    if hypotheses:
        rows = made.hypothesis_rows(num_context, num_dims)
    else:
        layers = made.numbers("depths", depths)
        sizes = (num_context, num_dims, signal_var, noise_var)
        rows = made.step_rows(layers, sizes, tied=not untied)
    show(rows, as_json=as_json, title="Steps on the mean gradient, covariance of largest value 1")


@app.command()
def frontier(
    *,
    capacity: float = CAPACITY,
    source: float = SOURCE,
    cost: str = typer.Option("1,1", "--cost", help="Budget L^p r^q: p and q, by a comma."),
    as_json: bool = JSON,
) -> None:
    """How depth and width share a budget on rotated tasks: tied, untied and GD++."""
    from . import _predictions as made

    rows = made.frontier_rows(capacity, source, made.numbers("cost", cost))
    show(rows, as_json=as_json, title="Exponent of the budget N in each optimal size")


for one in (limits, emergence, transitions, discrete):
    app.command()(one)
