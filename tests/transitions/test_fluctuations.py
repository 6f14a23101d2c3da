"""Fluctuations over seeds: susceptibility, Binder's cumulant, and the dip, against references."""

import numpy as np
import pytest
from scipy.optimize import linprog

from iclaws.errors import InvalidValue
from iclaws.transitions import (
    Curve,
    Status,
    bimodality,
    binder,
    dip_statistic,
    susceptibility,
)

SCALES = np.geomspace(0.5, 2.0, 17)


def magnet(size, rng, *, seeds=40):
    """Return seeds of a mean-field magnet: q = (1 + m)/2, exactly drawn from its free energy.

    P(m) ~ exp(size ((J - 1) m^2/2 - m^4/12)): continuous transition at J = 1, where m ~ size^-1/4.
    """
    m = np.linspace(-2, 2, 801)
    order = []
    for coupling in SCALES:
        log_p = size * ((coupling - 1) * m**2 / 2 - m**4 / 12)
        p = np.exp(log_p - log_p.max())
        order.append(rng.choice(m, size=seeds, p=p / p.sum()))
    values = 0.5 * (1 + np.array(order))
    return Curve(np.repeat(SCALES, seeds), values.ravel(), np.tile(np.arange(seeds), len(SCALES)))


def test_the_cumulants_cross_at_the_critical_point():
    rng = np.random.default_rng(0)
    found = binder({n: magnet(n, rng, seeds=3000) for n in (20, 80, 320)}, num_bootstrap=100)
    assert found.status is Status.OK
    assert found.crossing == pytest.approx(1.0, abs=0.04), found.sentence
    low, high = found.crossing_interval
    assert low < found.crossing < high and high - low < 0.15
    assert found.crossing_share > 0.95 and "of resamples" in found.sentence
    assert not found.bimodal
    # Far above, m = ±m0 alone: 2/3. Far below, Gaussian: 0.
    assert found.values[-1][-1] == pytest.approx(2 / 3, abs=0.02)
    assert found.values[-1][0] == pytest.approx(0, abs=0.15)


def clouds(rng, *, seeds):
    """Return two systems of one and the same Gaussian cloud: cumulants equal everywhere."""
    return {
        size: Curve(
            np.repeat(SCALES, seeds),
            0.5 + 0.1 * rng.normal(size=seeds * len(SCALES)),
            np.tile(np.arange(seeds), len(SCALES)),
        )
        for size in (1, 2)
    }


@pytest.mark.parametrize("about", ["half", "mean"])
def test_equal_cumulants_do_not_cross(about):
    rng = np.random.default_rng(0)
    found = [binder(clouds(rng, seeds=40), about=about, num_bootstrap=60) for _ in range(40)]
    # Their difference changes sign in every one of them; both signs sure by chance in under 1 %.
    signs = [np.sign(one.values[1] - one.values[0]) for one in found]
    assert all(np.ptp(sign) == 2 for sign in signs)
    assert sum(one.crossing is not None for one in found) <= 2
    none = next(one for one in found if one.crossing is None)
    assert none.crossing_interval is None and none.crossing_share is None
    assert "do not cross beyond" in none.sentence


def test_the_susceptibility_peaks_there_and_grows():
    # m^2 ~ size^-1/2 at J = 1, so size x Var(|m|) grows as size^1/2 there.
    rng = np.random.default_rng(1)
    systems = {}
    for size in (20, 80, 320, 1280):
        curve = magnet(size, rng, seeds=200)
        systems[size] = curve._replace(order=np.abs(2 * np.asarray(curve.order) - 1))
    found = susceptibility(systems, num_bootstrap=100)
    assert found.growth == pytest.approx(0.5, abs=0.15), found.sentence
    assert found.peaks[-1] == pytest.approx(1.0, abs=0.15)
    assert np.all(np.diff(np.abs(found.peaks - 1)) < 0.12)


def test_two_groups_of_unequal_weight_make_a_dip():
    rng = np.random.default_rng(2)
    curves = {}
    for size in (10, 20):
        share = 1 / (1 + SCALES**-4.0)
        ups = rng.uniform(size=(len(SCALES), 60)) < share[:, None]
        values = np.where(ups, 0.9, 0.1) + 0.02 * rng.normal(size=ups.shape)
        curves[size] = Curve(
            np.repeat(SCALES, 60), values.ravel(), np.tile(np.arange(60), len(SCALES))
        )
    found = binder(curves, about="mean", num_bootstrap=100)
    assert found.bimodal and found.lowest < 0 and "two groups" in found.sentence


def test_few_seeds_are_refused_with_the_way_out():
    rng = np.random.default_rng(3)
    found = binder({n: magnet(n, rng, seeds=29) for n in (20, 80)})
    assert found.status is Status.TOO_FEW_SEEDS and found.crossing is None
    assert "30 seeds" in found.sentence and "bimodality" in found.sentence
    assert binder({1: Curve([1, 2], [0, 1])}).status is Status.TOO_FEW_SEEDS
    few = susceptibility({20: magnet(20, rng, seeds=4)})
    assert few.status is Status.TOO_FEW_SEEDS and "5 of them" in few.sentence


def test_seeds_that_agree_do_not_fluctuate():
    same = Curve(np.repeat(SCALES, 30), np.full(17 * 30, 0.5), np.tile(np.arange(30), 17))
    assert binder({1: same, 2: same}).status is Status.CONSTANT
    assert susceptibility({1: same, 2: same}).status is Status.CONSTANT


def dip_by_definition(values):
    """Return the smallest distance to a unimodal distribution, by one linear programme per mode."""
    x = np.sort(values)
    n = len(x)
    best = np.inf
    for mode in range(n):
        # Unknown: the distribution at each value, its left limit at the mode, the distance.
        def left(i, mode=mode):
            return n if i == mode else i

        rows, limits = [], []

        def add(terms, limit, rows=rows, limits=limits):
            row = np.zeros(n + 2)
            for place, factor in terms:
                row[place] += factor
            rows.append(row)
            limits.append(limit)

        for i in range(n):
            for place, empirical in ((i, (i + 1) / n), (left(i), i / n)):
                add([(place, 1), (n + 1, -1)], empirical)
                add([(place, -1), (n + 1, -1)], -empirical)
        for i in range(n - 1):
            add([(i, 1), (left(i + 1), -1)], 0)
        add([(n, 1), (mode, -1)], 0)
        for i in (*range(1, mode), *range(mode + 1, n - 1)):
            before, after = x[i] - x[i - 1], x[i + 1] - x[i]
            sign = 1 if i < mode else -1
            right = left(i + 1) if i < mode else i + 1
            bend = [(i, 1 / before + 1 / after), (i - 1, -1 / before), (right, -1 / after)]
            add([(place, sign * factor) for place, factor in bend], 0)
        cost = np.zeros(n + 2)
        cost[-1] = 1
        bounds = [(0, 1)] * (n + 1) + [(0, None)]
        found = linprog(cost, A_ub=np.array(rows), b_ub=np.array(limits), bounds=bounds)
        if found.status == 0:
            best = min(best, found.fun)
    return best


@pytest.mark.parametrize("trial", range(9))
def test_the_dip_is_what_its_definition_says(trial):
    rng = np.random.default_rng(trial)
    n = int(rng.integers(5, 14))
    values = [
        rng.normal(size=n),
        np.concatenate([rng.normal(size=n // 2), 6 + rng.normal(size=n - n // 2)]),
        rng.uniform(size=n) ** 3,
    ][trial % 3]
    assert dip_statistic(values) == pytest.approx(dip_by_definition(values), abs=1e-9)
    assert dip_statistic(3 - 7 * values) == pytest.approx(dip_statistic(values), abs=1e-12)


def test_two_groups_are_seen_and_one_is_not():
    rng = np.random.default_rng(0)
    two = np.concatenate([rng.normal(size=15), 8 + rng.normal(size=15)])
    assert bimodality(two, num_draws=300).bimodal
    false = [bimodality(rng.normal(size=30), num_draws=300).bimodal for _ in range(60)]
    assert np.mean(false) <= 0.05


def test_the_dip_test_says_when_it_cannot_be_made():
    assert bimodality([1.0] * 7).status is Status.TOO_FEW_SEEDS
    assert bimodality([1.0] * 10).status is Status.CONSTANT
    assert dip_statistic([0.0] * 5 + [1.0] * 5) == pytest.approx(0.25)
    with pytest.raises(InvalidValue, match="finite"):
        bimodality([np.nan] * 10)
