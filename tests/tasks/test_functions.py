"""Every family's function, against its definition written out point by point in NumPy."""

import math

import jax
import numpy as np
import pytest
from numpy.polynomial import hermite_e

from iclaws.tasks.boolean import Boolean
from iclaws.tasks.decision_tree import DecisionTree
from iclaws.tasks.fourier import Fourier
from iclaws.tasks.linear_classification import LinearClassification
from iclaws.tasks.low_rank import LowRank
from iclaws.tasks.polynomial import Polynomial
from iclaws.tasks.relu_network import ReluNetwork
from iclaws.tasks.shifted_linear_regression import ShiftedLinearRegression
from iclaws.tasks.sine import Sine
from iclaws.tasks.sparse_linear import SparseLinear
from sampling_laws import draw


def tree(latent, x):
    node = 0
    while node < len(latent.coordinates):
        node = 2 * node + (2 if x[latent.coordinates[node]] > 0 else 1)
    return latent.leaves[node - len(latent.coordinates)]


def network(latent, x):
    units = [max(0.0, latent.hidden[:, j] @ x) for j in range(len(latent.outputs))]
    return math.sqrt(2 / len(units)) * sum(
        a * u for a, u in zip(latent.outputs, units, strict=True)
    )


def series(latent, x):
    total, (frequencies, bound) = latent[0], (4, 3.0)
    cosines, sines = latent[1:].reshape(2, len(x), frequencies)
    for i, coordinate in enumerate(x):
        for n in range(1, frequencies + 1):
            angle = n * math.pi * coordinate / bound
            total += cosines[i, n - 1] * math.cos(angle) + sines[i, n - 1] * math.sin(angle)
    return total


def waves(latent, x):
    return sum(
        a * math.sin(coordinate + phase)
        for a, phase, coordinate in zip(latent.amplitude, latent.phase, x, strict=True)
    )


def quadratic(latent, x):
    return sum(w * coordinate**2 for w, coordinate in zip(latent, x, strict=True)) / math.sqrt(3)


def all_cubics(latent, x):
    """Every product of Hermite polynomials of total degree 1 to 3 in two variables."""

    def h(n, value):
        return hermite_e.hermeval(value, np.eye(n + 1)[n]) / math.sqrt(math.factorial(n))

    # By total degree, then by how often the first coordinate occurs, most often first.
    powers = [(total - j, j) for total in (1, 2, 3) for j in range(total + 1)]
    features = [h(i, x[0]) * h(j, x[1]) for i, j in powers]
    return math.sqrt(2 / 9) * np.dot(latent, features)


def truth(latent, x, *, function):
    """Return a Boolean function from its literals, one at a time."""

    def literals(clause):
        return [(x[i] > 0) == (w > 0) for i, w in enumerate(clause) if w != 0]

    first = latent[0]
    value = {
        "parity": lambda: sum(x[i] > 0 for i in np.flatnonzero(first)) % 2 == 1,
        "conjunction": lambda: all(literals(first)),
        "disjunction": lambda: any(literals(first)),
        "dnf": lambda: any(all(literals(clause)) for clause in latent),
        "cnf": lambda: all(any(literals(clause)) for clause in latent),
        "majority": lambda: sum(x[i] for i in np.flatnonzero(first)) > 0,
        "halfspace": lambda: np.dot(first, x) > 0,
    }
    return 1.0 if value[function.removeprefix("sparse-")]() else -1.0


def linear(latent, x):
    return np.dot(getattr(latent, "weights", latent), x)


BOOLEAN = ("parity", "sparse-parity", "conjunction", "disjunction", "dnf", "cnf", "majority")
CASES = {
    "decision-tree": (DecisionTree(5, 6, num_levels=3), tree),
    "relu-network": (ReluNetwork(5, 6, num_hidden=7), network),
    "fourier": (Fourier(2, 6, num_frequencies=4, input_bound=3.0), series),
    "sine": (Sine(2, 6), waves),
    "quadratic": (Polynomial(4, 6), quadratic),
    "cubic": (Polynomial(2, 6, degree=3, features="hermite"), all_cubics),
    "sparse-linear": (SparseLinear(6, 6), linear),
    "low-rank": (LowRank(6, 6, subspace_seed=1), linear),
    "skewed": (ShiftedLinearRegression(6, 6, "skewed"), linear),
    "linear-classification": (
        LinearClassification(5, 6),
        lambda w, x: 1.0 if np.dot(w, x) > 0 else -1.0,
    ),
    **{
        name: (
            Boolean(6, 6, name),
            lambda latent, x, name=name: truth(latent, x, function=name),
        )
        for name in (*BOOLEAN, "halfspace")
    },
}


@pytest.mark.parametrize("name", CASES)
def test_targets_follow_the_definition(name):
    task, definition = CASES[name]
    latents, drawn = draw(task, 60, 6)
    for index in range(60):
        latent = jax.tree.map(lambda leaf, index=index: leaf[index], latents)
        expected = [definition(latent, x) for x in drawn.xs[index]]
        np.testing.assert_allclose(drawn.targets[index], expected, rtol=2e-5, atol=2e-5)
    # No family has noise unless asked.
    np.testing.assert_array_equal(drawn.ys, drawn.targets)
