"""`iclaws fit`: fit a law to a table."""

from pathlib import Path
from typing import Any

import typer

from . import _laws
from ._output import JSON, print_json


def command(
    data: Path = _laws.DATA,
    *,
    law: str = typer.Option(
        ..., help='An expression over columns, or a registered law: "power-law(tokens)".'
    ),
    target: str = _laws.TARGET,
    where: str | None = _laws.WHERE,
    derive: list[str] | None = _laws.DERIVE,
    huber: float | None = _laws.HUBER,
    free_scale: bool = _laws.FREE_SCALE,
    squared: bool = _laws.SQUARED,
    absolute: bool = _laws.ABSOLUTE,
    over: float = _laws.OVER,
    log: bool = _laws.RESIDUALS,
    logit: bool = _laws.LOGIT,
    cluster: list[str] | None = _laws.CLUSTER,
    weights: str | None = typer.Option(None, help="Column of weights."),
    standard_errors: str | None = typer.Option(
        None, help="Column of standard errors of the target: evaluation noise, kept apart."
    ),
    bootstrap: int = typer.Option(0, help="Refits of resampled data, for intervals."),
    method: str | None = typer.Option(
        None, help="What is resampled: rows, clusters, residual or wild."
    ),
    profile: list[str] | None = typer.Option(
        None, help="Parameter whose profile-likelihood interval is wanted. May be repeated."
    ),
    predict: list[str] | None = typer.Option(
        None, help='Configuration to predict: "N=1e12,D=1e13". May be repeated.'
    ),
    level: float = typer.Option(0.95, help="Nominal coverage of intervals."),
    save: Path | None = typer.Option(None, help="Write the fit to this JSON file."),
    figure: Path | None = typer.Option(None, help="Draw the fit: a .svg, .png or .pdf file."),
    report: Path | None = typer.Option(
        None, help="Write a page with every number, interval and figure: an .html file."
    ),
    key: int = _laws.KEY,
    as_json: bool = JSON,
) -> None:
    """Fit a law to a table, and say how far its numbers can be trusted."""
    from .. import laws
    from ..results.files import write_whole

    _check(weights, standard_errors, bootstrap=bootstrap, level=level)
    fit = laws.fit(
        law, _laws.read(data, where=where, derive=derive), target,
        loss=_laws.loss_of(
            huber, squared=squared, absolute=absolute, free_scale=free_scale, over=over
        ),
        log_residuals=_laws.residuals_of(log, logit=logit), cluster=cluster or None,
        weights=weights if standard_errors is None else laws.StandardErrors(standard_errors),
        key=key,
    )  # fmt: skip
    draws = fit.bootstrap(bootstrap, method=method, key=key) if bootstrap and fit.found else None
    found = _collect(fit, draws, level=level, profile=profile or [])
    if predict:
        table = _laws.rows_of(predict, "--predict")
        found["predictions"] = _predictions(fit, table, draws, level=level, key=key)
    if save is not None:
        write_whole(save, lambda temporary: fit.save(temporary, draws=draws))
    if figure is not None:
        laws.draw("fit", fit, draws=draws, path=figure)
    if report is not None:
        from ..report import write_fit

        write_fit(fit, report, draws=draws, level=level)
    print_json(found) if as_json else _print(fit, found, level)


def _check(
    weights: str | None, standard_errors: str | None, *, bootstrap: int, level: float
) -> None:
    from ..errors import InvalidValue

    if weights is not None and standard_errors is not None:
        raise InvalidValue(
            "--weights and --standard-errors exclude each other: standard errors weigh the rows "
            "themselves. Leave one of them out."
        )
    _laws.check_draws("--bootstrap", bootstrap, none="no intervals")
    _laws.check_level(level)


def _collect(fit: Any, draws: Any, *, level: float, profile: list[str]) -> dict[str, Any]:
    """Return everything that is printed."""
    found: dict[str, Any] = {
        "law": fit.law.expression, "status": fit.status.name, "sentence": fit.status.value,
        "notes": list(fit.notes), "noise_model": fit.noise_model, "num_rows": fit.num_rows,
        "parameters": fit.parameters,
    }  # fmt: skip
    if fit.found is None:
        return found
    found |= {"objective": fit.objective, "aicc": fit.aicc, "bic": fit.bic,
              "jacobian_rank": fit.jacobian_rank, "num_starts": fit.found.num_starts,
              "num_agreeing": fit.found.num_agreeing}  # fmt: skip
    if draws is not None:
        found["bootstrap"] = {
            "method": draws.method, "num_draws": len(draws.coordinates),
            "num_unconverged": draws.num_unconverged, "num_cold": draws.num_cold,
            "num_improved": draws.num_improved,
            "standard_errors": {name: draws.std(name) for name in fit.law.names},
            "intervals": {name: draws.interval(name, level) for name in fit.law.names},
        }  # fmt: skip
    if profile:
        found["profiles"] = {name: fit.profile(name, level=level).interval for name in profile}
    return found


def _predictions(
    fit: Any, table: dict[str, Any], draws: Any, *, level: float, key: int
) -> list[dict[str, Any]]:
    found = fit.forecast(table, draws=draws, level=level, key=key)
    columns = {**table, **found}
    num = len(found["predicted"])
    return [{name: values[row].item() for name, values in columns.items()} for row in range(num)]


def _print(fit: Any, found: dict[str, Any], level: float) -> None:
    print(fit.summary())
    if "bootstrap" in found:
        boot = found["bootstrap"]
        print(f"  {level:.0%} intervals from {boot['num_draws']} draws ({boot['method']}):")
        for name, (low, high) in boot["intervals"].items():
            print(f"    {name}: {low:.6g} to {high:.6g}, SE {boot['standard_errors'][name]:.4g}")
    for name, (low, high) in found.get("profiles", {}).items():
        print(f"  {level:.0%} profile interval of {name}: {low:.6g} to {high:.6g}")
    for row in found.get("predictions", []):
        where = ", ".join(f"{name}={row[name]:g}" for name in fit.law.columns)
        far = f"extrapolated by {row['doublings']:.1f} doublings" if row["extrapolated"] else (
            "inside the data"
        )  # fmt: skip
        print(
            f"  at {where}: {row['predicted']:.6g} [{row['lower']:.6g}, {row['upper']:.6g}], one "
            f"new run [{row['run_lower']:.6g}, {row['run_upper']:.6g}]; {far}"
        )
