"""Every published optimum is reached or beaten, from random starts alone."""

import pytest

from .published import pooled_references, references, scaling_data

# One small and one large case by default: each shape of table costs a compilation.
QUICK = (0, 2, 9)


@pytest.mark.parametrize("index", QUICK)
def test_a_published_optimum_is_reached(index):
    check(references()[index])


@pytest.mark.slow
def test_every_published_optimum_is_reached():
    for reference in references():
        check(reference)


@pytest.mark.slow
def test_the_fits_of_scalebench_are_reached_with_their_scores():
    """A residual to the listed seven digits, and the listed R² where the law was not fitted."""
    for reference in pooled_references():
        residual, score = reference.fit()
        assert residual <= reference.row.optimum * (1 + 1e-6)
        assert score == pytest.approx(reference.expected(), abs=6e-5)


def check(reference):
    fit = reference.fit()
    limit = reference.row.optimum + 1e-6 * abs(reference.row.optimum)
    assert reference.objective(fit) <= limit
    for name, value in reference.expected():
        assert fit.parameters[name] == pytest.approx(value, rel=2e-4), name


def test_the_reference_table_is_whole():
    scaling_data()
    assert len(references()) == 26
    assert len(pooled_references()) == 6
