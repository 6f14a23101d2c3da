"""Architectures: the shapes of the functions that learn in context."""

from ._base import (
    AbstractArchitecture as AbstractArchitecture,
    AbstractLogitModel as AbstractLogitModel,
    AbstractModel as AbstractModel,
    AbstractMomentModel as AbstractMomentModel,
    models as models,
    prefix_moments as prefix_moments,
)

models.discover(__name__, __path__)
