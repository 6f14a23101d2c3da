"""The command line in this process: status, standard output and standard error."""

from typing import NamedTuple

import pytest

from iclaws.cli import main

TINY = (
    "--set=num_steps=4",
    "--set=batch_size=4",
    "--set=num_queries=1",
    "--set=eval_contexts=32",
)


class Answer(NamedTuple):
    """What a command left."""

    status: int
    out: str
    err: str


@pytest.fixture
def iclaws(monkeypatch, capsys):
    """Return a function that runs `iclaws` with arguments."""

    def run(*arguments):
        monkeypatch.setattr("sys.argv", ["iclaws", *map(str, arguments)])
        status = 0
        try:
            main()
        except SystemExit as stop:
            status = stop.code
        out, err = capsys.readouterr()
        if isinstance(status, str):  # what Python itself would print before status 1
            return Answer(1, out, err + status)
        return Answer(status or 0, out, err)

    return run


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Return the folder of a store that holds one tiny study."""
    from iclaws import studies
    from iclaws.results import Store

    folder = tmp_path_factory.mktemp("trained")
    tiny = {"num_steps": 4, "batch_size": 4, "num_queries": 1, "eval_contexts": 32}
    studies.run(studies.studies.get("context-length")("quick", **tiny), Store(folder))
    return folder
