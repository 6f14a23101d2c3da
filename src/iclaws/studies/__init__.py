"""Studies: named grids of runs, each with a question and predictions made beforehand."""

from .figure import Figure as Figure
from .study import AbstractStudy as AbstractStudy, Grid as Grid, Study as Study, studies as studies

studies.discover(__name__, __path__)

from .run import plan as plan, run as run  # noqa: E402 - after the studies, whose names it shares
