"""An identity depends on meaning alone, and on all of it."""

import dataclasses
import math

import pytest

from iclaws._identity import describe, fingerprint
from iclaws.errors import NotIdentifiable


@dataclasses.dataclass(frozen=True)
class Inner:
    rate: float = 0.5


@dataclasses.dataclass(frozen=True)
class Config:
    size: int
    inner: Inner = Inner()
    names: tuple = ()


def test_a_default_spelt_out_changes_nothing():
    assert fingerprint(Config(3)) == fingerprint(Config(3, Inner(0.5), ()))


def test_whole_numbers_have_one_identity():
    assert fingerprint(Config(3)) == fingerprint(Config(3.0))


@pytest.mark.parametrize("other", [Config(4), Config(3, Inner(0.25)), Config(3, names=("a",))])
def test_every_field_counts(other):
    assert fingerprint(Config(3)) != fingerprint(other)


def test_a_new_field_with_a_default_keeps_the_identity():
    wider = dataclasses.make_dataclass("Config", [("size", int), ("new", float, 1.5)])
    narrow = dataclasses.make_dataclass("Config", [("size", int)])
    assert fingerprint(wider(3)) == fingerprint(narrow(3))


def test_a_raised_version_changes_the_identity():
    class Newer(Config):
        version = 2

    Newer.__name__ = "Config"
    assert fingerprint(Newer(3)) != fingerprint(Config(3))


def test_the_description_holds_the_defaults():
    assert describe(Config(3))["inner"] == {"is": "Inner", "version": 1, "rate": 0.5}


@pytest.mark.parametrize("value", [lambda: 0, math.nan, math.inf, {1: 2}, {3}])
def test_what_has_no_identity_is_refused(value):
    with pytest.raises(NotIdentifiable):
        fingerprint(Config(3, names=(value,)))
