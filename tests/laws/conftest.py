"""Tables that several tests use."""

import pytest

from .published import epoch_table


@pytest.fixture(scope="session")
def epoch():
    return epoch_table()
