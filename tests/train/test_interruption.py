"""Killed, restarted, doubled: a run ends with the table of one that nothing disturbed."""

import signal
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from iclaws.results import Store

from .worker import POINTS

TESTS = Path(__file__).parents[1]
RESULTS = ["excess_risk", "excess_risk_se", "step_size", "ridge_gap", "remaining_drop"]


def start(folder, environment, *how):
    source = str(TESTS.parent / "src")
    return subprocess.Popen(
        [sys.executable, "-m", "train.worker", str(folder), *map(str, how)],
        cwd=TESTS,
        env=environment | {"PYTHONPATH": source},
        stdout=subprocess.PIPE,
        text=True,
    )


def finish(process):
    out, _ = process.communicate(timeout=500)
    return process.returncode, out


def table(store):
    return store.table().set_index("id").sort_index()


def assert_same_table(found, expected):
    assert list(found.index) == list(expected.index)
    pd.testing.assert_frame_equal(found[RESULTS], expected[RESULTS], rtol=1e-4, atol=1e-6)
    for name in ("curve_excess_risk", "loss_curve"):
        for ours, theirs in zip(found[name], expected[name], strict=True):
            assert list(ours) == pytest.approx(list(theirs), rel=1e-4)


def leftovers(store):
    """Return the files that a finished run has no use for."""
    files = [path for path in store.folder.rglob("*") if path.is_file()]
    return [
        path
        for path in files
        if path.name.startswith(".")
        or path.suffix not in (".parquet", ".safetensors")
        or path.parent.name == "checkpoints"
    ]


@pytest.fixture(scope="module")
def undisturbed(environment, tmp_path_factory):
    store = Store(tmp_path_factory.mktemp("undisturbed"))
    code, out = finish(start(store.folder, environment))
    assert (code, out.split()[-2:]) == (0, ["trained", "4"])
    assert not leftovers(store)
    return table(store)


def test_a_killed_run_goes_on_where_it_was(environment, tmp_path, undisturbed):
    store = Store(tmp_path / "store")
    code, _ = finish(start(store.folder, environment, "die-at", 100))
    assert code == -signal.SIGKILL
    finished = {path: path.read_bytes() for path in (store.folder / "records").iterdir()}
    assert len(finished) == 1 and len(store.records()) == 2
    code, out = finish(start(store.folder, environment))
    assert (code, out.split()[-2:]) == (0, ["trained", "2"])
    # The finished group was not trained again: its part is untouched, its steps not repeated.
    assert all(path.read_bytes() == content for path, content in finished.items())
    assert len(store.records()) == len(POINTS)
    # The other went on from its checkpoint.
    first_step = int(out.splitlines()[0].split()[1])
    resumed_at = set(table(store)["made_resumed_at"]) - {0}
    assert resumed_at == {first_step} and 100 <= first_step < 400
    assert not leftovers(store)
    assert_same_table(table(store), undisturbed)


def test_a_run_killed_while_writing_leaves_nothing_behind(environment, tmp_path, undisturbed):
    store = Store(tmp_path / "store")
    code, _ = finish(start(store.folder, environment, "die-in-write", 3))
    assert code == -signal.SIGKILL
    assert [path for path in store.folder.rglob(".*.tmp")]
    code, _ = finish(start(store.folder, environment))
    assert code == 0
    assert not leftovers(store)
    assert_same_table(table(store), undisturbed)


def test_two_runs_into_one_store_at_once_lose_nothing(environment, tmp_path, undisturbed):
    store = Store(tmp_path / "store")
    both = [start(store.folder, environment) for _ in range(2)]
    codes = [finish(process)[0] for process in both]
    assert codes == [0, 0]
    assert not leftovers(store)
    assert_same_table(table(store), undisturbed)


def test_a_second_process_compiles_nothing(environment, tmp_path, undisturbed):
    """Every program comes out of the cache that the first process filled."""
    cache = Path(environment["ICLAWS_CACHE"])
    before = {path.name for path in cache.iterdir() if not path.name.endswith("-atime")}
    assert before
    code, _ = finish(start(tmp_path / "store", environment))
    assert code == 0
    after = {path.name for path in cache.iterdir() if not path.name.endswith("-atime")}
    assert after == before
