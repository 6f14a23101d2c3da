"""`garg-linear`: the in-context curve of a transformer on noise-free linear regression."""

from ..models.transformer import Transformer
from ..tasks.linear_regression import LinearRegression
from ..train.curriculum import Ramp
from ..train.recipe import Recipe
from .figure import Figure
from .study import AbstractStudy, Grid, studies


@studies.register("garg-linear")
class GargLinear(AbstractStudy):
    """A transformer trained from scratch to learn linear functions in context.

    Least squares is Bayes here and reaches zero at k = D; the transformer's curve follows it.
    """

    name = "garg-linear"
    title = "Linear functions in context"
    question = "How close does a transformer come to least squares at every number of examples?"
    scale = "position"
    curves = ("depth",)
    presets = ("quick", "paper")
    source = "Garg et al., arXiv 2208.01066, Figure 2 and appendix A, standard model."
    convention = (
        "Unit-variance covariates and weights (signal_var = D), no noise; published errors are "
        "divided by D, those of the store are not. k is the number of examples before the query."
    )
    deviations = {  # noqa: RUF012 - read only
        "paper": (
            "16 384 evaluation prompts instead of 1280; positions are learned for 101 points "
            "and labels enter through the first row of the read-in, as published."
        ),
        "quick": (
            "D = 3 and 10 examples instead of 20 and 40, 3 layers of width 64 (the paper's tiny "
            "model) instead of 12 of 256, 4000 steps at 2e-3 with decay instead of 500 000 at "
            "1e-4, no curriculum."
        ),
    }

    def grids(self) -> list[Grid]:
        """Return one grid: seeds."""
        if self.size == "quick":
            task = LinearRegression(3, 10, signal_var=3)
            model = Transformer(depth=3, width=64, num_heads=2, max_points=11)
            recipe = Recipe(
                num_steps=4000,
                batch_size=64,
                learning_rate=2e-3,
                warmup_steps=200,
                loss_on="all",
                eval_contexts=4096,
            )
            return [Grid(task, model, recipe, {"seed": (0, 1)})]
        task = LinearRegression(20, 40, signal_var=20)
        recipe = standard_recipe(num_context=40, increment=2)
        return [Grid(task, standard_model(), recipe, {"seed": (0,)})]

    def figures(self) -> tuple[Figure, ...]:
        """Return the in-context curve beside least squares and averaging."""
        return (in_context_curve(("least-squares", "averaging")),)


def standard_model() -> Transformer:
    """Return the published standard model: 12 layers, 8 heads, width 256, 101 points."""
    return Transformer(depth=12, width=256, num_heads=8, max_points=101)


def standard_recipe(*, num_context: int, increment: int) -> Recipe:
    """Return the published recipe: Adam at 1e-4 constant, batch 64, 500 001 steps, curriculum.

    Dimensions grow from 5 by one every 2000 steps. The published points, the query among them,
    grow by `increment` up to their number after 15 such stretches.

    Args:
        num_context: Examples before the query at the end.
        increment: Points added every 2000 steps.
    """
    return Recipe(
        num_steps=500_001,
        batch_size=64,
        learning_rate=1e-4,
        schedule="constant",
        warmup_steps=0,
        clip_norm=None,
        loss_on="all",
        dims_curriculum=Ramp(5),
        context_curriculum=Ramp(num_context - 15 * increment, increment),
        eval_contexts=16_384,
    )


def in_context_curve(baselines: tuple[str, ...]) -> Figure:
    """Return the error by number of examples, beside baselines."""
    return Figure(
        title="Error by number of examples",
        x="position",
        y="position_excess_risk",
        colour="depth",
        baselines=baselines,
        log_x=False,
        caption="The in-context curve. Not divided by the variance of the labels.",
    )
