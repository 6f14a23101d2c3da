"""The generated pages are what the code makes them."""

import runpy
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
PAGES = runpy.run_path(str(DOCS / "generate.py"))["PAGES"]


@pytest.mark.parametrize("name", PAGES)
def test_a_generated_page_is_current(name):
    written = (DOCS / name).read_text(encoding="utf-8")
    assert written == PAGES[name](), f"docs/{name} is stale: run `python docs/generate.py`."


def test_every_task_has_a_small_picture():
    from iclaws.tasks import tasks

    pictures = {path.stem: path for path in (DOCS / "figures" / "tasks").glob("*.svg")}
    assert pictures.keys() == set(tasks.names()), "run `python docs/generate.py`"
    assert all(path.stat().st_size < 30_000 for path in pictures.values())
