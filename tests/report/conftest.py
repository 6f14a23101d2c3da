"""One report, rendered once: fitting its laws takes most of the time."""

import pytest

from iclaws import report
from iclaws.claims import Finding, Verdict

from .made import Made, fill

# One run diverged, one did not converge and would move its mean far.
BROKEN = {
    (2, 0.0, 1): {"status": "diverged", "excess_risk": None, "converged": None, "diverged_at": 24},
    (4, 0.1, 2): {"converged": False, "excess_risk": 0.9, "remaining_drop": 0.31},
}
FINDINGS = [
    Finding(
        "C1", "depth-law-form", "made", "noise_var=0", Verdict.SUPPORTED,
        sentence="AICc prefers it by <b>9</b> & more.", statistic="gain", estimate=9.0,
        evidence={"aicc": {"power law": float("-inf")}, "p": float("nan")},
    ),
    Finding(
        "C4", "step-size-law", "made", "all runs", Verdict.REFUTED, sentence="It is flat.",
        statistic="slope", estimate=-0.101, interval=(-0.107, -0.095), expected=-0.125,
        claimed=-0.5, p_support=1.0, p_refute=1e-9,
    ),
    Finding("C6", "frontier-shape", "elsewhere", "no runs", Verdict.UNTESTED, sentence="No run."),
]  # fmt: skip


@pytest.fixture(scope="session")
def store(tmp_path_factory):
    return fill(tmp_path_factory.mktemp("report") / "runs", BROKEN)


@pytest.fixture(scope="session")
def page(store):
    path = report.write(store, store.folder / "report.html", FINDINGS, studies=[Made()])
    return path.read_text("utf-8")
