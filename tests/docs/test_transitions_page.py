"""The guide to transitions is run, not only written."""

import re
from pathlib import Path

import pytest

import iclaws.transitions as transitions
from iclaws.studies import studies

PAGE = (Path(__file__).parents[2] / "docs" / "transitions.md").read_text("utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


def test_its_blocks_run_in_order(capsys):
    scope = {}
    for block in BLOCKS:
        exec(compile(block, "transitions.md", "exec"), scope)
    printed = capsys.readouterr().out
    assert printed.count("Critical scale") == 2
    assert "sharp" in printed and "the metric makes" in printed and "two groups" in printed


@pytest.mark.parametrize("name", re.findall(r"^iclaws run (\S+)", PAGE, re.MULTILINE))
def test_every_study_it_runs_exists(name):
    assert name in studies.names()


def test_every_function_it_lists_exists():
    for name in re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE):
        assert callable(getattr(transitions, name))
