"""C5: is there a critical scale with a sharp transition?"""

from typing import Any

from ..transitions import Reality, Sharpness, Status
from ._base import AbstractClaim, Finding, Verdict, claims
from ._rows import Rows
from ._systems import SYSTEMS, Judged, Systems, judge


@claims.register("sharp-transition")
class SharpTransition(AbstractClaim):
    """The log-width of the transition shrinks as the system grows."""

    label = "C5"
    name = "sharp-transition"
    statement = "There is a critical scale with a sharp transition."
    rule = (
        "Slope of ln width on ln system size over at least 4 sizes, in the excess risk itself, of "
        "a step or a kink, whichever leaves less. Supported (sharp) if its 95 % interval lies "
        "below -0.1; refuted if it lies within 0.1 of 0 (TOST: smooth), or if the curve is abrupt "
        "under another metric only (artefact). Holm-corrected."
    )
    studies = ("task-diversity", "identification", "plateau")

    def findings(self, study: str, rows: Rows) -> list[Finding]:
        """Return one finding per order parameter of the study."""
        return [self._found(study, subject, systems) for subject, systems in SYSTEMS[study](rows)]

    def _found(self, study: str, subject: str, systems: Systems) -> Finding:
        if not systems.curves:
            text = "No converged run gives a curve."
            return self.finding(study, subject, Verdict.UNTESTED, sentence=text)
        judged = judge(systems)
        sharp = judged.sharpness
        if sharp.status is not Status.OK or sharp.p_sharp is None or sharp.p_smooth is None:
            return self._without_slope(study, subject, judged)
        return self.finding(
            study,
            subject,
            Verdict.INCONCLUSIVE,
            sentence=f"{sharp.sentence} {_places(sharp)}{systems.note(sharp)}",
            statistic="slope of ln width in ln size",
            estimate=sharp.slope,
            interval=sharp.interval,
            expected=systems.expected,
            # A 95 % interval below -0.1 is a one-sided test at half its error.
            p_support=min(1.0, 2.0 * sharp.p_sharp),
            p_refute=sharp.p_smooth,
            evidence=_evidence(judged),
        )

    def _without_slope(self, study: str, subject: str, judged: Judged) -> Finding:
        artefact = judged.metrics is not None and judged.metrics.reality is Reality.ARTEFACT
        text = judged.sharpness.sentence
        if judged.metrics is not None and artefact:
            text = f"{text} {judged.metrics.sentence}"
        verdict = Verdict.REFUTED if artefact else Verdict.UNTESTED
        evidence = _evidence(judged)
        return self.finding(study, subject, verdict, sentence=text, evidence=evidence)


def _places(sharp: Sharpness) -> str:
    known = {size: place for size, place in sharp.places.items() if place.scale is not None}
    return "Critical scales " + ", ".join(
        f"{place.scale:.3g} (size {size:.3g})" for size, place in known.items()
    ) + "."  # fmt: skip


def _evidence(judged: Judged) -> dict[str, Any]:
    sharp, metrics = judged.sharpness, judged.metrics
    kind = sharp.kind.value
    if metrics is not None and metrics.reality is Reality.ARTEFACT and kind != "sharp":
        kind = metrics.reality.value
    found: dict[str, Any] = {
        "kind": kind,
        "shape": judged.shape,
        "sizes": [float(size) for size in sharp.places],
        "critical_scales": {f"{size:g}": place.scale for size, place in sharp.places.items()},
        "log_widths": {f"{size:g}": place.log_width for size, place in sharp.places.items()},
        "statuses": {f"{size:g}": place.status.value for size, place in sharp.places.items()},
    }
    if metrics is not None:
        found["log_widths_by_metric"] = dict(metrics.log_widths)
    return found
