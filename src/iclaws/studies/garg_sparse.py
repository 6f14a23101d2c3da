"""`garg-sparse`: the in-context curve of a transformer on sparse linear functions."""

import dataclasses

from ..tasks.sparse_linear import SparseLinear
from ._garg import in_context_curve, quick_deviations, quick_grid, standard_model, standard_recipe
from .figure import Figure
from .study import AbstractStudy, Grid, studies

# Least squares is learnt first: after 6000 steps its curve is followed, and only later left below.
QUICK_STEPS = 24_000


@studies.register("garg-sparse")
class GargSparse(AbstractStudy):
    """A transformer trained from scratch to learn sparse linear functions in context.

    Knowing that few weights are not zero is worth examples: Lasso needs far fewer than least
    squares, the posterior over supports fewest.
    """

    name = "garg-sparse"
    title = "Sparse linear functions in context"
    question = "Does a transformer use sparsity: is it nearer to Lasso than to least squares?"
    scale = "position"
    curves = ("depth",)
    presets = ("quick", "paper")
    source = "Garg et al., arXiv 2208.01066, Figure 5a and appendix A."
    convention = (
        "Unit-variance covariates, s weights N(0, 1) and the others zero, no noise; published "
        "errors are divided by s. Lasso at alpha = 0.01 on (1/2n)|y - Xw|^2 + alpha |w|_1."
    )
    deviations = {  # noqa: RUF012 - read only
        "paper": "4096 evaluation prompts instead of 1280.",
        "quick": quick_deviations(
            "D = 4, s = 1 and 8 examples instead of 20, 3 and 40", num_steps=QUICK_STEPS
        ),
    }

    def grids(self) -> list[Grid]:
        """Return one grid: seeds."""
        if self.size == "quick":
            task = SparseLinear(4, 8, num_active=1)
            return [quick_grid(task, num_steps=QUICK_STEPS)]
        recipe = standard_recipe(num_context=40, increment=2)
        recipe = dataclasses.replace(recipe, eval_contexts=4096)
        return [Grid(SparseLinear(20, 40, num_active=3), standard_model(), recipe, {"seed": (0,)})]

    def figures(self) -> tuple[Figure, ...]:
        """Return the in-context curve beside least squares, Lasso and Bayes."""
        return (in_context_curve(("least-squares", "lasso", "sparse-bayes")),)
