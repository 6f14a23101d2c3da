"""The task-diversity threshold on tables with a planted crossing."""

import numpy as np
import pandas as pd
import pytest

from iclaws.errors import InvalidValue
from iclaws.studies.threshold import diversity_threshold

SIZES = 2.0 ** np.arange(0, 11, 2)


def planted(place, *, noise=0.0, seeds=6, key=0):
    """Return runs whose distances cross at `place`, each seed shifted in log M by `noise`."""
    generator = np.random.default_rng(key)
    rows = []
    for seed in range(seeds):
        own = np.log(place) + noise * generator.standard_normal()
        for size in SIZES:
            log_ratio = own - np.log(size)
            rows.append(
                {
                    "num_tasks": size,
                    "seed": seed,
                    "ridge_position_distance": [np.exp(log_ratio)] * 3,
                    "dmmse_position_distance": [0.5, 1.0, 1.5],
                }
            )
    return pd.DataFrame(rows)


def test_a_planted_crossing_is_found():
    found = diversity_threshold(planted(23.0))
    assert found.num_tasks == pytest.approx(23.0)
    assert found.interval == pytest.approx((23.0, 23.0)) and found.share == 1.0
    assert "log M" in found.definition


def test_the_interval_is_that_of_the_mean_over_seeds():
    noise, seeds = 0.4, 40
    found = diversity_threshold(planted(20.0, noise=noise, seeds=seeds))
    width = np.log(found.interval[1] / found.interval[0])
    assert width == pytest.approx(2 * 1.96 * noise / seeds**0.5, rel=0.3)
    assert found.interval[0] < found.num_tasks < found.interval[1]
    assert abs(np.log(found.num_tasks / 20.0)) < 4 * noise / seeds**0.5


def covering(seeds, *, level=0.95, repeats=200):
    """Return in how many of the repeats the interval holds the crossing."""
    hits = 0
    for key in range(repeats):
        table = planted(20.0, noise=0.4, seeds=seeds, key=key)
        low, high = diversity_threshold(table, level=level, num_draws=300).interval
        hits += low < 20.0 < high
    return hits


def test_intervals_cover_at_the_seeds_of_the_study():
    # 200 repeats at 95 %: 180 or fewer hits by chance in 3 of 1000. Plain percentiles cover 78 %.
    assert covering(4) > 180
    # And at 80 %: outside 143 to 176 by chance in 4 of 1000.
    assert 143 <= covering(4, level=0.8) <= 176


def test_no_crossing_is_no_threshold():
    found = diversity_threshold(planted(1e6))
    assert found.num_tasks is None and found.interval is None and found.share == 0.0


def test_a_crossing_that_few_resamples_have_gets_no_interval():
    found = diversity_threshold(planted(1e3, noise=2.0, seeds=4))
    assert found.share < 1.0
    assert (found.interval is None) == (found.share < 0.95)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda table: table.drop(columns="dmmse_position_distance"), "dmmse_position_distance"),
        (lambda table: table[table["num_tasks"] == 1], "two pool sizes"),
        (lambda table: pd.concat([table, table]), "several runs"),
    ],
)
def test_refuses_a_table_without_what_it_needs(change, words):
    with pytest.raises(InvalidValue, match=words):
        diversity_threshold(change(planted(8.0)))
