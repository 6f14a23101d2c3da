"""One page about one fit: its numbers, how far they can be trusted, and every figure."""

from pathlib import Path
from typing import Any

import iclaws

from .. import laws
from ..results.files import write_whole
from ..results.provenance import now
from . import formats
from .page import HERE, environment

Row = dict[str, Any]


def write_fit(fit: laws.Fit, path: str | Path, *, draws: Any = None, level: float = 0.95) -> Path:
    """Write one self-contained HTML file about a fit; return its path.

    Law, status and noise model come first, then the parameters with their intervals, then the
    law with its data, beyond them, its residuals against every column, the profile of every
    parameter and, with draws, every pair of parameters.

    Args:
        fit: The fit.
        path: The file; replaced if it exists.
        draws: `fit.bootstrap(...)`: adds its intervals, bands and pairs.
        level: Nominal coverage of the intervals.

    Raises:
        StoreUnwritable: the file cannot be written; nothing of it is left.
    """
    path = Path(path)
    text = render_fit(fit, draws=draws, level=level)
    write_whole(path, lambda temporary: _write_text(temporary, text))
    return path


def render_fit(fit: laws.Fit, *, draws: Any = None, level: float = 0.95) -> str:
    """Return the HTML that `write_fit` writes."""
    names = fit.law.names if fit.parameters else ()
    profiles = [fit.profile(name, level=level) for name in names]
    return (
        environment()
        .get_template("fit.html")
        .render(
            fit=fit,
            rows=[
                _row(one, draws, level=level, error=fit.standard_errors()[one.name])
                for one in profiles
            ],
            figures=_figures(fit, draws, profiles),
            draws=draws,
            level=f"{100 * level:g} %",
            version=iclaws.__version__,
            written=formats.moment(now()),
            style=(HERE / "static" / "report.css").read_text("utf-8"),
        )
    )


def _row(profile: Any, draws: Any, *, level: float, error: float) -> Row:
    name = profile.name
    return {
        "name": name,
        "value": profile.estimate,
        "error": error,
        "profile": profile.interval,
        "bootstrap": None if draws is None else draws.interval(name, level),
    }


def _figures(fit: laws.Fit, draws: Any, profiles: list[Any]) -> list[tuple[str, str, str]]:
    """Return title, caption and SVG of each figure."""
    if not profiles:
        return []
    band = "" if draws is None else " with its band"
    drawn = [
        (
            "The law and the data",
            f"The law{band} along each column, the data moved to typical values of the others.",
            laws.draw("fit", fit, draws=draws),
        ),
        (
            "Beyond the data",
            "Four doublings beyond the largest size; the range of the data is shaded.",
            laws.draw("extrapolation", fit, draws=draws),
        ),
        (
            "Residuals",
            "Where the law is the right one they show no bend and no trend.",
            laws.draw("residuals", fit),
        ),
        (
            "Profiles",
            "The deviance when one parameter is held fixed and the others are fitted again; the "
            "interval is where it stays below the line.",
            laws.draw("profile", profiles),
        ),
    ]
    if draws is not None:
        pairs = laws.draw("bootstrap", fit, draws=draws)
        drawn.append(("Pairs of parameters", "Refits of resampled data.", pairs))
    return [(title, caption, laws.svg(figure)) for title, caption, figure in drawn]


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, "utf-8")
