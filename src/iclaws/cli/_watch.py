"""Progress of a run on the terminal: a bar where there is one, plain lines where not."""

import contextlib
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ._output import console

if TYPE_CHECKING:
    from rich.console import Console

    from ..train.progress import Progress, Watcher

SECONDS_BETWEEN_LINES = 10.0


@contextlib.contextmanager
def watching(*, quiet: bool = False) -> "Iterator[Watcher]":
    """Yield a watcher that shows progress on stderr; none if quiet."""
    screen = console(stderr=True)
    if quiet:
        yield lambda progress: None
    elif screen.is_terminal:
        with _bars(screen) as watcher:
            yield watcher
    else:
        yield _Lines()


class _Lines:
    """One line per group and about every ten seconds."""

    def __init__(self) -> None:
        self._group, self._last = ("", -1), 0.0

    def __call__(self, progress: "Progress") -> None:
        ended = progress.step == progress.num_steps
        new = (progress.label, progress.group) != self._group
        if not (new or ended or time.monotonic() - self._last > SECONDS_BETWEEN_LINES):
            return
        self._group, self._last = (progress.label, progress.group), time.monotonic()
        console(stderr=True).print(
            f"[{progress.group + 1}/{progress.num_groups}] {headline(progress)}  "
            f"step {progress.step}/{progress.num_steps}  {numbers(progress)}",
            soft_wrap=True,
        )


@contextlib.contextmanager
def _bars(screen: "Console") -> "Iterator[Watcher]":
    from rich.progress import BarColumn, Progress as Bars, TaskID, TextColumn, TimeElapsedColumn
    from rich.table import Column

    # On a narrow screen the words give way, not the bar nor the time.
    columns = (
        TextColumn("{task.fields[place]}", table_column=Column(min_width=3, no_wrap=True)),
        BarColumn(bar_width=20, table_column=Column(min_width=20)),
        TimeElapsedColumn(table_column=Column(min_width=7, no_wrap=True)),
        TextColumn("{task.fields[numbers]}", table_column=Column(min_width=12, no_wrap=True)),
        TextColumn("{task.fields[label]}", table_column=Column(ratio=1, no_wrap=True)),
    )
    bars = Bars(*columns, console=screen, expand=True)
    tasks: dict[tuple[str, int], TaskID] = {}

    def show(progress: "Progress") -> None:
        place = f"{progress.group + 1}/{progress.num_groups}"
        label, told = headline(progress), numbers(progress)
        if (key := (progress.label, progress.group)) not in tasks:
            tasks[key] = bars.add_task(
                "", total=progress.num_steps, place=place, label=label, numbers=told
            )
        bars.update(tasks[key], completed=progress.step, numbers=told)

    with bars:
        yield show


def headline(progress: "Progress") -> str:
    """Return which group it is."""
    runs = "run" if progress.num_runs == 1 else "runs"
    return f"{progress.label}, {progress.num_runs} {runs}"


def numbers(progress: "Progress") -> str:
    """Return its speed, time to go and loss."""
    if not progress.steps_per_second:
        seconds = progress.compile_seconds
        return f"compiled in {seconds:.1f} s" if seconds else ""
    left = (progress.num_steps - progress.step) / progress.steps_per_second
    loss = "" if progress.loss is None else f"  loss {progress.loss:.4g}"
    return f"{left:.0f} s to go  {progress.steps_per_second:.0f} steps/s{loss}"
