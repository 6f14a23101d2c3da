"""Studies: named grids of runs, each with a question and predictions made beforehand."""

from .figure import Figure as Figure
from .study import AbstractStudy as AbstractStudy, Grid as Grid, Study as Study, studies as studies

studies.discover(__name__, __path__)

# After the studies, whose names they share.
from .findings import findings as findings  # noqa: E402
from .run import plan as plan, run as run  # noqa: E402
