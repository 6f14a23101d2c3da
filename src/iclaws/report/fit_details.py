"""How well the law of a figure holds: residuals and what it says beyond the data."""

from .. import laws
from .law_fits import LawFit

# Residuals of fewer runs show nothing.
FEWEST_RUNS = 4


def details(found: LawFit) -> list[str]:
    """Return the residuals and the extrapolation of a fit as SVG; none where there is no fit."""
    fit = found.fit
    if fit is None or not fit.parameters or found.num_runs < FEWEST_RUNS:
        return []
    return [laws.svg(laws.draw(kind, fit)) for kind in ("residuals", "extrapolation")]
