"""Training that begins with few dimensions or short contexts and grows."""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array

from .._types import Count
from ..errors import InvalidValue


class Ramp(eqx.Module):
    """A number that grows in equal increments: a function of the step alone.

    Being one, it needs no state: a run taken up from a checkpoint goes on where it was.

    Attributes:
        start: Its value at first.
        increment: What is added every `interval` steps.
        interval: Steps between two additions.
        end: Its largest value; None for that of the task itself.

    Raises:
        InvalidValue: a number is below its range, or the end below the start.
    """

    start: Count
    increment: Count = 1
    interval: Count = 2000
    end: Count | None = None

    def __check_init__(self) -> None:
        """Refuse what does not grow."""
        for name, least in (("start", 0), ("increment", 0), ("interval", 1)):
            value = getattr(self, name)
            if isinstance(value, int) and value < least:
                raise InvalidValue(f"`{name}` of a ramp must be at least {least}. Got {value}.")
        if isinstance(self.end, int) and isinstance(self.start, int) and self.end < self.start:
            raise InvalidValue(f"A ramp ends at {self.end}, below its start {self.start}.")

    def at(self, step: Count, most: Count) -> Array:
        """Return the value at a step: `start + increment * (step // interval)`, up to the end."""
        whole = jnp.asarray(self.interval)
        value = self.start + self.increment * (jnp.asarray(step) // whole)
        end = most if self.end is None else jnp.minimum(self.end, most)
        return jnp.minimum(value, end)
