"""The guide to mechanisms is run, not only written."""

import re
from pathlib import Path

PAGE = (Path(__file__).parents[2] / "docs" / "mechanism.md").read_text("utf-8")


def test_its_code_runs_and_prints_what_it_says(capsys):
    code = "\n".join(re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL))
    exec(compile(code, "mechanism.md", "exec"), {})
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("4 0.4 ")
    assert lines[1] == "gradient-descent, depth 4"
    assert lines[2] == "1.6"
    assert lines[3].startswith("ridge ")
    assert lines[-1] != "0.0"
