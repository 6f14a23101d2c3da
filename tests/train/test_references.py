"""References are evaluated once and remembered, and forgetting loses nothing that is wanted."""

import dataclasses

import pytest

from iclaws.train import compare as module
from iclaws.train.compare import compare
from iclaws.train.draws import Shape

from .conftest import small_point


@pytest.mark.parametrize("limit", [0, 2, 1000])
def test_a_group_finds_all_its_references_whatever_is_forgotten(monkeypatch, limit):
    monkeypatch.setattr(module, "MOST_KNOWN", limit)
    monkeypatch.setattr(module, "_known", {})
    first = [noisy_point(noise) for noise in (0.1, 0.2)]
    second = [noisy_point(noise) for noise in (0.2, 0.3)]
    shape = Shape(None, 4)
    one, other = compare(first, shape), compare(second, shape)
    assert one[1].keys() == other[0].keys()
    for name, scores in one[1].items():
        assert scores.loss.mean() == pytest.approx(other[0][name].loss.mean(), rel=1e-6)


def noisy_point(noise_var):
    point = small_point()
    return dataclasses.replace(point, task=dataclasses.replace(point.task, noise_var=noise_var))
