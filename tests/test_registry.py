"""A registry finds its elements, refuses a second of the same name, and suggests."""

import pytest

from iclaws._registry import Registry, registered_as
from iclaws.errors import UnknownName


@pytest.fixture
def shapes():
    registry = Registry("shape")

    @registry.register("square")
    class Square:
        pass

    return registry


def test_a_registered_class_is_found_by_name(shapes):
    assert registered_as(shapes.get("square")) == ("shape", "square")


def test_a_second_class_of_the_same_name_is_refused(shapes):
    with pytest.raises(ValueError, match="Two shapes are named 'square'"):
        shapes.register("square")(int)


def test_an_unknown_name_gets_a_suggestion(shapes):
    with pytest.raises(UnknownName, match=r"No shape is named 'sqare'. Did you mean 'square'"):
        shapes.get("sqare")
