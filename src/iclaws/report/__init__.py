"""Reports: one self-contained HTML file, verdicts first, readable offline and on a phone."""

from .fit_page import write_fit as write_fit
from .page import write as write
