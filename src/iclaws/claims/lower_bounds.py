"""C9: does any trained model beat what no model can?"""

import math

import numpy as np

from ..models import models
from ..tasks import tasks
from ..train.recipe import Recipe
from ._base import AbstractClaim, Finding, Verdict, claims
from ._rows import Rows

THRESHOLD = -3.0
SEEDS = ("seed", "pool_seed")


@claims.register("lower-bounds")
class LowerBounds(AbstractClaim):
    """No model beats a lower bound of its kind: information, degree of the forward pass."""

    label = "C9"
    name = "lower-bounds"
    statement = "No trained model does better than the limits allow."
    rule = (
        "Per configuration, the excess risk minus its lower bound in standard errors of both "
        "(paired on the same contexts where the Bayes estimator is a baseline). Refuted if one "
        "lies below -3: then the laboratory is in error."
    )
    anywhere = True
    studies = ("depth-iso", "depth-power-law", "depth-width", "context-length", "softmax-depth")

    def findings(self, study: str, rows: Rows) -> list[Finding]:
        """Return one finding for the study's trained runs, converged or not."""
        known = ~np.isnan(rows.floats("lower_bound"))
        rows = rows.keep((rows.column("status") == "trained") & known)
        if not len(rows):
            return [
                self.finding(
                    study, "all runs", Verdict.UNTESTED, sentence="No run has a known bound."
                )
            ]
        scores = _scores(rows)
        unknown = [name for name, score in scores.items() if not math.isfinite(score)]
        scores = {name: score for name, score in scores.items() if name not in unknown}
        note = f" Of {len(unknown)} more the risk or its error is unknown." if unknown else ""
        if not scores:
            text = f"No configuration has a known distance from its bound.{note}"
            return [self.finding(study, "all runs", Verdict.UNTESTED, sentence=text)]
        worst = min(scores, key=lambda name: scores[name])
        lowest = scores[worst]
        beaten = [name for name, score in scores.items() if score < THRESHOLD]
        return [
            self.finding(
                study,
                "all runs",
                Verdict.REFUTED if beaten else Verdict.SUPPORTED,
                sentence=(
                    f"{len(beaten)} of {len(scores)} configurations lie more than 3 standard "
                    f"errors below their bound; the closest lies {lowest:+.1f} from it.{note}"
                ),
                statistic="lowest distance from a bound, in standard errors",
                estimate=lowest,
                claimed=THRESHOLD,
                evidence={
                    "beaten": beaten,
                    "closest": worst,
                    "unknown": unknown,
                    "num_runs": len(rows),
                },
            )
        ]


def _scores(rows: Rows) -> dict[str, float]:
    """Return, per configuration, the distance from the bound in standard errors.

    Seeds of a configuration share their evaluation contexts: their risks are averaged, the
    standard error is that of one.
    """
    gap = rows.floats("excess_risk") - rows.floats("lower_bound")
    se = np.hypot(rows.floats("excess_risk_se"), np.nan_to_num(rows.floats("lower_bound_se")))
    noisy = (rows.column("bound") == "Bayes") & (rows.floats("noise_var") > 0)
    paired = noisy & ~np.isnan(rows.floats("ridge_gap"))
    gap = np.where(paired, rows.floats("ridge_gap"), gap)
    se = np.where(paired, rows.floats("ridge_gap_se"), se)
    texts = {name: _texts(rows, name) for name in rows.names if name in _settings()}
    fields = [name for name, values in texts.items() if len(set(values)) > 1]
    scored = Rows({name: texts[name] for name in fields} | {"gap": gap, "se": se})
    if not fields:
        return {"all": _score(scored)}
    return {
        ", ".join(f"{name}={value}" for name, value in zip(fields, values, strict=True)): _score(
            group
        )
        for values, group in scored.groups(fields)
    }


def _settings() -> frozenset[str]:
    """Return the columns that may tell configurations apart: all that is set, except seeds.

    Any study is judged, so that whatever a task, an architecture or a recipe can be given may
    vary, and the bound with it.
    """
    elements = {
        "task": [tasks.get(name) for name in tasks.names()],
        "model": [models.get(name) for name in models.names()],
        "recipe": [Recipe],
    }
    names = set(elements)
    for part, classes in elements.items():
        for element in classes:
            fields = set(getattr(element, "__dataclass_fields__", ()))
            # A word that two parts use: the second column carries its part's name.
            names |= fields | {f"{part}_{field}" for field in fields}
    return frozenset(names.difference(SEEDS))


def _texts(rows: Rows, name: str) -> np.ndarray:
    # Settings may be lists, which neither sort nor compare with numbers.
    values = [f"{v:g}" if isinstance(v, float) else str(v) for v in rows.column(name)]
    return np.array(["None" if v == "nan" else v for v in values], dtype=object)


def _score(rows: Rows) -> float:
    return float(rows.floats("gap").mean() / max(rows.floats("se").mean(), 1e-12))
