"""Where and with what a result was made."""

import functools
import importlib.metadata
import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import iclaws

PACKAGES = ("jax", "jaxlib", "equinox", "optax", "numpy")


def now() -> str:
    """Return the present time, UTC, ISO 8601 to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def provenance(**of_run: Any) -> dict[str, Any]:
    """Return versions and machine, with what the run adds (device, seconds, ensemble size)."""
    return {"iclaws": iclaws.__version__, "commit": commit(), **_machine(), **of_run}


@functools.cache
def _machine() -> dict[str, Any]:
    versions = {name: importlib.metadata.version(name) for name in PACKAGES}
    return versions | {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "cores": os.cpu_count(),
    }


@functools.cache
def commit() -> str | None:
    """Return the commit of the source tree this runs from, or None outside a checkout.

    Looked up once: call it before a long run, whose tree may move on meanwhile.
    """
    source = Path(iclaws.__file__).parent
    if not (source.parents[1] / ".git").exists():
        return None
    command = ["git", "-C", str(source), "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=5, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip()
