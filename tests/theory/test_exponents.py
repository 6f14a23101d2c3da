"""The map from task structure to exponents."""

import pytest

from iclaws import theory
from iclaws.errors import InvalidValue


def test_rotated_tasks():
    found = theory.exponents(1.5, 0.7, setting="rrs", noisy=False)
    assert found.depth == pytest.approx(0.7)
    assert found.width == pytest.approx(1.05)
    assert found.context == pytest.approx(1.05)
    assert found.time == pytest.approx(0.7 / 2.7)
    assert found.sequences == 1
    assert found.tasks is None
    untied = theory.exponents(1.5, 0.7, setting="rrs", noisy=False, tied=False)
    assert untied.depth == pytest.approx(1.4)
    known = theory.Variant(known_spectrum=True)
    found = theory.exponents(1.5, 0.5, setting="rrs", noisy=False, tied=False, variant=known)
    assert found.depth == pytest.approx(1.75)


def test_saturation():
    found = theory.exponents(1.5, 3.0, setting="rrs", noisy=False)
    assert found.width == 1.5
    assert found.context == 3.0
    assert "saturated" in found.predictions["width"].sentence
    assert "saturated" in found.predictions["context"].sentence
    noisy = theory.exponents(1.5, 3.0, setting="rrs", noisy=True)
    assert noisy.context == pytest.approx(4.5 / 5.5)
    ridge = theory.Variant(ridge=True)
    noisy = theory.exponents(1.5, 3.0, setting="rrs", noisy=True, variant=ridge)
    assert noisy.context == pytest.approx(0.75)


def test_fixed_covariance():
    found = theory.exponents(2.0, 0.5, setting="fs", noisy=False)
    assert (found.context, found.width, found.depth) == (1.0, 1.0, None)
    assert found.predictions["depth"].law is theory.Law.FLAT
    for depth, exponent in ((1, 0.5), (2, 0.75), (3, 0.875), (5, 0.96875)):
        found = theory.exponents(2.0, 0.5, setting="fs", noisy=False, depth=depth)
        assert found.context == pytest.approx(exponent)
    for depth, exponent in ((1, 0.512), (2, 0.774), (3, 0.909)):
        found = theory.exponents(1.5, 0.7, setting="fs", noisy=False, depth=depth)
        assert found.context == pytest.approx(exponent, abs=6e-4)
    assert theory.exponents(1.5, 0.7, setting="fs", noisy=True).context == pytest.approx(
        1.05 / 2.05
    )
    # Gradient-flow time: .158, .286.
    assert theory.exponents(1.5, 0.5, setting="fs", noisy=False).time == pytest.approx(0.75 / 4.75)


def test_isotropy_has_other_laws():
    found = theory.exponents(0, 1, setting="iso", noisy=False)
    assert found.depth is None
    assert found.predictions["depth"].law is theory.Law.EXPONENTIAL
    assert found.predictions["width"].law is theory.Law.LINEAR
    assert found.predictions["context"].law is theory.Law.LINEAR
    assert theory.exponents(0, 1, setting="iso", noisy=True).context == 1
    updates = theory.Variant(covariate_updates=True)
    found = theory.exponents(0, 1, setting="iso", noisy=True, variant=updates)
    assert found.predictions["depth"].law is theory.Law.DOUBLY_EXPONENTIAL
    found = theory.exponents(1.5, 0.5, setting="rrs", noisy=True, variant=updates)
    assert found.predictions["depth"].law is theory.Law.EXPONENTIAL


def test_every_resource_has_a_sentence():
    for setting in ("iso", "fs", "rrs"):
        for noisy in (False, True):
            found = theory.exponents(1.5, 0.7, setting=setting, noisy=noisy)
            for name, law in found.predictions.items():
                assert law.sentence
                assert getattr(found, name) == law.exponent
                assert (law.exponent is None) == (law.law is not theory.Law.POWER)


def test_bad_input_is_named():
    with pytest.raises(InvalidValue, match="iso, fs, rrs"):
        theory.exponents(1.5, 0.7, setting="rotated", noisy=False)
    with pytest.raises(InvalidValue, match="source"):
        theory.exponents(1.5, 0.0, setting="rrs", noisy=False)
