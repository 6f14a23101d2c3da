"""Imports go one way: a module imports only from layers below its own."""

import ast
from pathlib import Path

import pytest

SRC = Path(__file__).parents[1] / "src" / "iclaws"

# From the ground up; packages on one line do not import one another.
LAYERS = (
    ("__init__", "errors", "_types"),
    ("_registry",),
    ("_identity", "_choices", "_checks"),
    ("tasks", "models", "results", "laws"),
    ("baselines", "theory", "transitions"),
    ("train",),
    ("mechanism",),
    ("studies",),
    ("claims",),
    ("report",),
    ("cli", "__main__"),
)
# Results are read on machines without JAX: these packages and what they import.
WITHOUT_JAX = ("results",)
HEAVY = {"jax", "jaxlib", "equinox", "optax"}

RANK = {name: rank for rank, layer in enumerate(LAYERS) for name in layer}
FILES = sorted(SRC.rglob("*.py"))


def place(path):
    return path.relative_to(SRC).parts[0].removesuffix(".py")


def imports(path):
    """Yield the dotted modules that `path` imports, relative ones made absolute."""
    package = ("iclaws", *path.relative_to(SRC).parts[:-1])
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join((*base, *([node.module] if node.module else [])))
            yield module
            if module == "iclaws":
                yield from (f"iclaws.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SRC)))
def test_imports_point_down(path):
    here = place(path)
    for module in imports(path):
        parts = module.split(".")
        if parts[0] != "iclaws" or len(parts) < 2 or parts[1].startswith("__version"):
            continue
        there = parts[1]
        assert there in RANK, f"{there} has no layer"
        assert there == here or RANK[there] < RANK[here], f"{here} imports {module}"


@pytest.mark.parametrize("package", WITHOUT_JAX)
def test_reading_needs_no_jax(package):
    for path in sorted((SRC / package).rglob("*.py")):
        heavy = {module.split(".")[0] for module in imports(path)} & HEAVY
        assert not heavy, f"{path} imports {heavy}"
