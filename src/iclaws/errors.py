"""Every exception that `iclaws` raises on purpose.

A message is one sentence or two: what is wrong, why, and what to do. The command line
prints it without a traceback and exits with status 1.
"""


class IclawsError(Exception):
    """Anything a user can mend; the command line shows its text alone."""


class InvalidValue(IclawsError, ValueError):
    """A value is outside what its meaning allows; the message quotes value and range."""


class UnknownName(IclawsError, KeyError):
    """A name is not registered; the message suggests the nearest one."""

    def __str__(self) -> str:
        """Return the sentence itself (`KeyError` would quote it)."""
        return str(self.args[0])


class NotIdentifiable(IclawsError, TypeError):
    """A value has no identity that survives the process, so no result can be filed under it."""


class StoreConflict(IclawsError):
    """A stored result and a new point share an identity but not their full description."""


class StoreDamaged(IclawsError):
    """A file of the store cannot be read; nothing of it is overwritten."""


class StoreTooNew(IclawsError):
    """The store was written by a later format than this version reads."""


class StoreUnwritable(IclawsError):
    """The store cannot be written: full disk, no permission, not a folder."""
