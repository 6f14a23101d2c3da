"""`depth-power-law`: depth on randomly rotated power-law spectra."""

from ..models.linear_attention import LinearAttention
from ..tasks.linear_regression import LinearRegression
from ..train.recipe import Recipe
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
            num_steps=1000 if quick else 2000,
            batch_size=64,
            num_queries=8,
            learning_rate=0.01,
            clip_norm=0.1,
            eval_contexts=8192,
        )
        axes = {
            "depth": (2, 4, 8, 16, 32, 64) if quick else (1, 2, 4, 8, 16, 32, 64, 128),
            "capacity": (2.0,) if quick else (1.5, 2.0, 3.0),
            "source": (0.5, 0.9) if quick else (0.3, 0.5, 0.7, 0.9),
            "seed": tuple(range(5 if quick else 10)),
        }
        return [Grid(task, LinearAttention(tied=True, symmetric=True), recipe, axes)]
