"""Laws of loss over scale: fitted robustly, with honest intervals, compared by extrapolation."""

from ._allocate import Allocation as Allocation, allocate as allocate
from ._base import AbstractLaw as AbstractLaw, Kind as Kind, Parameter as Parameter, laws as laws
from ._bootstrap import Bootstrap as Bootstrap
from ._candidates import candidates as candidates
from ._compare import Candidate as Candidate, Comparison as Comparison, compare as compare
from ._custom import Custom as Custom
from ._expression import Expression as Expression, parse as parse
from ._figures import draw as draw, svg as svg
from ._file import StoredFit as StoredFit, load as load
from ._fit import fit as fit
from ._goal import read_goal as read_goal
from ._isoflop import IsoFlop as IsoFlop, isoflop as isoflop
from ._losses import Absolute as Absolute, Huber as Huber, Squared as Squared
from ._noise import (
    NoiseParts as NoiseParts,
    StandardErrors as StandardErrors,
    noise_parts as noise_parts,
)
from ._profile import Profile as Profile
from ._read import derive as derive, filter_rows as filter_rows, read_table as read_table
from ._result import Fit as Fit
from ._status import FitStatus as FitStatus
from ._suggest import Suggestion as Suggestion, suggest as suggest

laws.discover(__name__, __path__)
names = laws.names
get = laws.get
register = laws.register
