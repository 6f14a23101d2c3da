"""Every example of CONTRIBUTING is tried: one new file each, and the tests of its family pass."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLE = re.compile(r"`(src/iclaws/(\w+)/(\w+)\.py)`.*?```python\n(.*?)```", re.DOTALL)
EXAMPLES = {
    family: (path, stem.replace("_", "-"), code)
    for path, family, stem, code in EXAMPLE.findall((ROOT / "CONTRIBUTING.md").read_text("utf-8"))
}


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """Return a copy of the project with all examples added."""
    copy = tmp_path_factory.mktemp("project")
    for name in ("src", "tests"):
        shutil.copytree(ROOT / name, copy / name)
    shutil.copy(ROOT / "pyproject.toml", copy)
    for path, _, code in EXAMPLES.values():
        assert not (copy / path).exists()
        (copy / path).write_text(code, encoding="utf-8")
    return copy


def _run(tree, *command):
    found = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=tree,
        env=os.environ | {"PYTHONPATH": str(tree / "src")},
        capture_output=True,
        text=True,
    )
    assert found.returncode == 0, found.stdout[-3000:] + found.stderr[-3000:]
    return found.stdout


def test_there_is_an_example_for_every_family():
    assert set(EXAMPLES) == {"tasks", "models", "baselines", "laws", "claims"}


def test_a_task_takes_one_file_of_forty_lines():
    _, _, code = EXAMPLES["tasks"]
    assert len(code.splitlines()) <= 40


def test_the_families_tests_pass_with_the_examples_unedited(tree):
    names = [name for _, name, _ in EXAMPLES.values()]
    out = _run(
        tree,
        *("pytest", "-q", "-p", "no:cacheprovider", "-k", " or ".join(names)),
        *("tests/tasks", "tests/models", "tests/baselines", "tests/laws/test_every_law.py"),
    )
    assert " passed" in out


def test_the_house_rules_hold_for_the_examples(tree):
    _run(tree, "pytest", "-q", "-p", "no:cacheprovider", "tests/test_house_rules.py")
    _run(tree, "ruff", "check", "--no-cache", *(path for path, _, _ in EXAMPLES.values()))


def test_the_example_claim_decides_a_planted_table(tree):
    code = (
        "import sys; sys.path.insert(0, 'tests')\n"
        "from claims.tables import only, table\n"
        "from iclaws import claims\n"
        "cells = [{'num_context': k} for k in (5, 10, 20, 40)]\n"
        "rows = table('context-length', cells, lambda c: c['num_context'] ** -0.8)\n"
        "print(only(claims.evaluate(rows, ['more-context']), 'context-length').verdict)\n"
    )
    (tree / "tried.py").write_text(code)
    assert _run(tree, "tried").strip() == "supported"
