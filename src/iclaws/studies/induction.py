"""`induction`: what one layer of attention cannot do and two can."""

from collections.abc import Mapping
from typing import ClassVar

from ..models.transformer import Transformer
from ..tasks.markov_chain import MarkovChain
from ..train.recipe import Recipe
from .figure import Figure
from .study import AbstractStudy, Grid, studies


@studies.register("induction")
class Induction(AbstractStudy):
    """Attention without MLP on Markov chains, each with transitions of its own.

    To predict, a model must find where the last token came before and read what followed: one
    layer moves a token's predecessor to it, a second looks for it (an induction head). One
    layer alone stays near the unigram, which counts tokens without their context; two come near
    Bayes, which counts transitions.
    """

    name = "induction"
    title = "Depth of attention on Markov chains"
    question = "Do two layers of attention count transitions where one cannot?"
    scale = "depth"
    curves = ("order",)
    source = (
        "The task of arXiv 2402.11004; that one layer makes no induction head is from "
        "arXiv 2209.11895."
    )
    convention = (
        "Excess cross-entropy in nats over the Bayes predictor on the same sequences, averaged "
        "over all positions; rows of the chain are Dirichlet."
    )
    deviations: ClassVar[Mapping[str, str]] = {
        "quick": "Sizes are our own: 64 tokens, 3 symbols, concentration 0.3, width 32.",
        "full": "Sizes are our own: 128 tokens, 3 symbols, concentration 1, width 64; order 2 too.",
    }

    def grids(self) -> list[Grid]:
        """Return one grid: depth times seed (times order in `full`)."""
        quick = self.size == "quick"
        recipe = Recipe(
            num_steps=1000 if quick else 20000,
            batch_size=64,
            learning_rate=0.003 if quick else 0.001,
            eval_contexts=4096 if quick else 16384,
        )
        num_tokens = 64 if quick else 128
        model = Transformer(
            width=32 if quick else 64, num_heads=1, mlp_ratio=0, max_points=num_tokens
        )
        task = MarkovChain(num_tokens, 3, concentration=0.3 if quick else 1.0)
        axes = {
            "depth": (1, 2) if quick else (1, 2, 3, 4),
            "order": (1,) if quick else (1, 2),
            "seed": tuple(range(3 if quick else 5)),
        }
        return [Grid(task, model, recipe, axes)]

    def figures(self) -> tuple[Figure, ...]:
        """Return risk against depth, by position, and the way there."""
        return (
            Figure(
                title="Excess cross-entropy against depth",
                x="depth",
                facet="order",
                baselines=("unigram", "bigram", "induction-copy"),
                caption="Over Bayes, which counts transitions. One layer stays near the unigram.",
            ),
            Figure(
                title="Excess cross-entropy by position",
                x="position",
                y="position_excess_risk",
                colour="depth",
                facet="order",
                baselines=("unigram",),
                log_x=False,
                log_y=False,
                caption="What a longer context adds: to Bayes everything, to one layer little.",
            ),
            Figure(
                title="Learning curve",
                x="curve_steps",
                y="curve_excess_risk",
                colour="depth",
                facet="order",
                caption="Two layers leave the plateau of the unigram.",
            ),
        )
