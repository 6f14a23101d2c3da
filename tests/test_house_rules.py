"""Rules that keep the code small and even; each is a safeguard, not a style opinion."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = sorted((ROOT / "src" / "iclaws").rglob("*.py"))
FILE_LINES = 300
FUNCTION_LINES = 40
POSITIONAL = 3


def ids(path):
    return str(path.relative_to(ROOT / "src" / "iclaws"))


def functions(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def code_lines(node):
    body = node.body[1:] if ast.get_docstring(node) else node.body
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0


@pytest.mark.parametrize("path", FILES, ids=ids)
def test_files_are_short(path):
    assert path.read_text().count("\n") <= FILE_LINES


@pytest.mark.parametrize("path", FILES, ids=ids)
def test_functions_are_short(path):
    long = [f"{node.name}:{code_lines(node)}" for node in functions(path)]
    assert not [entry for entry in long if int(entry.split(":")[1]) > FUNCTION_LINES], long


@pytest.mark.parametrize("path", FILES, ids=ids)
def test_few_parameters_are_positional(path):
    if path.parent.name in ("theory", "cli"):
        return  # formulas take their variables in the order of the API, commands their options
    for node in functions(path):
        names = [a.arg for a in (*node.args.posonlyargs, *node.args.args)]
        names = [name for name in names if name not in ("self", "cls")]
        assert len(names) <= POSITIONAL, f"{node.name}{names}"


@pytest.mark.parametrize("path", FILES, ids=ids)
def test_no_error_is_swallowed(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ExceptHandler):
            assert node.type is not None, f"bare except in line {node.lineno}"
