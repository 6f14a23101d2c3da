"""Files that appear whole or not at all, and errors a person can act on."""

import contextlib
import errno
import os
import re
import socket
from collections.abc import Callable
from pathlib import Path

from ..errors import StoreUnwritable

REASONS = {
    errno.ENOSPC: "the disk is full. Free some space and run again; finished groups stay",
    errno.EDQUOT: "the disk quota is used up. Free some space and run again",
    errno.EACCES: "there is no permission to write there. Choose another store, or change it",
    errno.EPERM: "there is no permission to write there. Choose another store, or change it",
    errno.EROFS: "the file system is read-only. Choose another store",
    errno.ENOTDIR: "a part of the path is a file, not a folder. Choose another store",
    errno.EEXIST: "a file of that name is in the way. Choose another store",
}
UNFINISHED = re.compile(r"^\..+\.(?P<host>[^.]+)\.(?P<pid>\d+)\.tmp$")


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a temporary file, then give it its name in one step.

    Raises:
        StoreUnwritable: the disk is full, or the folder cannot be written. No part is left.
    """
    temporary = path.with_name(f".{path.name}.{_host()}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(temporary)
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        reason = REASONS.get(error.errno or 0, error.strerror or str(error))
        raise StoreUnwritable(f"{path} cannot be written: {reason}.") from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def remove_unfinished(folder: Path) -> None:
    """Remove temporary files of processes of this machine that are no longer alive."""
    for path in folder.rglob(".*.tmp"):
        match = UNFINISHED.match(path.name)
        if match and match["host"] == _host() and not _alive(int(match["pid"])):
            path.unlink(missing_ok=True)


def _host() -> str:
    return socket.gethostname().replace(".", "-") or "localhost"


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
