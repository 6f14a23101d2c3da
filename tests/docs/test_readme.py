"""The README is run, not only written."""

import re
from pathlib import Path

import pytest
from typer.main import get_command

from iclaws.cli._app import app

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")


def test_the_python_runs(tmp_path, monkeypatch, capsys):
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "README.md", "exec"), {})
    printed = capsys.readouterr().out
    assert "predicted_excess_risk" in printed
    assert "alpha" in printed
    assert "below their bound" in printed


@pytest.mark.parametrize(
    "command", re.findall(r"^iclaws ([a-z]+)", README, re.MULTILINE), ids=lambda name: name
)
def test_every_command_it_names_exists(command):
    assert command in get_command(app).commands


def test_every_page_it_links_exists():
    links = re.findall(r"\]\(((?!https?:)[^)]+)\)", README)
    assert links
    assert not [link for link in links if not (ROOT / link).exists()]


def test_its_test_command_is_what_ci_runs():
    (line,) = [line for line in README.splitlines() if ".venv/bin/pytest" in line]
    ci = (ROOT / ".ci" / "run").read_text("utf-8")
    for part in line.split(" && "):
        words = [word for word in part.split() if word != "install"]
        assert all(word in ci for word in words), part
