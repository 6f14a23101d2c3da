"""`context-length`: one layer against Bayes as the context grows."""

from ..models.linear_attention import LinearAttention
from ..tasks.linear_regression import LinearRegression
from ..train.recipe import Recipe
from .figure import Figure
from .study import AbstractStudy, Grid, studies


@studies.register("context-length")
class ContextLength(AbstractStudy):
    """One layer of linear attention on isotropic covariates, at many context lengths.

    A layer is one step of gradient descent: its risk falls as 1/k for ever, while the Bayes
    risk drops to zero at k = D without noise and falls as 1/k, lower, with it.
    """

    name = "context-length"
    title = "Context length, one layer against Bayes"
    question = "How does the risk fall with context length, and how far from Bayes does it stay?"
    scale = "num_context"
    curves = ("depth", "noise_var")
    reproduces = True

    def grids(self) -> list[Grid]:
        """Return one grid: context length times noise (times depth in `full`)."""
        quick = self.size == "quick"
        recipe = Recipe(
            num_steps=400 if quick else 2000,
            batch_size=256,
            num_queries=4,
            learning_rate=0.01,
            eval_contexts=8192 if quick else 32768,
        )
        axes = {
            "depth": (1,) if quick else (1, 2, 4, 8),
            "num_context": (5, 10, 20, 40, 80, 160, 320),
            "noise_var": (0.0, 0.1) if quick else (0.0, 0.01, 0.1, 1.0),
            "seed": tuple(range(3 if quick else 10)),
        }
        model = LinearAttention(tied=True, symmetric=True)
        return [Grid(LinearRegression(num_dims=10), model, recipe, axes)]

    def figures(self) -> tuple[Figure, ...]:
        """Return risk against context length beside the references."""
        return (
            Figure(
                title="Excess risk against context length",
                x="num_context",
                colour="depth",
                facet="noise_var",
                baselines=("ridge", "least-squares", "averaging"),
                caption=(
                    "One layer shrinks the average; the Bayes risk (limit) lies far below it once "
                    "k passes D. Least squares peaks at k = D."
                ),
            ),
        )
