"""A process that trains into a store: `python worker.py FOLDER [die-at STEP | die-in-write N]`.

It can kill itself as `kill -9` would, at a known moment: after so many steps of the second
group, or in the middle of writing its N-th file.
"""

import math
import os
import signal
import sys

import iclaws.results.files as files
from iclaws.results import Store
from iclaws.train import loop
from iclaws.train.runner import run_points
from train.conftest import small_point

POINTS = [
    *(small_point(seed) for seed in range(2)),
    # The second group: another structure, because the step count is static.
    *(small_point(seed, num_steps=400) for seed in range(2)),
]


def kill():
    os.kill(os.getpid(), signal.SIGKILL)


def die_at(step):
    """Return a watcher that kills this process once the second group has done so many steps."""

    def watch(progress):
        print(progress.group, progress.step, flush=True)
        if progress.group == 1 and progress.step >= step:
            kill()

    return watch


def die_in_write(number):
    """Kill this process while the N-th file is written but has not got its name."""
    plain, written = os.fsync, []

    def fsync(file):
        written.append(file)
        if len(written) == number:
            kill()
        plain(file)

    files.os.fsync = fsync


def main(folder, *how):
    # These runs end before saving would pay: save after every stretch all the same.
    loop.SAVING_SHARE = math.inf
    watch = die_at(sys.maxsize)
    if how[:1] == ("die-at",):
        watch = die_at(int(how[1]))
    if how[:1] == ("die-in-write",):
        die_in_write(int(how[1]))
    print("trained", run_points(POINTS, Store(folder), watch=watch))


if __name__ == "__main__":
    main(*sys.argv[1:])
