"""C6 recovers the exponent of a planted frontier, and refutes it away from 2/3."""

import pytest

from iclaws import claims
from iclaws.claims import Verdict

from .tables import only, table

CELLS = [{"depth": L, "read_in_rank": r} for L in (1, 2, 4, 8, 16) for r in (2, 4, 8, 16, 32)]


def judged(alpha, beta, noise=0.01):
    rows = table(
        "depth-width",
        CELLS,
        lambda cell: 0.5 * cell["depth"] ** -alpha + 0.6 * cell["read_in_rank"] ** -beta,
        noise=noise,
        capacity=2.0,
        source=0.7,
    )
    return only(claims.evaluate(rows, ["frontier-shape"]), "depth-width")


def test_two_thirds_is_supported():
    found = judged(0.5, 1.0)
    assert found.verdict is Verdict.SUPPORTED
    low, high = found.interval
    assert low < 2 / 3 < high
    assert found.evidence["direct_exponent"] == pytest.approx(2 / 3, abs=0.12)


def test_another_shape_is_refuted_and_its_exponent_found():
    found = judged(0.7, 0.7)
    assert found.verdict is Verdict.REFUTED
    assert found.estimate == pytest.approx(0.5, abs=0.03)
    assert found.expected == pytest.approx(0.5, abs=1e-3)


def test_noise_leaves_it_open():
    assert judged(0.5, 1.0, noise=0.6).verdict is Verdict.INCONCLUSIVE
