"""What a run in progress tells whoever watches."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """The state of one group in training.

    Attributes:
        group: Number of the group, from 0.
        num_groups: Groups of this run.
        label: What its members share, in words.
        num_runs: Members.
        step: Steps done.
        num_steps: Steps in all.
        steps_per_second: Over the last stretch; 0 before the first.
        loss: Median over members of the latest training loss; None before the first.
        compile_seconds: Time the group's programs took to compile.
    """

    group: int
    num_groups: int
    label: str
    num_runs: int
    step: int
    num_steps: int
    steps_per_second: float
    loss: float | None
    compile_seconds: float


Watcher = Callable[[Progress], None]


def unwatched(progress: Progress) -> None:
    """Ignore the progress."""
    del progress
