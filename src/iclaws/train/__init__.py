"""Training: points, and the compiled ensembles that turn them into records."""

from .point import Point as Point
from .recipe import Recipe as Recipe
