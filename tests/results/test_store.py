"""The store only adds, forgets nothing, and says what is wrong with it."""

import dataclasses
import errno
import os
import subprocess
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from iclaws._identity import fingerprint
from iclaws.errors import StoreConflict, StoreDamaged, StoreTooNew, StoreUnwritable
from iclaws.results import Record, Store
from iclaws.results.files import REASONS, remove_unfinished, write_whole
from iclaws.results.plan import PLAN_SCHEMA
from iclaws.results.record import FORMAT, SCHEMA, from_row, to_row

from .conftest import Part, Point, make_plan, make_point, make_record


def parts(store, kind="records"):
    return sorted((store.folder / kind).glob("*.parquet"))


def every_file(store):
    return sorted(path for path in store.folder.rglob("*") if path.is_file())


def test_a_record_comes_back_as_it_was_written(store):
    records = [make_record(make_point(0)), make_record(make_point(1), status="diverged")]
    empty = {
        field.name: None
        for field in dataclasses.fields(Record)
        if field.name.startswith(("excess", "tail", "remaining", "converged"))
    }
    records.append(make_record(make_point(2), baselines=[], measures={}, **empty))
    store.add(records)
    assert store.records() == records
    assert [from_row(to_row(record)) for record in records] == records


def test_a_plan_comes_back_as_it_was_written(store):
    plans = [make_plan(), make_plan(make_point(1), lower_bound=None, bound=None, prediction=None)]
    store.plan(plans)
    assert store.plans() == plans


def test_what_two_processes_planned_at_once_counts_once(store):
    """Both read before either wrote."""
    plan = make_plan()
    row = dataclasses.asdict(plan)
    for _ in range(2):
        store._add_part("plans", [row], PLAN_SCHEMA)
    store.plan([make_plan(make_point(1))])
    assert [p.id for p in store.plans()] == [plan.id, make_plan(make_point(1)).id]
    store.add([make_record()])
    assert len(store.table()) == 1


def test_every_field_has_its_column():
    assert SCHEMA.names == [field.name for field in dataclasses.fields(Record)]


def test_an_empty_store_is_empty_and_makes_no_folder(store):
    assert store.records() == [] and store.plans() == []
    assert store.missing([Point()]) == [Point()]
    assert store.table().empty
    store.clean()
    assert not store.folder.exists()


def test_missing_keeps_the_order_and_names_each_point_once(store):
    first, second, third = (make_point(seed) for seed in range(3))
    store.add([make_record(second)])
    assert store.missing([third, first, third, second]) == [third, first]


def test_a_store_never_changes_what_it_holds(store):
    store.add([make_record(make_point(0))])
    before = {path: path.read_bytes() for path in parts(store)}
    store.add([make_record(make_point(1))])
    assert len(parts(store)) == 2
    assert all(path.read_bytes() == content for path, content in before.items())


def test_the_first_record_of_a_point_stands(store):
    """Two processes that trained the same point: both parts stay, one record counts."""
    store.add([make_record(excess_risk=0.25)])
    store.add([make_record(excess_risk=0.26)])
    assert len(parts(store)) == 2
    assert [record.excess_risk for record in store.records()] == [0.25]


def test_a_prediction_made_earlier_stands(store):
    """A record is judged by what was said before it was trained."""
    store.plan([make_plan(predicted_excess_risk=0.2)])
    store.plan([make_plan(predicted_excess_risk=0.3), make_plan(study="two")])
    plans = store.plans()
    assert [(p.study, p.predicted_excess_risk) for p in plans] == [("one", 0.2), ("two", 0.2)]


def test_a_changed_default_is_refused_and_named(store):
    store.add([make_record()])

    @dataclasses.dataclass(frozen=True)
    class Changed(Part):
        rate: float = 0.75

    Changed.__name__ = "Part"
    now = Point(task=Changed())
    assert fingerprint(now) == fingerprint(Point())
    before = every_file(store)
    with pytest.raises(StoreConflict, match=r"task\.rate was 0\.5, is 0\.75.*Set the field"):
        store.missing([now])
    assert every_file(store) == before


def test_a_field_that_is_new_since_then_is_no_conflict(store):
    store.add([make_record()])

    @dataclasses.dataclass(frozen=True)
    class Wider(Part):
        new: float = 1.5

    Wider.__name__ = "Part"
    assert store.missing([Point(task=Wider())]) == []
    assert store.missing([Point(task=Wider(new=2.5))]) == [Point(task=Wider(new=2.5))]


@pytest.mark.parametrize("damage", ["cut", "garbage", "empty"])
def test_a_damaged_part_is_named_and_left_alone(store, damage):
    store.add([make_record(make_point(0))])
    store.add([make_record(make_point(1))])
    path = parts(store)[0]
    content = {"cut": path.read_bytes()[:-100], "garbage": b"PAR1" * 50, "empty": b""}[damage]
    path.write_bytes(content)
    for read in (store.records, store.table, lambda: store.missing([Point()])):
        with pytest.raises(StoreDamaged, match=path.name):
            read()
    assert path.read_bytes() == content
    path.rename(store.folder / "aside.parquet")
    assert len(store.records()) == 1


@pytest.mark.parametrize(("kind", "schema"), [("records", SCHEMA), ("plans", PLAN_SCHEMA)])
def test_a_part_of_a_newer_format_is_refused(store, kind, schema):
    """Whatever columns the future has."""
    newer = pa.schema([("other", pa.int64())], metadata={"iclaws_format": str(FORMAT + 1)})
    path = store.folder / kind / "20260101-x.parquet"
    path.parent.mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist([{"other": 1}], schema=newer), path)
    read = store.records if kind == "records" else store.plans
    with pytest.raises(StoreTooNew, match=rf"has format {FORMAT + 1}.*reads up to {FORMAT}"):
        read()


def test_a_part_that_is_not_ours_is_refused(store):
    """A Parquet file of other columns is not a record without values."""
    path = store.folder / "records" / "foreign.parquet"
    path.parent.mkdir(parents=True)
    pq.write_table(pa.table({"a": [1]}), path)
    with pytest.raises(StoreDamaged, match="foreign"):
        store.records()


@pytest.mark.parametrize("code", sorted(REASONS))
def test_what_cannot_be_written_says_why_and_leaves_nothing(store, monkeypatch, code):
    store.add([make_record()])
    before = every_file(store)

    def fail(_):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(StoreUnwritable, match=REASONS[code].split(".")[0]):
        store.add([make_record(make_point(1))])
    assert every_file(store) == before


def test_a_disk_that_fills_while_writing_leaves_no_half_part(store, monkeypatch):
    def fill(table, path):
        path.write_bytes(b"half a part")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(pq, "write_table", fill)
    with pytest.raises(StoreUnwritable, match="the disk is full"):
        store.add([make_record()])
    assert every_file(store) == []


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_device_is_a_clear_sentence(tmp_path):
    """The system's own answer, not a simulated one."""

    def write(temporary):
        with open("/dev/full", "wb", buffering=0) as full:
            full.write(b"x")

    with pytest.raises(StoreUnwritable, match="the disk is full"):
        write_whole(tmp_path / "part", write)


def test_a_file_in_the_way_of_the_folder_is_a_clear_sentence(tmp_path):
    (tmp_path / "store").write_text("not a folder")
    with pytest.raises(StoreUnwritable, match=r"store.*cannot be written"):
        Store(tmp_path / "store").add([make_record()])


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_no_permission_is_a_clear_sentence(tmp_path):
    (tmp_path / "store").mkdir(mode=0o500)
    with pytest.raises(StoreUnwritable, match="no permission"):
        Store(tmp_path / "store").add([make_record()])


def finished_process():
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_what_dead_processes_left_is_removed(store):
    write_whole(store.folder / "records" / "kept.txt", lambda path: path.write_text("whole"))
    seen = []
    write_whole(
        store.folder / "weights" / "w.safetensors",
        lambda path: (path.write_text("x"), seen.append(path.name)),
    )
    mine = seen[0]
    assert str(os.getpid()) in mine
    folder = store.folder / "weights"
    dead = folder / mine.replace(str(os.getpid()), str(finished_process()))
    alive, elsewhere = folder / mine, folder / ".w.safetensors.another-host.1.tmp"
    for path in (dead, alive, elsewhere):
        path.write_text("half")
    remove_unfinished(store.folder)
    assert not dead.exists()
    assert alive.exists() and elsewhere.exists()
    assert (store.folder / "records" / "kept.txt").read_text() == "whole"


def test_unfinished_parts_are_not_read(store):
    store.add([make_record()])
    (store.folder / "records" / ".x.parquet.host.1.tmp").write_bytes(b"half")
    assert len(store.records()) == 1


WRITER = """
import sys
from iclaws.results import Store
from results.conftest import make_plan, make_point, make_record
store, first = Store(sys.argv[1]), int(sys.argv[2])
for seed in range(first, first + 15):
    store.plan([make_plan(make_point(seed))])
    store.add([make_record(make_point(seed))])
"""


def test_processes_that_write_at_once_lose_nothing(store):
    """They share five points of each neighbour as well."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(store.folder), str(10 * number)], env=environment
        )
        for number in range(3)
    ]
    assert [writer.wait(timeout=120) for writer in writers] == [0, 0, 0]
    points = [make_point(seed) for seed in range(35)]
    assert store.missing(points) == []
    assert {r.id for r in store.records()} == {fingerprint(point) for point in points}
    assert {p.id for p in store.plans()} == {fingerprint(point) for point in points}
    assert all(path.suffix == ".parquet" for path in every_file(store))
