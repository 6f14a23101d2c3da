"""Baselines: estimators without parameters to train, answering the same call as models."""

from .._registry import Registry
from ..models import AbstractModel

baselines: Registry[AbstractModel] = Registry("baseline")
