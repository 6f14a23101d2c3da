"""Baselines: estimators without parameters to train, answering the same call as models."""

from .._registry import Registry
from ..models import AbstractModel


class AbstractBaseline(AbstractModel):
    """What a baseline adds to a model: it says how to build a small one."""

    @classmethod
    def example(cls, num_dims: int) -> "AbstractBaseline":
        """Return an instance for covariates of `num_dims` dimensions, for tests and listings.

        Override it where a field has no default, or one that leaves nothing to see.
        """
        del num_dims
        return cls()


baselines: Registry[AbstractBaseline] = Registry("baseline")
