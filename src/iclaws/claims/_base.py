"""What a claim is: a statement with its test and threshold, written before the data."""

import abc
import enum
from dataclasses import dataclass, field
from typing import Any, ClassVar

from .._registry import Registry
from ._rows import Rows

LEVEL = 0.05


class Verdict(enum.StrEnum):
    """How a claim came out. `UNTESTED` is never a quiet `SUPPORTED`."""

    SUPPORTED = "supported"
    REFUTED = "refuted"
    INCONCLUSIVE = "inconclusive"
    UNTESTED = "untested"


@dataclass(frozen=True)
class Finding:
    """What one claim's test found on one subject.

    Attributes:
        claim: Label of the claim, such as `C4`.
        name: Its registered name.
        study: Where the data come from.
        subject: Which of the study's curves, in words.
        verdict: How it came out.
        sentence: The reason, with its numbers.
        statistic: What was estimated, in words.
        estimate: Its value.
        interval: 95 % interval.
        expected: What the solvable theory says at these sizes.
        claimed: What the claim says.
        p_support: Of the equivalence test: small if the claim holds within its margin.
        p_refute: Of the exclusion test: small if it fails by more than its margin.
        preset: Which size of the study; None where nothing is stored.
        evidence: Everything else that was computed, JSON-ready.
    """

    claim: str
    name: str
    study: str
    subject: str
    verdict: Verdict
    sentence: str
    statistic: str | None = None
    estimate: float | None = None
    interval: tuple[float, float] | None = None
    expected: float | None = None
    claimed: float | None = None
    p_support: float | None = None
    p_refute: float | None = None
    preset: str | None = None
    evidence: dict[str, Any] = field(default_factory=dict)


class AbstractClaim(abc.ABC):
    """A falsifiable statement about a study's records.

    Attributes:
        label: Short label, `C1` and so on.
        statement: The statement, in one sentence.
        rule: How the verdict is reached, in one or two sentences.
        studies: The studies it is tested on.
        anywhere: Whether it is tested on any other study as well.
    """

    label: ClassVar[str]
    name: ClassVar[str]
    statement: ClassVar[str]
    rule: ClassVar[str]
    studies: ClassVar[tuple[str, ...]]
    anywhere: ClassVar[bool] = False

    @abc.abstractmethod
    def findings(self, study: str, rows: Rows) -> list[Finding]:
        """Return what the test finds on the rows of one study (there is at least one row).

        A verdict that rests on `p_support` and `p_refute` is provisional: `evaluate` corrects
        both for the number of tests (Holm).
        """

    def finding(self, study: str, subject: str, verdict: Verdict, **found: Any) -> Finding:
        """Return a finding of this claim."""
        return Finding(self.label, self.name, study, subject, verdict, **found)


claims: Registry[AbstractClaim] = Registry("claim")
