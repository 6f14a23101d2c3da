"""Transitions: where an ability appears, how sharply, and whether the metric alone makes it so."""

from ._data import Curve as Curve
from ._status import Status as Status
from .bimodality import (
    Bimodality as Bimodality,
    bimodality as bimodality,
    dip_statistic as dip_statistic,
)
from .binder import Binder as Binder, binder as binder
from .collapse import Collapse as Collapse, collapse as collapse
from .critical_scale import CriticalScale as CriticalScale, critical_scale as critical_scale
from .figures import (
    draw_collapse as draw_collapse,
    draw_critical_scales as draw_critical_scales,
    draw_sharpness as draw_sharpness,
)
from .metric_artefact import (
    METRICS as METRICS,
    MetricArtefact as MetricArtefact,
    Reality as Reality,
    exact_match as exact_match,
    metric_artefact as metric_artefact,
)
from .order_parameters import (
    generalisation_position as generalisation_position,
    icl_score as icl_score,
    in_context_share as in_context_share,
)
from .segmented import Segmented as Segmented, segmented as segmented
from .sharpness import (
    Kind as Kind,
    Sharpness as Sharpness,
    from_widths as from_widths,
    sharpness as sharpness,
)
from .susceptibility import Susceptibility as Susceptibility, susceptibility as susceptibility
from .wide_interval import wide_interval as wide_interval
