"""A value that is not among a field's few is refused, with the nearest."""

import dataclasses
from typing import Literal

import pytest

from iclaws._choices import check_choices
from iclaws.errors import UnknownName


@dataclasses.dataclass
class Element:
    size: int = 3
    optimiser: Literal["adam", "sgd"] = "adam"


def test_one_of_them_is_fine():
    check_choices(Element(optimiser="sgd"))


def test_a_misspelt_one_is_refused_with_the_nearest():
    with pytest.raises(UnknownName, match=r"`optimiser`.*'adan'.*'adam'"):
        check_choices(Element(optimiser="adan"))
