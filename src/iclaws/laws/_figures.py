"""Figures of fits and comparisons, drawn without a display and without global state."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .._registry import unknown_name_message
from ..errors import InvalidValue, UnknownName

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ._bootstrap import Bootstrap
    from ._compare import Comparison
    from ._profile import Profile
    from ._result import Fit

SUFFIXES = (".svg", ".png", ".pdf")
BLUE, ORANGE, GREY = "#1f6fb4", "#d9622b", "#8a8a8a"
POINTS = 200
# How many doublings beyond the data an extrapolation is drawn.
DOUBLINGS = 4.0
WIDTH, HEIGHT = 3.6, 2.9
# Axes that span less than this factor are labelled with plain numbers.
NARROW = 100.0
# Those that span less than this have round numbers in equal steps.
FEW = 4.0


def draw(
    kind: str, what: Any, *, draws: "Bootstrap | None" = None, path: str | Path | None = None
) -> "Figure":
    """Return a figure, and write it to a file.

    Args:
        kind: `"fit"` (the law along each column, with the data brought to the other columns'
            typical values), `"extrapolation"` (the same, four doublings further), `"residuals"`
            (against every column), `"bootstrap"` (pairs of parameters), `"profile"` or
            `"comparison"`.
        what: The fit; its profile, or a list of them; or the comparison.
        draws: A bootstrap of the fit, for bands and pairs.
        path: A `.svg`, `.png` or `.pdf` file; None writes none.

    Raises:
        UnknownName: There is no such kind.
        InvalidValue: The path has another suffix, or pairs are wanted without draws.
    """
    if kind not in KINDS:
        raise UnknownName(unknown_name_message("figure", kind, KINDS))
    if path is not None and Path(path).suffix.lower() not in SUFFIXES:
        raise InvalidValue(
            f"A figure is a {', '.join(SUFFIXES)} file. Got {str(path)!r}: rename it."
        )
    figure = KINDS[kind](what, draws)
    if path is not None:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        write(figure, path)
    return figure


def write(figure: "Figure", path: Any) -> None:
    """Write a figure to a path or a file object; the same figure gives the same bytes."""
    import matplotlib

    suffix = Path(path).suffix[1:].lower() if isinstance(path, str | Path) else "svg"
    dates = {"pdf": {"CreationDate": None}, "svg": {"Date": None}}.get(suffix, {})
    with matplotlib.rc_context({"svg.hashsalt": "iclaws", "svg.fonttype": "none"}):
        figure.savefig(path, format=suffix, dpi=160, metadata=dates)


def svg(figure: "Figure") -> str:
    """Return a figure as SVG text, for a page of HTML."""
    import io

    text = io.StringIO()
    write(figure, text)
    return text.getvalue()


def _panels(num: int, per_row: int = 3) -> tuple["Figure", list[Any]]:
    from matplotlib.figure import Figure

    across = min(num, per_row)
    down = -(-num // across)
    figure = Figure(figsize=(WIDTH * across, HEIGHT * down), layout="constrained")
    axes = np.atleast_1d(figure.subplots(down, across, squeeze=False)).ravel()
    for axis in axes[num:]:
        axis.set_visible(False)
    return figure, list(axes[:num])


def _scale(axes: Any, which: str, values: np.ndarray) -> None:
    """Make axis `x` or `y` logarithmic where the values allow it, with few and readable ticks."""
    from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

    if not np.all(values > 0):
        return
    getattr(axes, f"set_{which}scale")("log")
    if values.max() < NARROW * values.min():
        # Within two decades powers of ten alone are too few, and every digit is too many.
        axis = getattr(axes, f"{which}axis")
        few = values.max() < FEW * values.min()
        axis.set_major_locator(MaxNLocator(4) if few else LogLocator(subs=(1.0, 2.0, 5.0)))
        axis.set_minor_locator(NullLocator())
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def _middle(fit: "Fit") -> dict[str, float]:
    used = fit.problem.weights > 0
    return {
        name: float(np.exp(np.mean(np.log(v[used]))) if np.all(v[used] > 0) else np.mean(v[used]))
        for name, v in fit.problem.raw_columns.items()
    }


def _along(values: np.ndarray, beyond: float) -> np.ndarray:
    low, high = float(values.min()), float(values.max())
    if low <= 0:
        return np.linspace(low, high + beyond * (high - low), POINTS)
    return np.geomspace(low, high * 2.0**beyond, POINTS)


def _laws_along(fit: "Fit", draws: "Bootstrap | None", beyond: float) -> "Figure":
    """Draw the law along each column, the data moved to the typical value of the others."""
    problem = fit.problem
    used = problem.weights > 0
    columns = {name: values[used] for name, values in problem.raw_columns.items()}
    middle = _middle(fit)
    figure, axes = _panels(len(columns))
    for axis, (name, values) in zip(axes, columns.items(), strict=True):
        line = _along(values, beyond)
        table = {c: np.full(POINTS, middle[c]) for c in columns} | {name: line}
        moved = {c: np.full(len(values), middle[c]) for c in columns} | {name: values}
        # The share of a row's loss that the law does not explain stays with the row.
        points = fit.predict(moved) * problem.raw_target[used] / fit.predict(columns)
        axis.plot(values, points, ".", color=GREY, markersize=3, label="data")
        axis.plot(line, fit.predict(table), color=BLUE, label="law")
        if draws is not None:
            low, high = np.nanquantile(draws.predict(table), draws.quantiles(), axis=0)
            axis.fill_between(line, low, high, color=BLUE, alpha=0.2, linewidth=0, label="95 %")
        if beyond:
            axis.axvspan(float(values.min()), float(values.max()), color=GREY, alpha=0.12)
        _scale(axis, "x", line)
        _scale(axis, "y", points)
        axis.set_xlabel(name)
        axis.set_ylabel(problem.target_name)
    axes[0].legend(frameon=False, fontsize=7)
    return figure


def fit_figure(fit: "Fit", draws: "Bootstrap | None" = None) -> "Figure":
    """Draw the law with its band over the data."""
    return _laws_along(fit, draws, 0.0)


def extrapolation_figure(fit: "Fit", draws: "Bootstrap | None" = None) -> "Figure":
    """Draw the law with its band beyond the data, whose range is shaded."""
    return _laws_along(fit, draws, DOUBLINGS)


def residual_figure(fit: "Fit", draws: "Bootstrap | None" = None) -> "Figure":
    """Draw the residuals against every column and against the prediction."""
    del draws
    used = fit.problem.weights > 0
    columns = {name: values[used] for name, values in fit.problem.raw_columns.items()}
    shown = {**columns, f"predicted {fit.problem.target_name}": fit.predict(columns)}
    figure, axes = _panels(len(shown))
    for axis, (name, values) in zip(axes, shown.items(), strict=True):
        axis.plot(values, -fit.residuals[used], ".", color=BLUE, markersize=3)
        axis.axhline(0.0, color=GREY, linewidth=0.8)
        _scale(axis, "x", values)
        axis.set_xlabel(name)
        axis.set_ylabel(f"data - law ({fit.problem.residuals} {fit.problem.target_name})")
    return figure


def bootstrap_figure(fit: "Fit", draws: "Bootstrap | None" = None) -> "Figure":
    """Draw every pair of parameters over the draws, and each alone on the diagonal."""
    if draws is None:
        raise InvalidValue("Pairs are drawn from a bootstrap: pass draws=fit.bootstrap().")
    values, names = draws.parameters, fit.law.names
    figure, axes = _panels(len(names) ** 2, per_row=len(names))
    for place, axis in enumerate(axes):
        down, across = divmod(place, len(names))
        x, y = values[names[across]], values[names[down]]
        if across > down:
            axis.set_visible(False)
        elif across == down:
            axis.hist(x[np.isfinite(x)], bins=40, color=BLUE, alpha=0.6)
            axis.axvline(fit.parameters[names[across]], color=ORANGE)
        else:
            axis.plot(x, y, ".", color=BLUE, markersize=1.5, alpha=0.4, rasterized=True)
            axis.plot(fit.parameters[names[across]], fit.parameters[names[down]], "+", color=ORANGE)
        axis.set_xlabel(names[across])
        axis.set_ylabel("" if across == down else names[down])
    return figure


def profile_figure(
    profiles: "Profile | list[Profile]", draws: "Bootstrap | None" = None
) -> "Figure":
    """Draw the deviance along each profiled parameter, with the threshold and the interval."""
    del draws
    found = profiles if isinstance(profiles, list) else [profiles]
    figure, axes = _panels(len(found))
    for axis, one in zip(axes, found, strict=True):
        near = one.deviance <= 3.0 * one.threshold
        axis.plot(one.values[near], one.deviance[near], ".-", color=BLUE, markersize=3)
        axis.axhline(one.threshold, color=GREY, linewidth=0.8)
        axis.axvline(one.estimate, color=ORANGE, linewidth=0.8)
        axis.axvspan(*np.clip(one.interval, *axis.get_xlim()), color=BLUE, alpha=0.1)
        axis.locator_params(axis="x", nbins=5)
        axis.set_xlabel(one.name)
        axis.set_ylabel("deviance")
    return figure


def comparison_figure(comparison: "Comparison", draws: "Bootstrap | None" = None) -> "Figure":
    """Draw each law's criterion in the sample against its error on the scales held out."""
    del draws
    figure, (axis,) = _panels(1)
    figure.set_size_inches(2 * WIDTH, 1.4 * HEIGHT)
    best = min(one.bic for one in comparison.candidates)
    for one in comparison.candidates:
        if not np.isfinite(one.bic + one.extrapolation_error):
            continue
        at = (one.bic - best + 1.0, one.extrapolation_error)
        axis.plot(*at, "o", color=ORANGE if one is comparison.choice else BLUE)
        axis.annotate(
            str(one.law).split(":")[0], at, fontsize=6, xytext=(3, 3), textcoords="offset points"
        )
    axis.set_xscale("log")
    axis.set_yscale("log")
    axis.set_xlabel("BIC above the best + 1 (in the sample)")
    axis.set_ylabel("error on larger scales held out")
    return figure


KINDS: dict[str, Callable[..., "Figure"]] = {
    "fit": fit_figure,
    "extrapolation": extrapolation_figure,
    "residuals": residual_figure,
    "bootstrap": bootstrap_figure,
    "profile": profile_figure,
    "comparison": comparison_figure,
}
