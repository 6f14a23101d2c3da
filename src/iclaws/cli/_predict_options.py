"""Options that the commands of `iclaws predict` share."""

import typer

CONTEXT = typer.Option(..., "--num-context", "-k", help="Labelled examples before the query.")
MAYBE_CONTEXT = typer.Option(
    None, "--num-context", "-k", help="Labelled examples; unbounded if not given."
)
DIMS = typer.Option(..., "--num-dims", "-d", help="Task dimension.")
NOISE = typer.Option(0.0, "--noise-var", help="Variance of the label noise.")
SIGNAL = typer.Option(1.0, "--signal-var", help="Variance of the noise-free label.")
SETTING = typer.Option(
    "iso", "--setting", help="Covariance: iso (isotropic), fs (fixed), rrs (rotated per context)."
)
CAPACITY = typer.Option(1.5, "--capacity", help="Covariance eigenvalues fall as i^-capacity.")
SOURCE = typer.Option(0.7, "--source", help="Signal beyond mode i falls as i^-(capacity source).")
DEPTH = typer.Option(1, "--depth", "-l", help="Attention layers.")
UNTIED = typer.Option(False, "--untied", help="Each layer has its own step.")
SIZES = typer.Option(..., "--sizes", help="Sizes, separated by commas.")
TASKS = typer.Option(None, "--num-tasks", help="Distinct pretraining tasks; endless if not given.")
SEQUENCES = typer.Option(
    None, "--num-sequences", help="Distinct pretraining sequences; endless if not given."
)
VARIANTS = typer.Option(
    [],
    "--variant",
    help="One of: covariate-updates, known-spectrum, ridge, all-weights. Repeatable.",
)
