"""`depth-width`: depth against read-in rank, and the best shape at a budget."""

from ..laws.additive import Additive
from ..models.linear_attention import LinearAttention
from ..tasks.linear_regression import LinearRegression
from ..train.recipe import Recipe
from .figure import Figure
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
    reproduces = True

    def grids(self) -> list[Grid]:
        """Return one grid: depth times rank times capacity.

        Capacities stay at 2 or below: beyond, a random read-in of low rank meets so uneven
        spectra that deep stacks answer to a few contexts in thousands.
        """
        quick = self.size == "quick"
        task = LinearRegression(
            num_dims=32 if quick else 128,
            num_context=4096,
            setting="rrs",
            capacity=2.0,
            source=0.7,
        )
        recipe = Recipe(
            num_steps=320 if quick else 2000,
            batch_size=64,
            num_queries=8,
            optimiser="sgd",
            learning_rate=0.1,
            clip_norm=0.3,
            eval_contexts=2048 if quick else 8192,
        )
        axes = {
            "depth": (1, 2, 4, 8, 16) if quick else (1, 2, 4, 8, 16, 32),
            "read_in_rank": (2, 4, 8, 16, 24) if quick else (4, 8, 16, 32, 64, 96),
            "capacity": (1.25, 2.0) if quick else (1.25, 1.5, 1.75, 2.0),
            "seed": tuple(range(4 if quick else 8)),
        }
        model = LinearAttention(tied=True, symmetric=True, init_scale=0.02, init_step=1.5)
        return [Grid(task, model, recipe, axes)]

    def figures(self) -> tuple[Figure, ...]:
        """Return risk against depth at each rank, and against rank at each depth."""
        law = Additive(over=("depth", "read_in_rank"), with_floor=False)
        return (
            Figure(
                title="Excess risk against depth, by read-in rank",
                x="depth",
                y="excess_risk_robust",
                colour="read_in_rank",
                facet="capacity",
                law=law,
                prediction="predicted_excess_risk",
                limit="lower_bound",
                caption=(
                    "Each rank sets the floor that depth cannot pass. Medians of means: a few "
                    "contexts carry the mean of deep stacks that read few directions."
                ),
            ),
            Figure(
                title="Excess risk against read-in rank, by depth",
                x="read_in_rank",
                y="excess_risk_robust",
                colour="depth",
                facet="capacity",
                law=law,
                prediction="predicted_excess_risk",
                limit="lower_bound",
                caption="Each depth sets the floor that width cannot pass.",
            ),
        )
