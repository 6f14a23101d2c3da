"""Results: the store, its records, and tables of them. Never imports JAX."""

from .plan import PlannedPoint as PlannedPoint
from .record import Comparison as Comparison, Record as Record
from .store import Store as Store
