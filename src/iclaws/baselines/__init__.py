"""Baselines: the exact and classical estimators that models are compared with."""

from ._base import AbstractBaseline as AbstractBaseline, baselines as baselines

baselines.discover(__name__, __path__)
