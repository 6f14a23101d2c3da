"""Tasks: what the models are asked to learn in context."""

from ._base import AbstractTask as AbstractTask, Spectra as Spectra, tasks as tasks

tasks.discover(__name__, __path__)
