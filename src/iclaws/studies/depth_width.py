"""`depth-width`: depth against read-in rank, and the best shape at a budget."""

from ..models.linear_attention import LinearAttention
from ..tasks.linear_regression import LinearRegression
from ..train.recipe import Recipe
from .study import AbstractStudy, Grid, studies


@studies.register("depth-width")
class DepthWidth(AbstractStudy):
    """Tied linear attention that reads `read_in_rank` directions, on rotated power laws.

    Depth runs out at rate `source`, width at rate `capacity` x `source`: the best depth grows
    as the power capacity / (1 + capacity) of the budget, which is 2/3 at capacity 2 alone.
    """

    name = "depth-width"
    title = "Depth against width, and the best shape"
    question = "How should a budget depth x width be split, and does the split depend on the task?"
    scale = "depth"
    curves = ("capacity", "read_in_rank")

    def grids(self) -> list[Grid]:
        """Return one grid: depth times rank times capacity."""
        quick = self.size == "quick"
        task = LinearRegression(
            num_dims=48 if quick else 128,
            num_context=4096,
            setting="rrs",
            capacity=2.0,
            source=0.7,
        )
        recipe = Recipe(
            num_steps=600 if quick else 2000,
            batch_size=64,
            num_queries=8,
            learning_rate=0.01,
            clip_norm=0.1,
            eval_contexts=4096 if quick else 8192,
        )
        axes = {
            "depth": (1, 2, 4, 8, 16) if quick else (1, 2, 4, 8, 16, 32, 64),
            "read_in_rank": (2, 4, 8, 16, 32) if quick else (2, 4, 8, 16, 32, 64),
            "capacity": (1.5, 3.0) if quick else (1.25, 1.5, 2.0, 2.5, 3.0),
            "seed": tuple(range(4 if quick else 8)),
        }
        return [Grid(task, LinearAttention(tied=True, symmetric=True), recipe, axes)]
