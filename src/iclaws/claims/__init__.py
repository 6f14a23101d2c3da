"""Claims: falsifiable statements, each with its test and threshold, and their verdicts."""

from ._base import (
    AbstractClaim as AbstractClaim,
    Finding as Finding,
    Verdict as Verdict,
    claims as claims,
)

claims.discover(__name__, __path__)

from .evaluate import evaluate as evaluate  # noqa: E402 - after the elements it evaluates
