"""What is drawn in a panel, as Plotly traces.

Colours are written as `@3` (the curve's, `@3~` translucent) or `@muted` (the page's); the page
replaces them by the colours of its light or dark theme.
"""

from typing import Any

import numpy as np
from jaxtyping import Float

from .spread import Means

Trace = dict[str, Any]
Values = Float[np.ndarray, " n"]
Run = Float[np.ndarray, "_"]
# Of baselines, told apart by their dashes; as Plotly and as the key's drawings write them.
DASHES = ("12px,3px", "8px,3px,2px,3px", "2px,6px", "10px,3px,2px,3px,2px,3px", "5px,5px,1px,5px")
SVG_DASHES = tuple(dash.replace("px", "").replace(",", " ") for dash in DASHES)


def data(found: Means, colour: int, name: str) -> Trace:
    """Return the means over seeds with their intervals."""
    trace = _trace(found.x, found.mean, name, mode="markers")
    trace["marker"] = {"color": f"@{colour}", "size": 7}
    trace["error_y"] = {
        "type": "data",
        "symmetric": False,
        "array": clean(found.high - found.mean),
        "arrayminus": clean(found.mean - found.low),
        "color": f"@{colour}",
        "thickness": 1.5,
        "width": 4,
    }
    ends = zip(clean(found.low), clean(found.high), found.num_seeds, strict=True)
    trace["customdata"] = [[low, high, int(count)] for low, high, count in ends]
    trace["hovertemplate"] = (
        "%{x}: %{y:.4g} [%{customdata[0]:.4g}, %{customdata[1]:.4g}], "
        f"%{{customdata[2]}} seeds<extra>{name}</extra>"
    )
    return trace


def seeds(x: Values, y: Values, *, colour: int, name: str) -> Trace:
    """Return the single runs behind the means, as small faint dots."""
    trace = _trace(x, y, name, mode="markers")
    return trace | {"marker": {"color": f"@{colour}~", "size": 4}, "hoverinfo": "skip"}


def unconverged(x: Values, y: Values, *, colour: int, name: str) -> Trace:
    """Return the runs that are shown but left out, as crosses."""
    trace = _trace(x, y, f"{name}, not converged", mode="markers")
    return trace | {
        "marker": {
            "color": f"@{colour}",
            "size": 9,
            "symbol": "x-thin-open",
            "line": {"width": 2},
        }
    }


def curve(found: Means, colour: int, name: str) -> list[Trace]:
    """Return the mean of whole curves over seeds, with its interval as a band."""
    ends = np.stack([found.low, found.high])
    line = _trace(found.x, found.mean, name, mode="lines")
    return [*band(found.x, ends, colour), line | {"line": {"color": f"@{colour}", "width": 2}}]


def strays(x: list[Run], y: list[Run], *, colour: int, name: str) -> Trace:
    """Return whole curves of runs that are left out, each as a thin dotted line."""
    gap = np.array([np.nan])  # breaks the line between two runs
    xs = np.concatenate([part for run in x for part in (run, gap)])
    ys = np.concatenate([part for run in y for part in (run, gap)])
    trace = _trace(xs, ys, f"{name}, not converged", mode="lines")
    return trace | {"line": {"color": f"@{colour}~", "width": 1.5, "dash": "dot"}}


def law(x: Values, y: Values, *, colour: int, name: str) -> Trace:
    """Return a fitted law."""
    trace = _trace(x, y, f"{name}, law", mode="lines")
    return trace | {"line": {"color": f"@{colour}", "width": 2}}


def band(x: Values, ends: Float[np.ndarray, "2 n"] | None, colour: int) -> list[Trace]:
    """Return an interval along a curve as a translucent area; nothing without ends."""
    if ends is None:
        return []
    keep = np.isfinite(ends).all(axis=0)
    if not keep.any():
        return []
    around = np.concatenate([x[keep], x[keep][::-1]])
    edge = np.concatenate([ends[1][keep], ends[0][keep][::-1]])
    trace = _trace(around, edge, "", mode="lines")
    area = {"fill": "toself", "fillcolor": f"@{colour}~", "line": {"width": 0}}
    return [trace | area | {"hoverinfo": "skip"}]


def prediction(x: Values, y: Values, *, colour: int, name: str) -> Trace:
    """Return the finite-size prediction, as open diamonds that the data should fall into."""
    trace = _trace(x, y, f"{name}, predicted", mode="lines+markers")
    return trace | {
        "line": {"color": f"@{colour}", "width": 1.5, "dash": "dash"},
        "marker": {"color": f"@{colour}", "size": 13, "symbol": "diamond-open"},
    }


def limit(x: Values, y: Values, *, colour: int, name: str) -> Trace:
    """Return the lower limit, dotted."""
    trace = _trace(x, y, f"{name}, lower limit", mode="lines+markers")
    return trace | {
        "line": {"color": f"@{colour}", "width": 1.5, "dash": "dot"},
        "marker": {"color": f"@{colour}", "size": 7, "symbol": "triangle-up-open"},
    }


def baseline(x: Values, y: Values, *, colour: int | None, name: str, order: int) -> Trace:
    """Return a baseline, in the curve's colour or, where all curves share it, in grey."""
    trace = _trace(x, y, name, mode="lines+markers" if len(x) == 1 else "lines")
    shade = "@muted" if colour is None else f"@{colour}"
    return trace | {
        "line": {"color": shade, "width": 1.5, "dash": DASHES[order % len(DASHES)]},
        "marker": {"color": shade, "size": 8, "symbol": "line-ew-open"},
    }


def guide(x: Values, y: Values, name: str) -> Trace:
    """Return a guide to the eye."""
    trace = _trace(x, y, name, mode="lines")
    return trace | {"line": {"color": "@muted", "width": 1.5, "dash": "4px,4px"}}


def clean(values: Any) -> list[float | None]:
    """Return numbers as JSON takes them: None for what is not finite."""
    return [float(v) if np.isfinite(v) else None for v in np.asarray(values, np.float64)]


def _trace(x: Values, y: Values, name: str, *, mode: str) -> Trace:
    return {
        "type": "scatter",
        "mode": mode,
        "x": clean(x),
        "y": clean(y),
        "name": name,
        "showlegend": False,
        "hovertemplate": f"%{{x}}: %{{y:.4g}}<extra>{name}</extra>",
    }
