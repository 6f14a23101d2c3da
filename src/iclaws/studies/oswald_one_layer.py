"""`oswald-one-layer`: one layer of linear attention is one step of gradient descent."""

from ..models.linear_attention import LinearAttention
from ..tasks.linear_regression import LinearRegression
from ..train.recipe import Recipe
from .figure import Figure
from .study import AbstractStudy, Grid, studies


@studies.register("oswald-one-layer")
class OswaldOneLayer(AbstractStudy):
    """One trained layer of linear attention on uniform covariates.

    Its optimum is one gradient step of the best size, known in closed form
    (`theory.one_step_risk`).
    """

    name = "oswald-one-layer"
    title = "One layer is one gradient step"
    question = "Does one trained layer of linear attention equal the best single gradient step?"
    scale = "num_context"
    presets = ("quick", "paper")
    source = "von Oswald et al., arXiv 2212.07677, Figure 2 and constructed_token_setup.ipynb."
    convention = (
        "Covariates U(-1/2, 1/2) as the code draws them (the text says U(-1, 1), four times the "
        "loss), unit weights, no noise, D = N = 10. Published losses are half the squared error: "
        "0.20623 there is an excess risk of 0.41246 here."
    )
    deviations = {  # noqa: RUF012 - read only
        "paper": (
            "A layer has one merged key-query product and one value weight (101 parameters) "
            "instead of free projections of the joint token (484); start 0.002 / sqrt(D) on the "
            "product."
        ),
        "quick": (
            "As paper, and batch 256 instead of 2048, 1500 steps at 5e-3 with decay instead of "
            "5000 at 1e-3."
        ),
    }

    def grids(self) -> list[Grid]:
        """Return one grid: seeds."""
        quick = self.size == "quick"
        recipe = Recipe(
            num_steps=1500 if quick else 5000,
            batch_size=256 if quick else 2048,
            optimiser="adamw",
            learning_rate=5e-3 if quick else 1e-3,
            schedule="cosine" if quick else "constant",
            warmup_steps=0,
            clip_norm=1e-3,
            eval_contexts=16_384,
            adam_decays=(0.9, 0.98),
        )
        model = LinearAttention(depth=1, init_scale=0.002)
        return [Grid(uniform_regression(), model, recipe, {"seed": tuple(range(3))})]

    def figures(self) -> tuple[Figure, ...]:
        """Return the learning curve beside the closed form."""
        return (
            Figure(
                title="Excess risk while training",
                x="curve_steps",
                y="curve_excess_risk",
                prediction="predicted_excess_risk",
                caption="The prediction is the closed form of the best single step.",
            ),
        )


def uniform_regression() -> LinearRegression:
    """Return the published task: ten uniform covariates of width 1, ten examples, no noise."""
    return LinearRegression(10, 10, signal_var=10 / 12, inputs="uniform", input_scale="unit-width")
