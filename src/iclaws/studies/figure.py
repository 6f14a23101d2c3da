"""What a study wants drawn: columns of the table, named; the report does the rest."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from ..laws import AbstractLaw


@dataclasses.dataclass(frozen=True, kw_only=True)
class Figure:
    """One figure of a study: data over seeds, law, prediction, limit and baselines together.

    Every attribute but the texts names columns of `Store.table`. A column that the table
    lacks, or that holds no number, is left out of the drawing.

    A `y` of vectors is drawn entry by entry: against the vectors of `x` where that is a column
    of vectors too (`curve_steps` for `curve_excess_risk`), else against `x="position"`, the
    number of examples before it.

    Attributes:
        title: Heading.
        x: Column of the horizontal axis.
        y: Column of the vertical axis.
        colour: Column that tells the curves of one panel apart.
        facet: Column with one panel per value, or several with one per combination.
        law: Fitted to the converged runs, to each curve apart; curves that differ only in a
            column of the law share one fit. None fits nothing.
        prediction: Column of the finite-size prediction; None takes `predicted_<y>`.
        limit: Column of the lower limit; None takes `lower_bound` where `y` is `excess_risk`.
        baselines: Names of paired baselines, whose own `<baseline>_<y>` is drawn.
        slope: Slope of a guide line in log-log, such as a claimed exponent.
        log_x: Logarithmic horizontal axis.
        log_y: Logarithmic vertical axis.
        where: Values that rows must have, by column; others are not drawn.
        caption: What to look for, in a sentence or two.
    """

    title: str
    x: str
    y: str = "excess_risk"
    colour: str | None = None
    facet: str | tuple[str, ...] | None = None
    law: AbstractLaw | None = None
    prediction: str | None = None
    limit: str | None = None
    baselines: tuple[str, ...] = ()
    slope: float | None = None
    log_x: bool = True
    log_y: bool = True
    where: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    caption: str = ""

    @property
    def facets(self) -> tuple[str, ...]:
        """Return the columns that panels differ in."""
        if self.facet is None:
            return ()
        return (self.facet,) if isinstance(self.facet, str) else self.facet

    @property
    def prediction_column(self) -> str:
        """Return the column of the prediction."""
        return self.prediction or f"predicted_{self.y}"

    @property
    def limit_column(self) -> str | None:
        """Return the column of the lower limit, if there is one."""
        return self.limit or ("lower_bound" if self.y == "excess_risk" else None)

    @property
    def baseline_columns(self) -> dict[str, str]:
        """Return the column of each baseline, by the baseline's name."""
        return {name: f"{name.replace('-', '_')}_{self.y}" for name in self.baselines}
