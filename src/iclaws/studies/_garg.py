"""What the studies of Garg et al. (arXiv 2208.01066) share: models, recipes, the curve."""

from ..models.transformer import Transformer
from ..tasks import AbstractTask
from ..train.curriculum import Ramp
from ..train.recipe import Recipe
from .figure import Figure
from .study import Grid


def quick_grid(task: AbstractTask, num_steps: int = 6000, eval_contexts: int = 2048) -> Grid:
    """Return two seeds of the published tiny model, 3 layers of width 64, on a small task.

    Args:
        task: Its sequences decide how many positions are learned.
        num_steps: Of Adam at 1e-3 with decay instead of the published 500 000 at 1e-4.
        eval_contexts: Evaluation prompts.
    """
    points = int(task.num_context) + 1
    # Begun at the published 0.02, this width rests on the plateau for all of a quick run.
    model = Transformer(depth=3, width=64, num_heads=2, max_points=points, init_std=0.125)
    recipe = Recipe(
        num_steps=num_steps,
        batch_size=64,
        learning_rate=1e-3,
        warmup_steps=200,
        loss_on="all",
        eval_contexts=eval_contexts,
    )
    return Grid(task, model, recipe, {"seed": (0, 1)})


def quick_deviations(sizes: str, num_steps: int = 6000) -> str:
    """Return how `quick_grid` differs from what was published.

    Args:
        sizes: Of the task, as a phrase.
        num_steps: As given to `quick_grid`.
    """
    return (
        f"{sizes}, 3 layers of width 64 (the paper's tiny model) begun at 0.125 instead of 12 of "
        f"256 at 0.02, {num_steps} steps at 1e-3 with decay instead of 500 000 at 1e-4, no "
        "curriculum."
    )


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
