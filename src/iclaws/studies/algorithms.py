"""Which algorithm runs of each configuration are closest to, in words."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

import pandas as pd

Run = dict[str, Any]


def closest_algorithms(table: pd.DataFrame, by: Sequence[str]) -> dict[str, str]:
    """Return one sentence per configuration, from the columns of the probe `identify`.

    Args:
        table: Runs of a study with that probe.
        by: Columns that tell configurations apart.
    """
    if "closest" not in table:
        return {}
    groups: dict[str, list[Run]] = defaultdict(list)
    for index in range(len(table)):
        run: Run = table.iloc[index].to_dict()
        if isinstance(run["closest"], str):
            groups[_configuration(run, by)].append(run)
    return {
        f"Algorithm, {configuration}": f"{_named(runs)}. {_descent(runs)}"
        for configuration, runs in groups.items()
    }


def _configuration(run: Run, by: Sequence[str]) -> str:
    parts = []
    for name in by:
        value = run[name]
        words = str(value) if isinstance(value, str) else f"{name.replace('_', ' ')} {value:g}"
        parts.append((name if value else f"not {name}") if isinstance(value, bool) else words)
    return ", ".join(parts)


def _named(runs: Sequence[Run]) -> str:
    counts = Counter(run["algorithm"] for run in runs).most_common()
    named = "; ".join(f"{name} in {count} of {len(runs)} seeds" for name, count in counts)
    closest = "/".join(sorted({run["closest"] for run in runs}))
    high = max(run["closest_spd_high"] for run in runs)
    return f"{named} (closest {closest}, squared difference at most {high:.2g} of the mean square)"


def _descent(runs: Sequence[Run]) -> str:
    """Say on which side gradient descent lies of everything else, in how many seeds."""
    low = [run["descent_lead_low"] for run in runs]
    high = [run["descent_lead_high"] for run in runs]
    nearer, farther = sum(end > 0.0 for end in low), sum(end < 0.0 for end in high)
    return (
        f"Gradient descent of any depth is nearer than every other algorithm in {nearer} and "
        f"farther than the best of them in {farther} of {len(runs)} seeds (by "
        f"{min(low):+.2g} to {max(high):+.2g} of the mean square)."
    )
