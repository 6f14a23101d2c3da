"""`garg-tree`: the in-context curve of a transformer on decision trees."""

import dataclasses

from ..tasks.decision_tree import DecisionTree
from ._garg import in_context_curve, quick_deviations, quick_grid, standard_model, standard_recipe
from .figure import Figure
from .study import AbstractStudy, Grid, studies


@studies.register("garg-tree")
class GargTree(AbstractStudy):
    """A transformer trained from scratch to learn decision trees in context.

    Greedy tree learning and boosting (baselines `greedy-tree` and `boosted-trees`, evaluated
    apart) fail where the transformer succeeds.
    """

    name = "garg-tree"
    title = "Decision trees in context"
    question = "Does a transformer learn trees that greedy learning does not?"
    scale = "position"
    curves = ("depth",)
    presets = ("quick", "paper")
    source = "Garg et al., arXiv 2208.01066, Figure 5b and appendix A."
    convention = (
        "Complete trees of 4 levels, leaves N(0, 1), right iff the coordinate is above 0; "
        "errors are divided by 1."
    )
    deviations = {  # noqa: RUF012 - read only
        "paper": "4096 evaluation prompts instead of 1280.",
        "quick": quick_deviations("D = 4, 2 levels and 20 examples instead of 20, 4 and 100"),
    }

    def grids(self) -> list[Grid]:
        """Return one grid: seeds."""
        if self.size == "quick":
            task = DecisionTree(4, 20, num_levels=2)
            return [quick_grid(task)]
        recipe = standard_recipe(num_context=100, increment=5)
        recipe = dataclasses.replace(recipe, eval_contexts=4096)
        return [Grid(DecisionTree(20, 100), standard_model(), recipe, {"seed": (0,)})]

    def figures(self) -> tuple[Figure, ...]:
        """Return the in-context curve beside nearest neighbours and least squares."""
        return (in_context_curve(("knn", "least-squares")),)
