"""What a study finds in the runs that a table holds of it."""

import pandas as pd

from ..errors import InvalidValue
from .study import AbstractStudy


def findings(
    study: AbstractStudy, table: pd.DataFrame, preset: str | None = None
) -> dict[str, str]:
    """Return the study's own findings, or why it has none yet: a sentence by subject.

    Args:
        study: Whose measures are taken.
        table: A store's, of this study or of all.
        preset: Whose runs count; None takes the study's own.
    """
    if not len(table):
        return {}
    ours = (table["study"] == study.name) & (table["preset"] == (preset or study.preset))
    rows = table.loc[ours & (table["status"] == "trained")]
    if not len(rows):
        return {}
    try:
        return study.findings(rows)
    except InvalidValue as error:
        return {"Not found yet": str(error)}
