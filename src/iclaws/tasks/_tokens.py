"""What tasks on tokens share: sequences of integers in which some positions are graded."""

from typing import ClassVar

import equinox as eqx

from .._types import Loss, Reads
from ._base import AbstractTask


class AbstractTokenTask(AbstractTask):
    """A distribution over functions of token sequences.

    Every sequence has `num_tokens` tokens; at a graded position the model, having read that
    token and those before it, answers with one logit for each of the vocabulary.

    Attributes:
        num_tokens: Tokens $T$ read.
        vocabulary_size: Different tokens $V$; answers are over all of them.
    """

    num_tokens: eqx.AbstractVar[int]
    vocabulary_size: eqx.AbstractVar[int]

    loss: ClassVar[Loss] = "categorical"
    reads: ClassVar[Reads] = "tokens"
    # Whether sequences are laid out as a whole: a longer one does not begin with a shorter.
    fixed_length: ClassVar[bool] = False

    @property
    def num_dims(self) -> int:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Return 0: there are no covariates."""
        return 0

    @property
    def num_context(self) -> int:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Return the number of tokens before the last."""
        return self.num_tokens - 1

    @property
    def num_classes(self) -> int:
        """Return the size of the vocabulary."""
        return self.vocabulary_size

    @classmethod
    def example(cls) -> "AbstractTokenTask":
        """Return an instance with all defaults, which must be small."""
        return cls()  # pyright: ignore[reportCallIssue]
