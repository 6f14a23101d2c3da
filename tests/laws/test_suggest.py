"""Suggested runs make a quantity certain at less cost than grids and random choices."""

import itertools

import numpy as np
import pytest

from iclaws import laws
from iclaws.errors import InvalidValue, UnknownName
from iclaws.laws._design import Design
from iclaws.laws._goal import Formula
from iclaws.laws._relaxation import relaxed_shares

LAW = "E + A*N^-alpha + B*D^-beta"
TRUTH = {"E": 1.7, "A": 400.0, "alpha": 0.34, "B": 1500.0, "beta": 0.37}
COST = "6*N*D"
SPREAD = 0.01


def true_loss(n, d):
    return 1.7 + 400 * n**-0.34 + 1500 * d**-0.37


def runs(n, d, seed=0):
    noise = SPREAD * np.random.default_rng(seed).normal(size=len(n))
    return {"N": n, "D": d, "loss": true_loss(n, d) * np.exp(noise)}


def grid(first, second):
    return tuple(axis.ravel() for axis in np.meshgrid(first, second))


POOL = grid(np.geomspace(1e6, 1e10, 9), np.geomspace(1e8, 1e12, 9))
CANDIDATES = {"N": POOL[0], "D": POOL[1]}


@pytest.fixture(scope="module")
def start():
    """A fit to nine cheap runs."""
    n, d = grid(np.geomspace(1e6, 1e8, 3), np.geomspace(1e8, 1e10, 3))
    return laws.fit(LAW, runs(n, d), loss=laws.Squared())


def test_the_expected_error_is_that_of_a_fit_with_the_runs(start):
    """Wald's error after adding the suggested runs without noise is the one announced."""
    found = laws.suggest(start, CANDIDATES, goal="alpha", cost=COST, budget=1e20)
    rows = list(found.rows)
    before = {**start.problem.raw_columns, "loss": start.problem.raw_target}
    extra = {"N": POOL[0][rows], "D": POOL[1][rows]}
    extra["loss"] = start.predict(extra)
    data = {name: np.concatenate([before[name], extra[name]]) for name in before}
    again = laws.fit(LAW, data, loss=laws.Squared())
    spare = again.num_rows - 5
    noise = np.sqrt(again.objective / spare) / np.sqrt(start.objective / (start.num_rows - 5))
    assert again.standard_errors("wald")["alpha"] / noise == pytest.approx(
        found.expected_error, rel=0.02
    )
    assert found.cost <= 1e20 * (1 + 1e-12)
    assert found.expected_error < found.standard_error


def test_suggested_runs_beat_random_ones_of_the_same_cost(start):
    generator = np.random.default_rng(0)
    found = laws.suggest(start, CANDIDATES, goal="alpha", cost=COST, budget=1e20)
    columns = {"N": POOL[0], "D": POOL[1]}
    design = Design.of(start, columns, goal="alpha", points=start.coordinates[None, :])
    costs = 6 * POOL[0] * POOL[1]
    for _ in range(50):
        order, left, chosen = generator.permutation(81), 1e20, []
        for row in order:
            if costs[row] <= left:
                chosen.append(int(row))
                left -= costs[row]
        assert np.sqrt(design.variance(chosen)) > found.expected_error


def test_a_wanted_precision_stops_the_spending(start):
    rich = laws.suggest(start, CANDIDATES, goal="alpha", cost=COST, budget=1e24)
    wanted = 2.0 * rich.expected_error
    found = laws.suggest(start, CANDIDATES, goal="alpha", cost=COST, budget=1e24, precision=wanted)
    assert found.expected_error <= wanted
    assert found.cost < 0.5 * rich.cost


def test_goals_of_every_kind_are_understood(start):
    configuration = {"N": 1e11, "D": 1e13}
    share = lambda p: p["beta"] / (p["alpha"] + p["beta"])  # noqa: E731
    for goal in ("alpha", configuration, share, laws.read_goal("beta/(alpha+beta)")):
        found = laws.suggest(start, CANDIDATES, goal=goal, cost=COST, budget=1e19)
        assert 0 < found.shrinkage < 1
    assert laws.read_goal("N=1e11, D=1e13") == configuration
    assert laws.read_goal("alpha") == "alpha"
    assert Formula("beta/(alpha+beta)")(TRUTH) == pytest.approx(0.37 / 0.71)


def test_repeats_are_allowed_where_asked(start):
    once = laws.suggest(start, CANDIDATES, goal="alpha", cost=COST, budget=1e19)
    often = laws.suggest(start, CANDIDATES, goal="alpha", cost=COST, budget=1e19, repeats=5)
    assert len(set(once.rows)) == len(once.rows)
    assert often.expected_error <= once.expected_error * (1 + 1e-9)


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"budget": 1.0}, "the cheapest costs"),
        ({"cost": np.zeros(81)}, "positive, finite cost"),
        ({"goal": "gamma"}, "No parameter is named 'gamma'"),
        ({"goal": lambda p: 3.0}, "does not depend on the parameters"),
    ],
)
def test_impossible_wishes_are_refused(start, choices, message):
    with pytest.raises(InvalidValue, match=message):
        laws.suggest(
            start, CANDIDATES, **{"goal": "alpha", "cost": COST, "budget": 1e20, **choices}
        )


def test_a_misspelt_parameter_of_a_formula_gets_a_suggestion():
    with pytest.raises(UnknownName, match="Did you mean 'alpha'"):
        Formula("alphas + 1")(TRUTH)


@pytest.fixture(scope="module")
def small_design(start):
    """Twelve candidates of very unequal costs: few enough to try every subset."""
    n, d = grid(np.geomspace(1e6, 1e10, 4), np.geomspace(1e8, 1e12, 3))
    points = start.coordinates[None, :]
    return Design.of(start, {"N": n, "D": d}, goal="alpha", points=points), 6 * n * d


@pytest.mark.parametrize("budget", [1e19, 1e21, 1e22, 4e22])
def test_the_relaxed_optimum_bounds_every_choice_from_below(small_design, budget):
    design, costs = small_design
    shares = relaxed_shares(design, costs, budget, repeats=1)
    assert np.all((shares >= 0) & (shares <= 1))
    assert shares @ costs <= budget * (1 + 1e-9)
    scaled = design.slopes * shares[None, :, None]
    bound = design.variance_of(design.base + scaled.swapaxes(1, 2) @ design.slopes)
    subsets = [
        list(rows)
        for size in range(13)
        for rows in itertools.combinations(range(12), size)
        if costs[list(rows)].sum() <= budget
    ]
    best = min(map(design.variance, subsets))
    # Runs dearer than the budget are never shared out: the bound is that of what can be run.
    assert bound <= best * (1 + 1e-3)


@pytest.mark.parametrize("budget", [1e19, 1e21, 1e22, 4e22])
def test_the_choice_is_nearly_the_best_of_all_subsets(start, small_design, budget):
    design, costs = small_design
    n, d = grid(np.geomspace(1e6, 1e10, 4), np.geomspace(1e8, 1e12, 3))
    found = laws.suggest(start, {"N": n, "D": d}, goal="alpha", cost=COST, budget=budget)
    best = min(
        design.variance(list(rows))
        for size in range(13)
        for rows in itertools.combinations(range(12), size)
        if costs[list(rows)].sum() <= budget
    )
    assert found.cost <= budget * (1 + 1e-12)
    assert found.expected_error <= np.sqrt(best) * 1.02
