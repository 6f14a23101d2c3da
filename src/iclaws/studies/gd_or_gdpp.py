"""`gd-or-gdpp`: which algorithm trained linear attention runs, by what its layers may change."""

import dataclasses

import pandas as pd

from ..models.linear_attention import LinearAttention
from ..tasks.linear_regression import LinearRegression
from ..train.recipe import Recipe
from .algorithms import closest_algorithms
from .figure import Figure
from .study import AbstractStudy, Grid, studies

PROBES = ("filter-fits", "identify", "step-size")


@studies.register("gd-or-gdpp")
class GdOrGdpp(AbstractStudy):
    """Linear attention of depth 1 to 4, covariates frozen or updated, weights tied or not.

    A layer that changes labels alone can take a gradient step (arXiv 2212.07677); one that
    changes covariates as well can run GD++, whose residual has degree (3^L - 1)/2. The weights
    along training are kept, so that the algorithm is read off at every stage.
    """

    name = "gd-or-gdpp"
    title = "Gradient descent or GD++"
    question = "Which algorithm do trained layers run, and does the forward pass become GD?"
    scale = "depth"
    curves = ("covariates", "tied", "noise_var")
    probes = PROBES
    snapshots = True

    def grids(self) -> list[Grid]:
        """Return depth times covariates times tying."""
        quick = self.size == "quick"
        descent = Recipe(
            num_steps=1500 if quick else 5000,
            learning_rate=0.01,
            num_queries=8,
            eval_contexts=8192 if quick else 32768,
        )
        plus = dataclasses.replace(
            descent, num_steps=3000 if quick else 10000, learning_rate=0.02, clip_norm=0.5
        )
        axes = {
            "noise_var": (0.0,) if quick else (0.0, 0.1),
            "depth": (1, 2, 3, 4),
            "tied": (True, False),
            "seed": tuple(range(3 if quick else 10)),
        }
        task = LinearRegression(num_dims=5, num_context=20)
        frozen = LinearAttention(covariates="frozen", symmetric=True)
        updated = LinearAttention(covariates="updated", init_scale=0.7)
        return [Grid(task, frozen, descent, axes), Grid(task, updated, plus, axes)]

    def findings(self, table: pd.DataFrame) -> dict[str, str]:
        """Return the closest algorithm of each configuration."""
        return closest_algorithms(table, ("covariates", "tied", "noise_var", "depth"))

    def figures(self) -> tuple[Figure, ...]:
        """Return risk over depth, and the distance from gradient descent along training."""
        return (
            Figure(
                title="Excess risk against depth",
                x="depth",
                colour="tied",
                facet=("covariates", "noise_var"),
                baselines=("gradient-descent", "gd-plus-plus"),
                caption="Frozen covariates end at gradient descent, updated ones far below it.",
            ),
            Figure(
                title="Distance from gradient descent along training",
                x="identify_steps",
                y="along_descent_spd",
                colour="depth",
                facet=("covariates", "tied"),
                caption=(
                    "Squared prediction difference to the closest gradient descent over the "
                    "predictions' mean square; GD is accepted below 0.05."
                ),
            ),
            Figure(
                title="Number of gradient steps that the filter shows",
                x="depth",
                y="effective_depth",
                colour="tied",
                facet="covariates",
                slope=1.0,
                caption="The guide line is one step a layer.",
            ),
        )
