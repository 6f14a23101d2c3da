"""The studies on tokens: their settings, and (slow) that the quick ones show what they claim."""

import pytest

from iclaws.results import Store
from iclaws.studies import run
from iclaws.studies.induction import Induction
from iclaws.studies.mqar import MultiQueryRecall


def test_the_published_recall_settings_are_those_of_the_publication():
    points = MultiQueryRecall("paper").points()
    assert len(points) == 3 * 4 * 4
    for point in points:
        assert point.task.vocabulary_size == 8192 and point.task.power == 0.01
        assert 16 * point.task.num_pairs == point.task.num_tokens
        assert point.recipe.num_sequences == 100_000 and point.recipe.eval_contexts == 3000
        epochs = point.recipe.num_steps * point.recipe.batch_size / 100_000
        assert epochs == pytest.approx(64, abs=0.5)
        assert (point.model.depth, point.model.num_heads, point.model.mlp_ratio) == (2, 1, 0)


@pytest.mark.parametrize("study", [MultiQueryRecall, Induction])
@pytest.mark.parametrize("index", [0, 1])
def test_source_convention_and_deviations_are_told(study, index):
    notes = study(study.presets[index]).notes()
    assert notes.keys() == {"Source", "Convention", "Deviations"}


@pytest.mark.slow
def test_two_layers_of_attention_recall(tmp_path):
    """At least 99 % at 64 tokens and 4 pairs with width 64, on contexts never seen."""
    store = Store(tmp_path)
    run(MultiQueryRecall("quick"), store)
    for record in store.records():
        assert record.accuracy - 3.0 * record.accuracy_se > 0.99


@pytest.mark.slow
def test_one_layer_fails_where_two_succeed(tmp_path):
    """One layer closes less than half of the way from the unigram to Bayes, two four fifths.

    Half is far from both: what one layer gains is a weaker use of neighbouring tokens.
    """
    store = Store(tmp_path)
    run(Induction("quick"), store)
    found = {1: [], 2: []}
    for record in store.records():
        unigram = next(c for c in record.baselines if c.name == "unigram")
        assert record.excess_over == "n-gram"
        assert record.excess_risk > -3.0 * record.excess_risk_se
        found[record.point["model"]["depth"]].append(record.excess_risk / unigram.excess_risk)
    assert min(found[1]) > 0.5
    assert max(found[2]) < 0.2
