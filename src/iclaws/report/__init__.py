"""Reports: one self-contained HTML file, verdicts first, readable offline and on a phone."""

from .page import write as write
