"""The optimum for a pool of tasks: against its limit, its extremes, and least squares on data."""

import numpy as np
import pytest

from iclaws import theory
from iclaws.errors import InvalidValue


@pytest.mark.parametrize(("alpha", "kappa", "noise"), [(10, 0.6, 0.1), (10, 1, 0.1), (4, 2, 0.01)])
def test_it_tends_to_the_proportional_limit(alpha, kappa, noise):
    dims = 120
    found = theory.task_pool_risk(alpha * dims, kappa * dims, dims, 1.0, noise, num_draws=20)
    limit = theory.finite_pretraining_errors(alpha, kappa, np.inf, noise)
    assert found.fresh_tasks == pytest.approx(limit.fresh_tasks - noise, rel=0.02)
    assert found.pretrain_tasks == pytest.approx(limit.pretrain_tasks - noise, rel=0.025)


def test_many_tasks_are_the_prior_itself():
    found = theory.task_pool_risk(30, 4000, 6, 2.0, 0.3, num_draws=20)
    exact = theory.linear_attention_risk(30, np.ones(6), np.full(6, 2 / 6), 0.3)
    assert found.fresh_tasks == pytest.approx(exact, rel=0.005)
    assert found.pretrain_tasks == pytest.approx(found.fresh_tasks, rel=0.005)


def test_one_pool_by_monte_carlo():
    # Least squares of w on h over many contexts of the pool is what training ends at.
    rng = np.random.default_rng(0)
    dims, tasks, k, noise = 4, 3, 12, 0.2
    fresh = []
    for _ in range(60):
        pool = rng.normal(size=(tasks, dims)) / np.sqrt(dims)
        w = pool[rng.integers(tasks, size=6000)]
        x = rng.normal(size=(6000, k, dims))
        y = np.einsum("nkd,nd->nk", x, w) + np.sqrt(noise) * rng.normal(size=(6000, k))
        h = np.einsum("nkd,nk->nd", x, y) / k
        gamma = np.linalg.solve(h.T @ h, h.T @ w).T
        new = rng.normal(size=(6000, dims)) / np.sqrt(dims)
        y = np.einsum("nkd,nd->nk", x, new) + np.sqrt(noise) * rng.normal(size=(6000, k))
        h = np.einsum("nkd,nk->nd", x, y) / k
        fresh.append(((h @ gamma.T - new) ** 2).sum(axis=1).mean())
    found = theory.task_pool_risk(k, tasks, dims, 1.0, noise, num_draws=2000)
    error = np.std(fresh) / np.sqrt(len(fresh))
    assert found.fresh_tasks == pytest.approx(np.mean(fresh), abs=4 * error)


def test_bad_sizes_are_refused():
    with pytest.raises(InvalidValue, match="num_tasks"):
        theory.task_pool_risk(10, 0, 4, 1.0, 0.1)
