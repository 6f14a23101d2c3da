"""Baselines with outside references: scikit-learn, joint Gaussians, enumeration, limits."""

import functools
from itertools import product

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from iclaws import theory
from iclaws.baselines.discrete_bayes import DiscreteBayes, sparse_candidates
from iclaws.baselines.dmmse import DMMSE
from iclaws.baselines.gaussian_process import GaussianProcess
from iclaws.baselines.knn import KNearestNeighbours
from iclaws.baselines.lasso import Lasso
from iclaws.baselines.least_squares import LeastSquares
from iclaws.baselines.logistic_regression import LogisticRegression
from iclaws.baselines.neural_network import NeuralNetwork
from iclaws.baselines.newton import Newton
from iclaws.baselines.one_pass_sgd import OnePassSGD
from iclaws.baselines.ridge import Ridge
from iclaws.baselines.smoothed_dmmse import SmoothedDMMSE
from iclaws.baselines.sparse_bayes import SparseBayes
from iclaws.errors import InvalidValue
from iclaws.models import AbstractMomentModel
from iclaws.models._base import prefix_moments
from iclaws.tasks.boolean import Boolean

DIMS, POINTS, NOISE = 4, 12, 0.3


@functools.cache
def data(seed=7, *, dims=DIMS, points=POINTS):
    generator = np.random.default_rng(seed)
    xs = generator.standard_normal((points, dims)) * np.linspace(1.4, 0.5, dims)
    ys = xs @ generator.standard_normal(dims) + NOISE**0.5 * generator.standard_normal(points)
    return xs, ys


def answers(baseline, xs, ys, dtype="float64"):
    with jax.enable_x64(dtype == "float64"):
        baseline = jax.tree.map(lambda leaf: jnp.asarray(leaf, dtype), baseline)
        inputs = jnp.asarray(xs, dtype), jnp.asarray(ys, dtype)
        return np.asarray(jax.jit(lambda b, x, y: b(x, y))(baseline, *inputs))


def prefixes(xs, ys, fit):
    """Return what `fit(seen_xs, seen_ys, query)` answers at every point but the first."""
    return [fit(xs[:i], ys[:i], xs[i]) for i in range(1, len(xs))]


def test_lasso_is_scikit_learns():
    from sklearn.linear_model import Lasso as Reference

    xs, ys = data(dims=8)
    for alpha in (0.003, 0.1, 1.0):
        model = Reference(alpha=alpha, fit_intercept=False, tol=1e-12, max_iter=10**6)
        expected = prefixes(xs, ys, lambda x, y, q, m=model: m.fit(x, y).predict(q[None])[0])
        found = answers(Lasso(alpha, 1e-12, 20000), xs, ys)
        np.testing.assert_allclose(found[1:], expected, atol=2e-5)


def test_lasso_in_single_precision_at_its_defaults():
    """With about as many examples as active weights, descent is slow: one prediction may lag.

    Scikit-learn's own defaults are off by 1.4 at the worst of these prefixes.
    """
    xs, ys = data(3, dims=20, points=41)
    best = answers(Lasso(0.01, 1e-12, 20000), xs, ys)
    away = np.abs(answers(Lasso(), xs, ys, "float32") - best)
    assert np.quantile(away, 0.95) < 2e-2
    assert np.sqrt((away**2).mean()) < 0.03 * np.sqrt((best**2).mean())


def test_knn_is_scikit_learns():
    from sklearn.neighbors import KNeighborsRegressor

    xs, ys = data()

    def fit(seen, labels, query):
        return KNeighborsRegressor(min(3, len(seen))).fit(seen, labels).predict(query[None])[0]

    np.testing.assert_allclose(answers(KNearestNeighbours(), xs, ys)[1:], prefixes(xs, ys, fit))


def test_logistic_regression_is_scikit_learns():
    from sklearn.linear_model import LogisticRegression as Reference

    xs, _ = data(5, points=30)
    noise = 0.4 * np.random.default_rng(1).normal(size=len(xs))  # a label of its own each
    labels = np.sign(xs @ np.array([1.0, -1.0, 0.5, 0.0]) + noise)
    for ridge in (0.01, 1.0):
        model = Reference(C=1 / ridge, fit_intercept=False, tol=1e-12, max_iter=10**5)

        def fit(seen, labels, query, model=model):
            if len(set(labels)) < 2:  # scikit-learn refuses one class alone
                return np.nan
            return model.fit(seen, labels).decision_function(query[None])[0]

        expected = np.array(prefixes(xs, labels, fit))
        found = answers(LogisticRegression(ridge, num_steps=30), xs, labels)[1:]
        both = np.isfinite(expected)
        assert both.sum() > 20
        np.testing.assert_allclose(found[both], expected[both], rtol=1e-4, atol=1e-4)
    means = answers(LogisticRegression(1.0, "mean"), xs, labels)
    np.testing.assert_allclose(
        means, np.tanh(answers(LogisticRegression(1.0), xs, labels) / 2), atol=1e-9
    )


def mixture(xs, ys, query, *, centres, covariances):
    """Return the posterior mean for a mixture of Gaussians over w, from joint densities."""
    log_weights, guesses = [], []
    for centre, covariance in zip(centres, covariances, strict=True):
        marginal = xs @ covariance @ xs.T + NOISE * np.eye(len(ys))
        left = ys - xs @ centre
        log_weights.append(stats.multivariate_normal(cov=marginal).logpdf(left))
        guesses.append(centre + covariance @ xs.T @ np.linalg.solve(marginal, left))
    weights = np.exp(log_weights - np.max(log_weights))
    return query @ (weights @ np.array(guesses)) / weights.sum()


def pool():
    return np.random.default_rng(11).standard_normal((6, DIMS))


def test_dmmse_is_the_posterior_mean():
    xs, ys = data()

    def fit(seen, labels, query):
        log_weights = -((labels[:, None] - seen @ pool().T) ** 2).sum(axis=0) / (2 * NOISE)
        weights = np.exp(log_weights - log_weights.max())
        return query @ (weights @ pool()) / weights.sum()

    found = answers(DMMSE(jnp.asarray(pool()), NOISE), xs, ys)
    np.testing.assert_allclose(found[1:], prefixes(xs, ys, fit), rtol=1e-5)
    assert found[0] == pytest.approx(xs[0] @ pool().mean(axis=0), rel=1e-5)


def test_smoothed_dmmse_is_the_posterior_mean():
    xs, ys = data()
    fit = functools.partial(mixture, centres=pool(), covariances=[0.2 * np.eye(DIMS)] * 6)
    found = answers(SmoothedDMMSE(jnp.asarray(pool()), NOISE, 0.2), xs, ys)
    expected = prefixes(xs, ys, lambda x, y, q: fit(x, y, q))
    np.testing.assert_allclose(found[1:], expected, rtol=1e-5)


def test_smoothed_dmmse_lies_between_dmmse_and_ridge():
    xs, ys = data()
    sharp = SmoothedDMMSE(jnp.asarray(pool()), NOISE, 0.0)
    np.testing.assert_allclose(
        answers(sharp, xs, ys), answers(DMMSE(jnp.asarray(pool()), NOISE), xs, ys), rtol=1e-5
    )
    centred = SmoothedDMMSE(jnp.zeros((1, DIMS)), NOISE, 0.7)
    np.testing.assert_allclose(
        answers(centred, xs, ys), answers(Ridge(jnp.full(DIMS, 0.7), NOISE), xs, ys), rtol=1e-5
    )


def test_sparse_bayes_is_the_posterior_mean():
    from itertools import combinations

    xs, ys = data()
    supports = [np.isin(np.arange(DIMS), s) for s in combinations(range(DIMS), 2)]
    covariances = [1.3 * np.diag(s.astype(float)) for s in supports]
    centres = np.zeros((len(supports), DIMS))
    expected = prefixes(
        xs, ys, lambda x, y, q: mixture(x, y, q, centres=centres, covariances=covariances)
    )
    found = answers(SparseBayes(2, 1.3, NOISE), xs, ys)
    np.testing.assert_allclose(found[1:], expected, rtol=1e-5, atol=1e-7)


def test_sparse_bayes_of_all_weights_is_ridge():
    xs, ys = data()
    np.testing.assert_allclose(
        answers(SparseBayes(DIMS, 0.8, NOISE), xs, ys),
        answers(Ridge(jnp.full(DIMS, 0.8), NOISE), xs, ys),
        rtol=1e-5,
    )
    with pytest.raises(InvalidValue, match="between 1 and 20000"):
        SparseBayes(5)(jnp.ones((2, 4)), jnp.ones(2))


@pytest.mark.parametrize(
    "baseline",
    [
        lambda: DMMSE(jnp.asarray(pool()), NOISE),
        lambda: SmoothedDMMSE(jnp.asarray(pool()), NOISE, 0.2),
    ],
)
def test_moments_and_examples_give_one_answer(baseline):
    with jax.enable_x64(True):
        xs, ys = (jnp.asarray(part) for part in data())
        model = baseline()
        assert isinstance(model, AbstractMomentModel)
        from_moments = jax.vmap(model.predict)(prefix_moments(xs, ys))
        np.testing.assert_allclose(from_moments, model(xs, ys), rtol=1e-6)


def test_the_memory_of_dmmse_does_not_grow_with_the_length():
    """Batch x M numbers at a time, never batch x P x M."""
    batch, size = 16, 2048
    model = DMMSE(jnp.ones((size, 2)), 1.0)
    needed = []
    for points in (8, 64):
        inputs = jnp.zeros((batch, points, 2)), jnp.zeros((batch, points))
        compiled = jax.jit(jax.vmap(lambda x, y: model(x, y))).lower(*inputs).compile()
        needed.append(compiled.memory_analysis().temp_size_in_bytes)
    assert needed[1] < 6 * 4 * batch * size
    assert needed[1] < 1.5 * needed[0]


def test_discrete_bayes_has_the_risk_that_enumeration_gives():
    """Signed sparse weights: the risk over drawn contexts against the theory's own."""
    dims, active, noise, contexts = 5, 2, 0.3, 4000
    candidates = jnp.asarray(sparse_candidates(dims, active, (-1.0, 1.0)), jnp.float32)
    generator = np.random.default_rng(0)
    xs = generator.standard_normal((contexts, 7, dims)).astype(np.float32)
    weights = np.asarray(candidates)[generator.integers(len(candidates), size=contexts)]
    targets = np.einsum("npd,nd->np", xs, weights)
    ys = targets + noise**0.5 * generator.standard_normal(targets.shape)
    model = DiscreteBayes(candidates, noise)
    predicted = jax.jit(jax.vmap(lambda x, y: model(x, y)))(xs, ys.astype(np.float32))
    squared = (np.asarray(predicted) - targets) ** 2
    known = theory.sparse_bayes_risk(range(7), dims, active, 2.0, noise, num_draws=6000)
    error = np.hypot(squared.std(axis=0) / contexts**0.5, known.standard_error)
    # Seven comparisons of 4.5 standard errors: a false alarm in 2 x 10^4.
    assert np.all(np.abs(squared.mean(axis=0) - known.risk) < 4.5 * error)


# Even sets, and votes with ties: where a rule is easily taken for another.
BOOLEAN = {
    "sparse-parity": ("parity", lambda: sparse_candidates(DIMS, 2)),
    "parity": ("parity", lambda: np.array(list(product((0.0, 1.0), repeat=DIMS)))),
    "conjunction": ("conjunction", lambda: np.array(list(product((-1.0, 0.0, 1.0), repeat=DIMS)))),
    "majority": ("sign", lambda: np.array(list(product((0.0, 1.0), repeat=DIMS)))),
    "halfspace": ("sign", lambda: np.array(list(product(range(-3, 4), repeat=DIMS)), float)),
}


def boolean_answers(task, function, candidates, seed=0):
    """Return points, the task's labels of every candidate, and the baseline's call of each."""
    xs = jnp.asarray(np.random.default_rng(seed).choice([-1.0, 1.0], (12, DIMS)), jnp.float32)
    table = jax.vmap(lambda row: task.evaluate(row[None], xs))(candidates)
    # A posterior over one candidate is that candidate's answer.
    alone = jax.vmap(lambda row: DiscreteBayes(row[None], 0.1, function)(xs, xs[:, 0]))
    return np.asarray(xs), np.asarray(table), np.asarray(alone(candidates))


@pytest.mark.parametrize("name", BOOLEAN)
def test_discrete_bayes_labels_as_the_task_does(name):
    function, rows = BOOLEAN[name]
    candidates = jnp.asarray(rows(), jnp.float32)
    _, table, found = boolean_answers(Boolean(DIMS, function=name), function, candidates)
    np.testing.assert_array_equal(found, table)


@pytest.mark.parametrize("name", BOOLEAN)
def test_discrete_bayes_is_the_vote_of_what_agrees_with_every_label(name):
    function, rows = BOOLEAN[name]
    candidates = jnp.asarray(rows(), jnp.float32)
    xs, table, _ = boolean_answers(Boolean(DIMS, function=name), function, candidates, seed=3)
    trues = np.arange(0, len(table), max(len(table) // 12, 1))
    with jax.enable_x64(True):
        model = DiscreteBayes(jnp.asarray(candidates, "float64"), 1e-3, function)
        run = jax.jit(jax.vmap(lambda labels: model(jnp.asarray(xs, "float64"), labels)))
        found = np.asarray(run(jnp.asarray(table[trues], "float64")))
    for labels, own in zip(table[trues], found, strict=True):
        alive = [np.all(table[:, :position] == labels[:position], axis=1) for position in range(12)]
        votes = [table[kept, position].mean() for position, kept in enumerate(alive)]
        np.testing.assert_allclose(own, votes, atol=1e-4)
    certain = np.abs(found) > 0.999
    assert certain.sum() > 12
    np.testing.assert_array_equal(np.sign(found)[certain], table[trues][certain])


@pytest.mark.parametrize("kernel", ["rbf", "matern-3/2", "matern-5/2"])
def test_gaussian_process_is_scikit_learns(kernel):
    from sklearn.gaussian_process import GaussianProcessRegressor, kernels

    xs, ys = data()
    shape = kernels.RBF(0.8) if kernel == "rbf" else kernels.Matern(0.8, nu=int(kernel[7]) / 2)
    model = GaussianProcessRegressor(2.0 * shape, alpha=NOISE, optimizer=None)
    expected = prefixes(xs, ys, lambda x, y, q: model.fit(x, y).predict(q[None])[0])
    found = answers(GaussianProcess(NOISE, 2.0, 0.8, kernel), xs, ys)
    np.testing.assert_allclose(found[1:], expected, rtol=1e-5, atol=1e-6)


def test_gaussian_process_with_a_linear_kernel_is_ridge():
    xs, ys = data()
    np.testing.assert_allclose(
        answers(GaussianProcess(NOISE, 0.7, 1.0, "linear"), xs, ys),
        answers(Ridge(jnp.full(DIMS, 0.7), NOISE), xs, ys),
        rtol=1e-5,
        atol=1e-6,
    )


def test_the_relu_kernel_is_the_covariance_of_relu_networks():
    xs = data()[0][:3]
    units = np.random.default_rng(0).standard_normal((400_000, DIMS))
    hidden = np.maximum(units @ xs.T, 0.0)
    expected = 2.0 * hidden.T @ hidden / len(units)
    found = GaussianProcess(kernel="relu-network").gram(jnp.asarray(xs, jnp.float32))
    np.testing.assert_allclose(found, expected, rtol=0.02, atol=0.01)


def test_one_pass_sgd_takes_one_step_per_example():
    xs, ys = data()
    weights, expected = np.zeros(DIMS), []
    for x, y in zip(xs, ys, strict=True):
        expected.append(weights @ x)
        weights = weights + 0.1 * np.clip(2 * x * (y - weights @ x), -0.5, 0.5)
    np.testing.assert_allclose(answers(OnePassSGD(0.1, 0.5), xs, ys), expected, rtol=1e-5)


@pytest.mark.parametrize("num_steps", [0, 1, 5])
def test_newton_filters_each_eigenvalue(num_steps):
    xs, ys = data()

    def fit(seen, labels, query):
        gram = seen.T @ seen / len(labels)
        values, vectors = np.linalg.eigh(gram)
        rest = (1 - (values / np.abs(gram).sum(axis=0).max()) ** 2) ** 2**num_steps
        kept = np.where(values > 1e-12, (1 - rest) / np.maximum(values, 1e-12), 0.0)
        return query @ vectors @ (kept * (vectors.T @ (seen.T @ labels / len(labels))))

    np.testing.assert_allclose(
        answers(Newton(num_steps), xs, ys)[1:], prefixes(xs, ys, fit), rtol=1e-6, atol=1e-9
    )


def test_newton_tends_to_least_squares_in_few_steps():
    xs, ys = data()
    found, best = answers(Newton(18), xs, ys), answers(LeastSquares(), xs, ys)
    np.testing.assert_allclose(found[6:], best[6:], rtol=1e-6)


def test_a_neural_network_learns_its_examples():
    """Asked again at an example it has seen, it knows the label; two seeds differ elsewhere."""
    xs, ys = data(points=6)
    again = np.concatenate([xs[:5], xs[2:3]]), np.concatenate([ys[:5], ys[2:3]])
    model = NeuralNetwork(num_steps=1500)
    inputs = [jnp.asarray(part, jnp.float32) for part in again]
    last = float(model.predict_at(*inputs, jnp.asarray(5)))
    assert last == pytest.approx(ys[2], abs=0.05)


@pytest.mark.parametrize("name", ["greedy-tree", "boosted-trees"])
def test_trees_answer_inside_and_outside_programs(name):
    from iclaws.baselines import baselines

    xs, ys = data()
    model = baselines.get(name).example(DIMS)
    inside = answers(model, xs, ys)
    outside = [model.predict_at(xs, ys, position) for position in range(POINTS)]
    np.testing.assert_allclose(inside, outside, rtol=1e-9)
    # With one label there is one leaf.
    assert inside[1] == pytest.approx(ys[0])
