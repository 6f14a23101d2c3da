"""`depth-iso`: depth and step size of linear attention on isotropic regression."""

from ..laws.exponential import Exponential
from ..models.linear_attention import LinearAttention
from ..tasks.linear_regression import LinearRegression
from ..train.recipe import Recipe
from .figure import Figure
from .study import AbstractStudy, Grid, studies

NOISE = (0.0, 0.1)
RATIOS = (1, 2)  # context per dimension


@studies.register("depth-iso")
class DepthIso(AbstractStudy):
    """Tied linear attention on isotropic covariates, noise-free and noisy.

    Every layer is one gradient step of one size, so the risk falls exponentially in depth without
    noise and reaches a floor with it; the step hardly changes with depth. Key-query products are
    symmetric: a free one learns a rotation between layers that gains another tenth (`full`).
    """

    name = "depth-iso"
    title = "Depth and step size, isotropic covariates"
    question = "Does risk fall as a power of depth, and the step size as 1/sqrt(depth x dimension)?"
    scale = "depth"
    curves = ("num_dims", "context_ratio", "noise_var", "symmetric")
    reproduces = True

    def grids(self) -> list[Grid]:
        """Return depth at ten dimensions, and the corners that the step's slopes need."""
        quick = self.size == "quick"
        seeds = tuple(range(5 if quick else 10))
        recipe = Recipe(
            num_steps=500 if quick else 3000,
            batch_size=192 if quick else 512,
            num_queries=4,
            learning_rate=0.005,
            eval_contexts=8192 if quick else 32768,
        )
        depths = (1, 2, 4, 8, 16, 32)
        corners = (1, 4, 16) if quick else depths
        main = (10,) if quick else (5, 10, 20, 40)
        grids = [self._grid(recipe, depths, (num_dims,), ratio=2, seeds=seeds) for num_dims in main]
        grids += [
            self._grid(
                recipe, corners, (num_dims,), ratio=ratio, seeds=seeds[:4] if quick else seeds
            )
            for num_dims in ((5, 10, 20) if quick else main)
            for ratio in RATIOS
        ]
        if not quick:
            grids.append(self._grid(recipe, depths, (10,), ratio=2, seeds=seeds, symmetric=False))
        return grids

    def figures(self) -> tuple[Figure, ...]:
        """Return risk against depth, and step size against depth."""
        main = {"context_ratio": 2.0, "symmetric": True}
        return (
            Figure(
                title="Excess risk against depth",
                x="depth",
                colour="num_dims",
                facet="noise_var",
                law=Exponential("depth", with_floor=True),
                where=main,
                caption=(
                    "Exponential in depth without noise; with noise it ends at the Bayes risk. "
                    "Deep noise-free means are carried by rare contexts with a large eigenvalue."
                ),
            ),
            Figure(
                title="Step size against depth",
                x="depth",
                y="step_size",
                colour="num_dims",
                facet="noise_var",
                slope=-0.5,
                where=main,
                caption=(
                    "The claimed slope is the guide line. The exact optimum falls far more slowly "
                    "until depth is in excess: then shorter steps stop early and gain by it."
                ),
            ),
        )

    def _grid(
        self,
        recipe: Recipe,
        depths: tuple[int, ...],
        dims: tuple[int, ...],
        *,
        ratio: int,
        seeds: tuple[int, ...],
        symmetric: bool = True,
    ) -> Grid:
        return Grid(
            task=LinearRegression(num_dims=dims[0], num_context=ratio * dims[0]),
            model=LinearAttention(tied=True, symmetric=symmetric),
            recipe=recipe,
            axes={"depth": depths, "noise_var": NOISE, "seed": seeds},
        )
