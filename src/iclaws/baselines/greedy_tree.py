"""A decision tree grown greedily."""

from typing import Any

import equinox as eqx

from ._base import baselines
from ._trees import AbstractTrees


@baselines.register("greedy-tree")
class GreedyTree(AbstractTrees):
    """A regression tree grown by CART on the squared error, through scikit-learn.

    A baseline of arXiv 2208.01066 for `decision-tree`: depth 2 in its text, 4 or unlimited in
    its code. No greedy method recovers those trees: their first split carries almost no signal.

    Attributes:
        max_depth: Splits on a path at most; None for as many as separate the examples.
        seed: Which of equally good splits is taken.
    """

    max_depth: int | None = eqx.field(static=True, default=4)
    seed: int = eqx.field(static=True, default=0)

    def regressor(self) -> Any:
        """Return scikit-learn's `DecisionTreeRegressor`."""
        from sklearn.tree import DecisionTreeRegressor

        return DecisionTreeRegressor(max_depth=self.max_depth, random_state=self.seed)
