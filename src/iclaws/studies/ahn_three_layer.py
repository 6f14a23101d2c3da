"""`ahn-three-layer`: linear attention of one to three layers on Gaussian covariates."""

from ..models.linear_attention import LinearAttention
from ..tasks.linear_regression import LinearRegression
from ..train.recipe import Recipe
from .figure import Figure
from .study import AbstractStudy, Grid, studies


@studies.register("ahn-three-layer")
class AhnThreeLayer(AbstractStudy):
    """Untied linear attention on five Gaussian covariates, one to three layers.

    The three-layer demonstration ends a hundred times below three gradient steps (0.134): it
    runs GD++.
    """

    name = "ahn-three-layer"
    title = "Three layers of linear attention"
    question = "How far below gradient descent of its depth does trained linear attention end?"
    scale = "depth"
    presets = ("quick", "paper")
    source = "Ahn et al., arXiv 2306.00297; simple demonstration of chengxiang/LinearTransformer."
    convention = (
        "Unit-variance covariates and weights (signal_var = D), D = 5, N = 20, no noise, full "
        "squared error. One layer: d(d+1)/(N+d+1) = 1.1538. GD with free steps at 2 and 3 layers "
        "0.360 and 0.134, GD++ 0.0566 and 0.00064; published last prints at 3 layers "
        "0.0009-0.0015."
    )
    deviations = {  # noqa: RUF012 - read only
        "paper": (
            "A layer has a key-query product, a covariate mixer and a value weight instead of two "
            "D x D blocks with one entry fixed at 1."
        ),
        "quick": (
            "As paper, and batch 256 with 8 queries a context instead of 4000 contexts, 4000 "
            "steps of Adam at 2e-2 with decay instead of 10 000 at 1e-3, start 0.7 / sqrt(D) "
            "instead of 1e-4."
        ),
    }

    def grids(self) -> list[Grid]:
        """Return one grid: depth times seeds."""
        quick = self.size == "quick"
        recipe = Recipe(
            num_steps=4000 if quick else 10_000,
            batch_size=256 if quick else 4000,
            optimiser="adam" if quick else "adamw",
            learning_rate=2e-2 if quick else 1e-3,
            schedule="cosine" if quick else "constant",
            warmup_steps=100 if quick else 0,
            clip_norm=0.5 if quick else None,
            num_queries=8 if quick else 1,
            eval_contexts=8192,
            adam_decays=(0.9, 0.999) if quick else (0.9, 0.9),
        )
        axes = {
            "depth": (1, 2, 3) if quick else (1, 2, 3, 4),
            "seed": tuple(range(3 if quick else 5)),
        }
        model = LinearAttention(
            tied=False, covariates="updated", init_scale=0.7 if quick else 1e-4 * 5**0.5
        )
        return [Grid(LinearRegression(5, 20, signal_var=5), model, recipe, axes)]

    def figures(self) -> tuple[Figure, ...]:
        """Return risk against depth beside GD++ of that depth."""
        return (
            Figure(
                title="Excess risk against depth",
                x="depth",
                baselines=("gd-plus-plus",),
                log_x=False,
                caption="GD++ at its own optimum; plain GD of three free steps ends at 0.134.",
            ),
        )
