"""Mechanism: which algorithm a model runs in context, read from its function and its insides."""

from ._base import AbstractProbe as AbstractProbe, probes as probes
from ._contexts import (
    Contexts as Contexts,
    answer as answer,
    draw_contexts as draw_contexts,
    predict as predict,
)

probes.discover(__name__, __path__)

from .measure import measure_points as measure_points  # noqa: E402 - after the probes
