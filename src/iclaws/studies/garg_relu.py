"""`garg-relu`: the in-context curve of a transformer on two-layer networks."""

import dataclasses

from ..tasks.relu_network import ReluNetwork
from ._garg import in_context_curve, quick_deviations, quick_grid, standard_model, standard_recipe
from .figure import Figure
from .study import AbstractStudy, Grid, studies


@studies.register("garg-relu")
class GargRelu(AbstractStudy):
    """A transformer trained from scratch to learn two-layer ReLU networks in context.

    Half of such a network's variance is linear: least squares stops there, the Gaussian process
    of wide networks goes on.
    """

    name = "garg-relu"
    title = "Two-layer networks in context"
    question = "Does a transformer get past the linear part of a network it has not seen?"
    scale = "position"
    curves = ("depth",)
    presets = ("quick", "paper")
    source = "Garg et al., arXiv 2208.01066, Figure 5c and appendix A."
    convention = (
        "y = sqrt(2/r) sum_j a_j relu(u_j . x), all standard normal, no noise; published errors "
        "are divided by D. The published baseline is a trained network (baseline "
        "`neural-network`, evaluated apart); here the Gaussian process of wide networks."
    )
    deviations = {  # noqa: RUF012 - read only
        "paper": "4096 evaluation prompts instead of 1280.",
        "quick": quick_deviations(
            "D = 2 and 16 examples instead of 20 and 100, 20 hidden units instead of 100"
        ),
    }

    def grids(self) -> list[Grid]:
        """Return one grid: seeds."""
        if self.size == "quick":
            task = ReluNetwork(2, 16, num_hidden=20)
            return [quick_grid(task)]
        recipe = standard_recipe(num_context=100, increment=5)
        recipe = dataclasses.replace(recipe, eval_contexts=4096)
        return [Grid(ReluNetwork(20, 100), standard_model(), recipe, {"seed": (0,)})]

    def figures(self) -> tuple[Figure, ...]:
        """Return the in-context curve beside least squares and the Gaussian process."""
        return (in_context_curve(("least-squares", "gaussian-process")),)
