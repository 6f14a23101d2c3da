"""The families of registered elements, and their elements' one-line descriptions."""

import importlib
import inspect

from .._registry import Registry

FAMILIES = ("tasks", "models", "baselines", "laws", "probes", "claims", "studies")


def registry(family: str) -> Registry:
    """Return the registry of a family, with all its elements."""
    # Probes are what the folder of mechanisms registers; every other folder has its family's name.
    module = importlib.import_module(f"iclaws.{'mechanism' if family == 'probes' else family}")
    return getattr(module, family)


def elements(family: str) -> list[tuple[str, str]]:
    """Return `(name, first sentence of the docstring)` of every element."""
    found = registry(family)
    return [(name, _summary(found.get(name))) for name in found.names()]


def _summary(element: type) -> str:
    question = getattr(element, "question", None) or getattr(element, "statement", None)
    return question or (inspect.getdoc(element) or "").split("\n", 1)[0]
