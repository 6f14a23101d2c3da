"""`induction-time`: when in training two layers of attention begin to count transitions."""

from collections.abc import Mapping
from typing import ClassVar

import pandas as pd

from ..models.transformer import Transformer
from ..tasks.markov_chain import MarkovChain
from ..train.recipe import Recipe
from .figure import Figure
from .formation import formation_time
from .study import AbstractStudy, Grid, studies


@studies.register("induction-time")
class InductionTime(AbstractStudy):
    """Attention without MLP on Markov chains, watched along training.

    Two layers first learn the unigram, stay there, and leave it within a short time, when one
    layer's heads attend to the token before and the other's to what followed it: an induction
    head. One layer is the control: it learns the unigram and stays near it. The weights along
    training are kept, so that the heads' scores stand beside the loss; `formation_time` gives the
    change-point with its interval.
    """

    name = "induction-time"
    title = "Formation of an induction head in training time"
    question = "Do two layers leave the unigram within a short time, when an induction head forms?"
    scale = "depth"
    curves = ("num_tokens",)
    source = (
        "The task of arXiv 2402.11004; the sudden drop and the scores of heads are of "
        "arXiv 2209.11895."
    )
    convention = (
        "Share of the unigram's excess cross-entropy over Bayes that is left, averaged over all "
        "positions; constant learning rate, so that time is the number of steps."
    )
    deviations: ClassVar[Mapping[str, str]] = {
        "quick": "Sizes are our own: 64 tokens, 4 symbols, concentration 0.3, width 32.",
        "full": "Sizes are our own: 64 to 256 tokens, 4 symbols, concentration 0.3, width 64.",
    }
    probes = ("attention-heads",)
    snapshots = True

    def grids(self) -> list[Grid]:
        """Return depth times seed; each length of sequence is a grid of its own in `full`."""
        quick = self.size == "quick"
        recipe = Recipe(
            num_steps=2000 if quick else 20000,
            batch_size=32 if quick else 64,
            learning_rate=0.001 if quick else 0.0003,
            schedule="constant",
            warmup_steps=0,
            eval_contexts=2048 if quick else 16384,
        )
        axes = {"depth": (1, 2), "seed": tuple(range(4 if quick else 10))}
        return [
            Grid(
                MarkovChain(num_tokens, 4, concentration=0.3),
                Transformer(
                    width=32 if quick else 64, num_heads=1, mlp_ratio=0, max_points=num_tokens
                ),
                recipe,
                axes,
            )
            for num_tokens in ((64,) if quick else (64, 128, 192, 256))
        ]

    def findings(self, table: pd.DataFrame) -> dict[str, str]:
        """Return when each depth begins to count transitions, if it does."""
        return {
            f"Formation, depth {depth}, {num_tokens} tokens": formation_time(
                table.loc[(table["depth"] == depth) & (table["num_tokens"] == num_tokens)]
            ).sentence
            for num_tokens in sorted(set(table["num_tokens"]))
            for depth in sorted(set(table["depth"]))
        }

    def figures(self) -> tuple[Figure, ...]:
        """Return the learning curve and the scores of heads along training."""
        return (
            Figure(
                title="Excess cross-entropy along training",
                x="curve_steps",
                y="curve_excess_risk",
                colour="depth",
                facet="num_tokens",
                caption="Both depths come to the unigram; only two layers leave it, within a drop.",
            ),
            *(
                Figure(
                    title=title,
                    x="attention_heads_steps",
                    y=f"along_{column}",
                    colour="depth",
                    facet="num_tokens",
                    log_y=False,
                    caption=caption,
                )
                for title, column, caption in (
                    (
                        "Best induction head along training",
                        "induction_score",
                        "Weight on what followed the present token before: it rises with the drop.",
                    ),
                    (
                        "Best previous-token head along training",
                        "previous_token_score",
                        "The first layer's part; one layer has no second that could use it.",
                    ),
                )
            ),
        )
