"""`depth-power-law`: depth on randomly rotated power-law spectra."""

from ..laws.power_law import PowerLaw
from ..models.linear_attention import LinearAttention
from ..tasks.linear_regression import LinearRegression
from ..train.recipe import Recipe
from .figure import Figure
from .study import AbstractStudy, Grid, studies


@studies.register("depth-power-law")
class DepthPowerLaw(AbstractStudy):
    """Tied linear attention on power-law spectra in a fresh basis for every context.

    No preconditioner can be learnt, so depth has a price: the risk falls as about the power
    `source` of depth while depth is far below what the smallest eigenvalue needs (arXiv
    2510.01098). The prediction is that of the finite sizes, not the asymptote.
    """

    name = "depth-power-law"
    title = "Depth, randomly rotated power-law covariates"
    question = "Is the risk a power law in depth, with the exponent that the spectrum sets?"
    scale = "depth"
    curves = ("source", "capacity")
    reproduces = True

    def grids(self) -> list[Grid]:
        """Return one grid: depth times source (times capacity in `full`)."""
        quick = self.size == "quick"
        task = LinearRegression(
            num_dims=48 if quick else 128,
            num_context=4096,
            setting="rrs",
            capacity=2.0,
            source=0.5,
        )
        recipe = Recipe(
            num_steps=600 if quick else 2000,
            batch_size=64,
            num_queries=8,
            # Adam would blow the noise of every weight up to the size of the signal, and deep
            # stacks are as stable as their most excited context.
            optimiser="sgd",
            learning_rate=0.06,
            clip_norm=0.1,
            eval_contexts=8192,
        )
        axes = {
            "depth": (2, 4, 8, 16, 32, 64) if quick else (1, 2, 4, 8, 16, 32, 64, 128),
            "capacity": (2.0,) if quick else (1.5, 2.0, 3.0),
            "source": (0.5, 0.9) if quick else (0.3, 0.5, 0.7, 0.9),
            "seed": tuple(range(5 if quick else 10)),
        }
        model = LinearAttention(tied=True, symmetric=True, init_scale=0.02, init_step=1.5)
        return [Grid(task, model, recipe, axes)]

    def figures(self) -> tuple[Figure, ...]:
        """Return risk against depth, one curve per source."""
        return (
            Figure(
                title="Excess risk against depth",
                x="depth",
                colour="source",
                facet="capacity",
                law=PowerLaw("depth", with_floor=False),
                caption="A power law whose exponent follows the source; finite sizes steepen it.",
            ),
        )
