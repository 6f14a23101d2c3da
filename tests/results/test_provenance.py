"""A result says with what and when it was made."""

from datetime import UTC, datetime, timedelta
from importlib.metadata import version

from iclaws.results.provenance import now, provenance


def test_versions_and_machine_are_named():
    made = provenance(device="cpu", train_seconds=1.5)
    assert made["jax"] == version("jax") and made["numpy"] == version("numpy")
    assert {"iclaws", "commit", "python", "machine", "cores"} <= made.keys()
    assert made["device"] == "cpu" and made["train_seconds"] == 1.5


def test_now_is_now_in_utc():
    stamp = datetime.fromisoformat(now())
    assert stamp.utcoffset() == timedelta(0)
    assert abs(datetime.now(UTC) - stamp) < timedelta(minutes=1)
