"""`softmax-depth`: a small softmax transformer on noisy regression."""

from ..models.transformer import Transformer
from ..tasks.linear_regression import LinearRegression
from ..train.recipe import Recipe
from .figure import Figure
from .study import AbstractStudy, Grid, studies


@studies.register("softmax-depth")
class SoftmaxDepth(AbstractStudy):
    """Softmax attention with MLP and norms on noisy isotropic regression.

    No formula predicts its risk; Bayes bounds it, and ridge, which is Bayes here, is compared on
    the same contexts. Loss on all positions, as in arXiv 2208.01066.
    """

    name = "softmax-depth"
    title = "Depth of a softmax transformer, noisy regression"
    question = "How close to Bayes does a softmax transformer come as it gets deeper?"
    scale = "depth"
    curves = ("num_dims", "noise_var")
    reproduces = True

    def grids(self) -> list[Grid]:
        """Return one grid: depth times seed."""
        quick = self.size == "quick"
        num_dims = 2 if quick else 8
        recipe = Recipe(
            num_steps=2000 if quick else 20000,
            batch_size=64,
            learning_rate=0.003 if quick else 0.001,
            warmup_steps=200,
            loss_on="all",
            eval_contexts=4096 if quick else 16384,
        )
        task = LinearRegression(
            num_dims=num_dims, num_context=4 * num_dims, signal_var=num_dims, noise_var=0.25
        )
        # Begun at GPT-2's 0.02, widths as small as these rest on the plateau for most of a run.
        model = Transformer(
            width=32 if quick else 64,
            num_heads=4,
            max_points=4 * num_dims + 1,
            init_std=0.18 if quick else 0.125,
        )
        axes = {
            "depth": (1, 2, 3) if quick else (1, 2, 3, 4, 6, 8, 12),
            "seed": tuple(range(3 if quick else 5)),
        }
        return [Grid(task, model, recipe, axes)]

    @property
    def counts_unconverged(self) -> bool:
        """Return True: it asks what a budget of training gives, as arXiv 2208.01066 does."""
        return True

    def figures(self) -> tuple[Figure, ...]:
        """Return risk against depth, the in-context curve, and the way there."""
        return (
            Figure(
                title="Excess risk against depth",
                x="depth",
                baselines=("ridge", "least-squares", "averaging"),
                caption="At the last position. Ridge is Bayes here.",
            ),
            Figure(
                title="Excess risk by position",
                x="position",
                y="position_excess_risk",
                colour="depth",
                baselines=("ridge", "least-squares"),
                log_x=False,
                caption="The in-context curve: how the error falls with each further example.",
            ),
        )
