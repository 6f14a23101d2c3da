"""What every family draws, against the law it is said to draw from."""

import dataclasses
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from iclaws._registry import registered_as
from iclaws.tasks import tasks
from iclaws.tasks.boolean import FORCED, Boolean
from iclaws.tasks.decision_tree import DecisionTree
from iclaws.tasks.discrete_linear import DiscreteLinear
from iclaws.tasks.fourier import Fourier
from iclaws.tasks.gaussian_process import GaussianProcess
from iclaws.tasks.linear_classification import LinearClassification
from iclaws.tasks.linear_regression import LinearRegression
from iclaws.tasks.logistic_classification import LogisticClassification
from iclaws.tasks.low_rank import LowRank
from iclaws.tasks.mixture import Mixture
from iclaws.tasks.polynomial import Polynomial
from iclaws.tasks.relu_network import ReluNetwork
from iclaws.tasks.shifted_linear_regression import ShiftedLinearRegression
from iclaws.tasks.sine import Sine
from iclaws.tasks.sparse_linear import SparseLinear
from iclaws.train.references import task_references
from sampling_laws import QUICK, assert_law, assert_mean, assert_uniform, draw, some_slow

DRAWS, POINTS = 4000, 5
NORMAL, BITS = stats.norm(), "signs"


def bayes_of(task):
    return task_references(task)[task.bayes]


def even(bound):
    return stats.uniform(-bound, 2 * bound)


# Sine: E A^2 (1/2) each, and E A_i A_j E sin_i E sin_j between coordinates.
CROSS = (0.3 * (2 / math.pi) * math.sin(5.0) / 5.0) ** 2
# Task, its E y^2 as its docstring says, and the law of a coordinate of x.
POOLED = DiscreteLinear(4, 4)
POOL = POOLED.references()["dmmse"]["pool"]
CASES = {
    "linear-regression": (LinearRegression(3, 4, signal_var=2.0, noise_var=0.5), 2.5, NORMAL),
    "discrete-linear": (POOLED, float((POOL**2).sum(axis=1).mean()) + 1.0, NORMAL),
    "sparse-linear": (SparseLinear(6, 4, noise_var=0.5), 3.5, NORMAL),
    "low-rank": (LowRank(6, 4, rank=2, noise_var=0.5), 6.5, NORMAL),
    "low-rank, rotated": (LowRank(6, 4, rank=2, subspace_seed=3), 6.0, NORMAL),
    "quadratic": (Polynomial(4, 4, noise_var=0.5), 4.5, NORMAL),
    "quartic": (Polynomial(4, 4, degree=4), 4.0, NORMAL),
    "all cubics": (Polynomial(2, 4, degree=3, features="hermite"), 2.0, NORMAL),
    "fourier": (Fourier(2, 4, num_frequencies=3, noise_var=0.5), 7.5, even(5.0)),
    "sine": (Sine(1, 4, noise_var=0.5), 31 / 600 + 0.5, even(5.0)),
    "sines": (Sine(3, 4), 3 * 31 / 600 + 6 * CROSS, even(5.0)),
    "relu-network": (ReluNetwork(4, 4, num_hidden=8, noise_var=0.5), 4.5, NORMAL),
    "decision-tree": (DecisionTree(6, 4, noise_var=0.5), 1.5, NORMAL),
    "gaussian-process": (GaussianProcess(2, 4, noise_var=0.5), 1.5001, even(2.0)),
    "gaussian-process, anywhere": (GaussianProcess(2, 4, num_sites=None), 1.0001, even(2.0)),
    "linear-classification": (LinearClassification(4, 4), 1.0, NORMAL),
    "logistic-classification": (LogisticClassification(4, 4), 1.0, NORMAL),
    "boolean": (Boolean(6, 4, "parity"), 1.0, BITS),
    "shifted": (ShiftedLinearRegression(4, 3, weight_var=0.5, input_var=4.0), 8.0, even(2.0)),
    "mixture": (Mixture(4, 4, weights=(1.0, 3.0)), 1.0, NORMAL),
}
CASES["shifted"] = (*CASES["shifted"][:2], stats.norm(scale=2.0))


def test_every_family_is_here():
    """All whose labels are functions of covariates; classes and look-ups have tests apart."""
    real = {name for name in tasks.names() if tasks.get(name).loss != "categorical"}
    here = {registered_as(type(case[0]))[1] for case in CASES.values()}
    assert here == real - {"retrieval"}


# Variants of what others cover.
SLOW = ("low-rank, rotated", "quartic", "all cubics", "sines", "gaussian-process, anywhere")


@pytest.mark.parametrize("name", some_slow(CASES, SLOW))
def test_scale_noise_and_covariates(name):
    task, scale, law = CASES[name]
    _, drawn = draw(task, DRAWS, POINTS)
    # Points of one function are not independent: one mean square for each function.
    assert_mean((drawn.ys**2).mean(axis=1), scale)
    noise = drawn.ys - drawn.targets
    assert_mean((noise**2).ravel(), getattr(task, "noise_var", 0.0))
    if law is BITS:
        assert set(np.unique(drawn.xs)) == {-1.0, 1.0}
        assert_mean(drawn.xs, 0.0)
    else:
        assert_law(drawn.xs[:, 0], law)
        assert_law(drawn.xs[:, -1, -1], law)
    flat = drawn.xs.reshape(DRAWS, -1)
    products = flat[:, :, None] * flat[:, None, :]
    independent = np.eye(flat.shape[1]) * (flat**2).mean()
    apart = ~np.eye(flat.shape[1], dtype=bool)
    assert_mean(products[:, apart], independent[apart])


def test_sparse_supports_are_uniform():
    latents, _ = draw(SparseLinear(5, 2, num_active=2), DRAWS, 1)
    active = latents.weights != 0.0
    np.testing.assert_array_equal(active.sum(axis=1), 2)
    pairs = [int(np.dot(1 << np.arange(5), row)) for row in active]
    names = sorted(set(pairs))
    assert len(names) == 10
    assert_uniform([names.index(pair) for pair in pairs], 10)
    assert_law(latents.weights[active], stats.norm())


def test_the_number_of_active_weights_may_be_traced():
    """An ensemble varies it inside one program; so does a curriculum the dimensions."""

    @jax.jit
    def weights(num_active, num_dims):
        task = dataclasses.replace(SparseLinear(6, 2), num_active=num_active)
        latents = jax.vmap(task.sample_latent)(jax.random.split(jax.random.key(0), 50))
        return jax.vmap(lambda latent: task.restrict(latent, num_dims).weights)(latents)

    for num_active, num_dims in ((1, 6), (2, 3), (4, 4)):
        found = np.asarray(weights(jnp.asarray(num_active), jnp.asarray(num_dims)))
        assert np.all((found != 0.0).sum(axis=1) == num_active)
        assert np.all(found[:, num_dims:] == 0.0)


def test_low_rank_weights_fill_one_subspace_for_ever():
    task = LowRank(6, 2, rank=2, subspace_seed=5)
    weights, _ = draw(task, DRAWS, 1)
    again, _ = draw(dataclasses.replace(task, num_context=9), DRAWS, 1, seed=1)
    values = np.linalg.svd(np.concatenate([weights, again]), compute_uv=False)
    assert np.all(values[2:] < 1e-4 * values[0])
    directions = np.linalg.svd(weights, full_matrices=False)[2][:2]
    assert_law(weights @ directions[0], stats.norm(scale=3**0.5))
    assert_mean((weights @ directions.T).prod(axis=1), 0.0)
    other, _ = draw(LowRank(6, 2, rank=2, subspace_seed=6), 10, 1)
    assert np.linalg.matrix_rank(np.concatenate([weights[:10], other]), tol=1e-3) == 4
    along, _ = draw(LowRank(6, 2, rank=2), 10, 1)
    assert np.all(along[:, 2:] == 0.0) and np.all(along[:, :2] != 0.0)


def test_amplitude_and_phase_are_independent():
    """They come from keys of their own: else the family would have one parameter."""
    latents, _ = draw(Sine(1, 1), DRAWS, 1)
    amplitude, phase = latents.amplitude[:, 0], latents.phase[:, 0]
    assert_law(amplitude, stats.uniform(0.1, 0.4))
    assert_law(phase, stats.uniform(0.0, math.pi))
    cells = np.floor((amplitude - 0.1) / 0.1).clip(0, 3) * 4 + np.floor(phase / (math.pi / 4))
    assert_uniform(cells.astype(int), 16)


def test_nodes_of_trees_ask_for_uniform_coordinates():
    latents, _ = draw(DecisionTree(5, 1), DRAWS, 1)
    assert latents.coordinates.shape == (DRAWS, 15) and latents.leaves.shape == (DRAWS, 16)
    for node in (0, 7, 14):
        assert_uniform(latents.coordinates[:, node], 5)
    assert_uniform(latents.coordinates[:, 0] * 5 + latents.coordinates[:, 1], 25)
    assert_law(latents.leaves[:, 3], stats.norm())


def test_layers_of_networks_are_standard_normal():
    latents, _ = draw(ReluNetwork(3, 1, num_hidden=4), DRAWS, 1)
    assert_law(latents.hidden, stats.norm())
    assert_law(latents.outputs, stats.norm())
    assert_mean(latents.hidden[:, 0] * latents.outputs, 0.0)


def kernel(name, r, *, length, period):
    """Return a kernel as textbooks have it: Rasmussen and Williams, section 4.2."""
    if name == "periodic":
        return np.exp(-2 * np.sin(np.pi * r / period) ** 2 / length**2)
    if name == "rbf":
        return np.exp(-(r**2) / (2 * length**2))
    p = {"matern-1/2": 0, "matern-3/2": 1, "matern-5/2": 2}[name]
    scaled = math.sqrt(2 * p + 1) * r / length
    terms = [
        math.factorial(p + i) / math.factorial(i) / math.factorial(p - i) * (2 * scaled) ** (p - i)
        for i in range(p + 1)
    ]
    return np.exp(-scaled) * math.factorial(p) / math.factorial(2 * p) * sum(terms)


@pytest.mark.parametrize(
    "name",
    some_slow(("rbf", "matern-1/2", "matern-3/2", "matern-5/2", "periodic"), ("matern-1/2",)),
)
def test_functions_of_a_gaussian_process_have_its_covariance(name):
    """Whitened by the kernel's own Cholesky factor, in float64, values are standard normal."""
    sites = 7 if name == "rbf" else None
    task = GaussianProcess(1, 6, name, length_scale=0.7, period=1.5, jitter=1e-3, num_sites=sites)
    _, drawn = draw(task, DRAWS, 7)
    apart = np.abs(drawn.xs - drawn.xs.swapaxes(1, 2))
    matrix = kernel(name, apart, length=0.7, period=1.5) + 1e-3 * np.eye(7)
    white = np.linalg.solve(np.linalg.cholesky(matrix), drawn.targets[:, :, None])[:, :, 0]
    assert_law(white, stats.norm())
    products = white[:, :, None] * white[:, None, :]
    assert_mean(products, np.eye(7))


def test_the_posterior_mean_is_as_good_as_it_says():
    """Its mean squared error is the posterior variance, jitter included."""
    task = GaussianProcess(1, 6, length_scale=0.7, jitter=1e-2, noise_var=0.1)
    _, drawn = draw(task, DRAWS, 7)
    predict = jax.jit(jax.vmap(bayes_of(task)), compiler_options=QUICK)
    answers = np.asarray(predict(*(part.astype(np.float32) for part in drawn[:2])))[:, -1]
    apart = np.abs(drawn.xs - drawn.xs.swapaxes(1, 2))
    matrix = kernel("rbf", apart, length=0.7, period=1.0)
    cross, context = matrix[:, -1:, :-1], matrix[:, :-1, :-1] + 0.11 * np.eye(6)
    explained = (cross @ np.linalg.solve(context, cross.swapaxes(1, 2)))[:, 0, 0]
    assert_mean((answers - drawn.targets[:, -1]) ** 2 - (1.01 - explained), 0.0)


def test_a_function_on_sites_is_one_function():
    """Two sequences of it agree wherever they meet, and visit no site twice."""
    task = GaussianProcess(1, 5, num_sites=8)
    latent = task.sample_latent(jax.random.key(0))
    known = {float(x): float(y) for x, y in zip(latent[0][:, 0], latent[1], strict=True)}
    for seed in range(3):
        drawn = task.sample_sequence(jax.random.key(seed), latent, 6)
        assert len(np.unique(drawn.xs)) == 6
        for x, y in zip(drawn.xs[:, 0], drawn.targets, strict=True):
            assert known[float(x)] == float(y)


def test_logistic_labels_have_their_probabilities():
    weights, drawn = draw(LogisticClassification(3, 4, signal_var=4.0), DRAWS, POINTS)
    logits = np.einsum("npd,nd->np", drawn.xs, weights)
    assert_mean(logits[:, 0] ** 2, 4.0)
    assert_mean((drawn.ys - np.tanh(logits / 2)).ravel(), 0.0)
    # Calibration in every fifth of the probabilities.
    order = np.argsort(logits.ravel()).reshape(5, -1)
    assert_mean((drawn.ys - np.tanh(logits / 2)).ravel()[order], 0.0, axis=1)
    np.testing.assert_array_equal(drawn.ys, drawn.targets)


@pytest.mark.parametrize(
    "function", some_slow(("conjunction", "disjunction", "dnf", "cnf"), ("disjunction", "dnf"))
)
def test_clauses_have_the_published_densities_and_are_forced(function):
    clauses, drawn = draw(Boolean(10, 4, function), DRAWS, POINTS)
    many = function in ("dnf", "cnf")
    literal = 0.1 if many else 0.15
    assert clauses.shape == (DRAWS, 3 if many else 1, 10)
    assert_mean(clauses == 1.0, literal)
    assert_mean(clauses == -1.0, literal)
    # A clause of m literals holds by chance on 2^-m of the points, and else where forced.
    sums = np.einsum("npd,ncd->npc", drawn.xs, clauses)
    size = np.abs(clauses).sum(axis=2)[:, None, :]
    wanted = size if function in ("conjunction", "dnf") else -size
    chance = 2.0**-size
    share = FORCED[function] / clauses.shape[1]  # the clause is one of them by lot
    other = [c for c in range(clauses.shape[1]) if c]
    if not many:
        expected = share + (1 - share) * chance[:, :, 0]
        assert_mean(((sums == wanted)[:, :, 0] - expected).mean(axis=1), 0.0)
        return
    # Given that clause 1 is forced, clause 0 holds with 2^-m unless they share coordinates.
    apart = (np.abs(clauses[:, :1]) * np.abs(clauses[:, other])).sum(axis=(1, 2)) == 0
    expected = share + (1 - share) * chance[:, :, 0]
    assert_mean(((sums == wanted)[:, :, 0] - expected)[apart].mean(axis=1), 0.0)


@pytest.mark.slow
def test_no_label_of_forced_functions_is_rare():
    for function in FORCED:
        _, drawn = draw(Boolean(20, 4, function), 500, POINTS)
        assert 0.2 < (drawn.ys > 0).mean() < 0.8, function


def test_relevant_coordinates_are_uniform():
    sets, _ = draw(Boolean(5, 1, "sparse-parity", num_relevant=2), DRAWS, 1)
    np.testing.assert_array_equal(sets.sum(axis=(1, 2)), 2.0)
    codes = (sets[:, 0] @ (1 << np.arange(5))).astype(int)
    assert_uniform(np.unique(codes, return_inverse=True)[1], 10)
    anything, _ = draw(Boolean(4, 1, "parity"), DRAWS, 1)
    assert_uniform((anything[:, 0] @ (1 << np.arange(4))).astype(int), 16)
    weights, _ = draw(Boolean(4, 1, "halfspace"), DRAWS, 1)
    assert_uniform((weights[:, 0, 2] + 3).astype(int), 7)
    majority, _ = draw(Boolean(4, 1, "majority"), DRAWS, 1)
    assert set(np.unique(majority)) == {0.0, 1.0}
    assert_mean(majority, 0.3)


def test_a_mixture_draws_its_parts_as_often_as_their_weights_say():
    task = Mixture(3, 4, parts=[SparseLinear(), DecisionTree(), Sine()], weights=(1, 0, 3))
    latents, drawn = draw(task, DRAWS, POINTS)
    assert set(np.unique(latents.part)) == {0, 2}
    assert_mean(latents.part == 0, 0.25)
    # What it draws is what the chosen part draws with the same keys.
    for index in (0, 1, 2, 3):
        part = task.parts[int(latents.part[index])]
        key = jax.random.split(jax.random.key(0), DRAWS)[index]
        alone = part.sample_sequence(
            jax.random.split(key)[1], part.sample_latent(latents.key[index]), POINTS
        )
        for together, single in zip(drawn[:3], alone[:3], strict=True):
            np.testing.assert_allclose(together[index], single, rtol=1e-5, atol=1e-5)
