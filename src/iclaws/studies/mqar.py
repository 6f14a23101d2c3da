"""`mqar`: how wide attention must be to recall."""

from collections.abc import Mapping
from typing import ClassVar

from ..models.transformer import Transformer
from ..tasks.mqar import MQAR
from ..train.recipe import Recipe
from .figure import Figure
from .study import AbstractStudy, Grid, studies

COMMON = (
    "No dropout on attention (0.1 there); the read-out is a map of its own (there the embedding's "
    "transpose). Every learning rate is reported, and none is chosen on the evaluation contexts "
    "(there the best of four, and the epoch to stop at, by test accuracy)."
)
LENGTHS = ((64, 4), (128, 8), (256, 16))  # tokens and pairs of Figure 2


@studies.register("mqar")
class MultiQueryRecall(AbstractStudy):
    """Two layers of attention without MLP on multi-query associative recall.

    The experiment of arXiv 2312.04927, Figure 2: attention recalls at every width, whatever the
    length. Copying what followed a key's first occurrence is always right; the answer is
    certain, so the excess risk is the cross-entropy itself.
    """

    name = "mqar"
    title = "Multi-query associative recall"
    question = "How wide must attention be to answer every key by its value?"
    scale = "width"
    curves = ("num_tokens", "learning_rate")
    presets = ("quick", "paper")
    source = "arXiv 2312.04927, Figure 2, with the options of the authors' code."
    convention = "Cross-entropy in nats and accuracy, over the positions where a key is asked."
    deviations: ClassVar[Mapping[str, str]] = {
        "quick": (
            "A vocabulary of 256 in place of 8192; fresh sequences, 1500 steps of 64, in place of "
            "100 000 sequences in 64 epochs; one width, length and learning rate. " + COMMON
        ),
        "paper": COMMON,
    }

    def grids(self) -> list[Grid]:
        """Return one grid per length: width times learning rate times seed."""
        if self.size == "quick":
            recipe = Recipe(
                num_steps=1500,
                batch_size=64,
                optimiser="adamw",
                weight_decay=0.1,
                learning_rate=0.003,
                eval_contexts=4096,
            )
            axes = {"width": (64,), "seed": (0, 1)}
            return [Grid(MQAR(64, 256, 4), _model(64), recipe, axes)]
        return [self._paper(num_tokens, pairs) for num_tokens, pairs in LENGTHS]

    def _paper(self, num_tokens: int, num_pairs: int) -> Grid:
        batch_size = 256 if num_tokens == 256 else 512
        recipe = Recipe(
            num_steps=64 * 100_000 // batch_size,
            batch_size=batch_size,
            optimiser="adamw",
            weight_decay=0.1,
            warmup_steps=0,
            num_sequences=100_000,
            eval_contexts=3000,
        )
        axes = {
            "width": (64, 128, 256, 512),
            # logspace(-4, -2, 4)
            "learning_rate": (1e-4, 4.641588833612782e-4, 2.154434690031882e-3, 1e-2),
            "seed": (0,),
        }
        return Grid(MQAR(num_tokens, 8192, num_pairs), _model(num_tokens), recipe, axes)

    def figures(self) -> tuple[Figure, ...]:
        """Return accuracy and cross-entropy against width."""
        return (
            Figure(
                title="Accuracy at the questions",
                x="width",
                y="accuracy",
                colour="learning_rate",
                facet="num_tokens",
                log_y=False,
                caption="Every learning rate is shown; none was chosen on these contexts.",
            ),
            Figure(
                title="Cross-entropy at the questions",
                x="width",
                colour="learning_rate",
                facet="num_tokens",
                baselines=("uniform",),
                caption="In nats. Copying is always right, so nothing is subtracted.",
            ),
        )


def _model(num_tokens: int) -> Transformer:
    return Transformer(depth=2, num_heads=1, mlp_ratio=0, max_points=num_tokens)
