"""Baselines: estimators without parameters to train, answering the same call as models."""

from typing import ClassVar

from .._registry import Registry
from ..models import AbstractModel


class AbstractBaseline(AbstractModel):
    """What a baseline adds to a model: it says how to build a small one.

    Attributes:
        ignores_order: Whether the order of the examples never matters to it.
    """

    ignores_order: ClassVar[bool] = True

    @classmethod
    def example(cls, num_dims: int) -> "AbstractBaseline":
        """Return an instance for covariates of `num_dims` dimensions, for tests and listings.

        Override it where a field has no default, or one that leaves nothing to see.
        """
        del num_dims
        return cls()


baselines: Registry[AbstractBaseline] = Registry("baseline")
