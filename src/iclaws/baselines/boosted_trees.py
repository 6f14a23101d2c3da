"""Boosted decision trees."""

from typing import Any

import equinox as eqx

from ._base import baselines
from ._trees import AbstractTrees


@baselines.register("boosted-trees")
class BoostedTrees(AbstractTrees):
    """Gradient-boosted regression trees, through scikit-learn.

    The strongest baseline of arXiv 2208.01066 for `decision-tree`, there by XGBoost with 50
    trees of depth 4 and learning rate 0.1 (its text; its code uses that library's defaults, 100
    trees of depth 6 and learning rate 0.3). Scikit-learn's exact greedy trees lack XGBoost's
    penalty on leaf values, `reg_lambda=1`.

    Attributes:
        num_trees: Trees.
        max_depth: Splits on a path of each.
        learning_rate: Factor on each tree.
        seed: Which of equally good splits is taken.
    """

    num_trees: int = eqx.field(static=True, default=50)
    max_depth: int = eqx.field(static=True, default=4)
    learning_rate: float = eqx.field(static=True, default=0.1)
    seed: int = eqx.field(static=True, default=0)

    def regressor(self) -> Any:
        """Return scikit-learn's `GradientBoostingRegressor`."""
        from sklearn.ensemble import GradientBoostingRegressor

        return GradientBoostingRegressor(
            n_estimators=self.num_trees,
            max_depth=self.max_depth,
            learning_rate=self.learning_rate,
            random_state=self.seed,
        )

    @classmethod
    def example(cls, num_dims: int) -> "BoostedTrees":
        """Return a few small trees."""
        del num_dims
        return cls(num_trees=5, max_depth=2)
