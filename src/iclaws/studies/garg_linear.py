"""`garg-linear`: the in-context curve of a transformer on noise-free linear regression."""

from ..tasks.linear_regression import LinearRegression
from ._garg import in_context_curve, quick_deviations, quick_grid, standard_model, standard_recipe
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
        "quick": quick_deviations("D = 3 and 10 examples instead of 20 and 40", num_steps=4000),
    }

    def grids(self) -> list[Grid]:
        """Return one grid: seeds."""
        if self.size == "quick":
            task = LinearRegression(3, 10, signal_var=3)
            return [quick_grid(task, num_steps=4000, eval_contexts=4096)]
        task = LinearRegression(20, 40, signal_var=20)
        recipe = standard_recipe(num_context=40, increment=2)
        return [Grid(task, standard_model(), recipe, {"seed": (0,)})]

    def figures(self) -> tuple[Figure, ...]:
        """Return the in-context curve beside least squares and averaging."""
        return (in_context_curve(("least-squares", "averaging")),)
