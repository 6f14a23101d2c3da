"""The task families in plain NumPy, to be timed: from their definitions, batch by batch."""

import numpy as np

RNG = np.random.default_rng(0)


def normal(*shape):
    """Return standard normals in single precision."""
    return RNG.standard_normal(shape, dtype=np.float32)


def linear(size, dims=20, points=41):
    """Linear regression."""
    xs, w = normal(size, points, dims), normal(size, dims, 1)
    return xs, (xs @ w)[..., 0]


def skewed(size, dims=20, points=41):
    """Linear regression with a power-law covariance in a basis of each function's own."""
    basis = np.linalg.qr(normal(size, dims, dims))[0]
    values = np.arange(1, dims + 1, dtype=np.float32) ** -2.0
    scale = np.sqrt(values * dims / values.sum())
    xs = normal(size, points, dims) * scale @ basis.swapaxes(1, 2)
    return xs, (xs @ normal(size, dims, 1))[..., 0]


def sparse(size, dims=20, points=41, active=3):
    """Linear regression with few weights, one permutation for each function."""
    xs, w = normal(size, points, dims), normal(size, dims, 1)
    for one in w:
        one[RNG.permutation(dims)[active:]] = 0.0
    return xs, (xs @ w)[..., 0]


BASIS = np.linalg.qr(normal(20, 20))[0][:, :2]


def low_rank(size, dims=20, points=41):
    """Linear regression with weights in one subspace."""
    xs = normal(size, points, dims)
    w = BASIS[None] @ normal(size, 2, 1) * np.sqrt(dims / 2)
    return xs, (xs @ w)[..., 0]


def quadratic(size, dims=20, points=41):
    """Quadratic regression."""
    xs, w = normal(size, points, dims), normal(size, dims, 1)
    return xs, (xs**2 @ w)[..., 0] / np.sqrt(3)


def fourier(size, points=41, frequencies=10):
    """Fourier series in one dimension."""
    xs = RNG.uniform(-5, 5, (size, points, 1)).astype(np.float32)
    phases = np.pi / 5 * xs * np.arange(1, frequencies + 1, dtype=np.float32)
    features = np.concatenate([np.ones_like(xs), np.cos(phases), np.sin(phases)], axis=2)
    return xs, (features @ normal(size, 2 * frequencies + 1, 1))[..., 0]


def sine(size, points=11):
    """Sine waves in one dimension."""
    xs = RNG.uniform(-5, 5, (size, points, 1)).astype(np.float32)
    amplitude, phase = RNG.uniform(0.1, 0.5, (size, 1)), RNG.uniform(0, np.pi, (size, 1))
    return xs, amplitude * np.sin(xs[..., 0] + phase)


def gaussian_process(size, points=21, length=0.5):
    """Draws of a Gaussian process by Cholesky factors."""
    xs = RNG.uniform(-2, 2, (size, points, 1)).astype(np.float32)
    matrix = np.exp(-0.5 * ((xs - xs.swapaxes(1, 2)) / length) ** 2)
    factor = np.linalg.cholesky(matrix + 1e-4 * np.eye(points, dtype=np.float32))
    return xs, (factor @ normal(size, points, 1))[..., 0]


def network(size, dims=20, points=101, hidden=100):
    """Two-layer ReLU networks."""
    xs = normal(size, points, dims)
    units = np.maximum(xs @ normal(size, dims, hidden), 0.0)
    return xs, np.sqrt(2 / hidden) * (units @ normal(size, hidden, 1))[..., 0]


def tree(size, dims=20, points=101, levels=4):
    """Decision trees, one tree after the other."""
    xs = normal(size, points, dims)
    coordinates = RNG.integers(0, dims, (size, 2**levels - 1))
    leaves, ys = normal(size, 2**levels), []
    for x, asked, values in zip(xs > 0, coordinates, leaves, strict=True):
        node = np.zeros(points, np.int64)
        for _ in range(levels):
            node = 2 * node + 1 + x[np.arange(points), asked[node]]
        ys.append(values[node - len(asked)])
    return xs, np.stack(ys)


def classification(size, dims=20, points=41):
    """Signs of linear functions."""
    xs, values = linear(size, dims, points)
    return xs, np.sign(values)


def logistic(size, dims=20, points=41):
    """Labels of a logistic model."""
    xs, values = linear(size, dims, points)
    chance = 1 / (1 + np.exp(-values * np.sqrt(10 / dims)))
    return xs, np.where(RNG.random(values.shape) < chance, 1.0, -1.0)


def signs(*shape):
    """Return uniform signs in single precision."""
    return 2 * RNG.integers(0, 2, shape).astype(np.float32) - 1


def clauses(size, dims, density):
    """Return literals: 1, -1 or 0."""
    return RNG.choice([0, 1, -1], (size, dims), p=[1 - density, density / 2, density / 2])


def force(xs, w, share):
    """Make a clause hold on a share of the points, point by point."""
    for x, clause in zip(xs, w, strict=True):
        literals = np.flatnonzero(clause)
        for point in x:
            if RNG.random() < share:
                point[literals] = clause[literals]


def conjunction(size, dims=28, points=71):
    """Conjunctions."""
    w, xs = clauses(size, dims, 0.3).astype(np.float32), signs(size, points, dims)
    force(xs, w, 0.3)
    return xs, np.sign((xs @ w[..., None])[..., 0] - np.abs(w).sum(axis=1, keepdims=True) + 1)


def dnf(size, dims=28, points=71):
    """Three conjunctions, one of which is made to hold."""
    w, xs = clauses(3 * size, dims, 0.2).astype(np.float32), signs(size, points, dims)
    w = w.reshape(size, 3, dims)
    force(xs, w[np.arange(size), RNG.integers(0, 3, size)], 0.35)
    sums = xs @ w.swapaxes(1, 2) - np.abs(w).sum(axis=2)[:, None] + 1
    return xs, np.sign(sums).max(axis=2)


def sparse_parity(size, dims=10, points=141, relevant=2):
    """Parities, one choice of coordinates after the other."""
    xs, w = signs(size, points, dims), np.zeros((size, dims, 1), np.float32)
    for one in w:
        one[RNG.choice(dims, relevant, replace=False)] = 1.0
    return xs, (((xs + 1) / 2) @ w)[..., 0] % 2 * 2 - 1


def mixture(size):
    """Linear regression or a decision tree, by lot."""
    first = RNG.random(size) < 0.5
    drawn = [linear(max(first.sum(), 1)), tree(max((~first).sum(), 1), points=41)]
    return [np.concatenate(parts)[:size] for parts in zip(*drawn, strict=True)]


def normals(size):
    """Nothing but the random numbers of a hundred points of twenty coordinates."""
    return normal(size, 101, 20)


SAMPLERS = {
    "normals": normals,
    "linear-regression": linear,
    "shifted-linear-regression": skewed,
    "sparse-linear": sparse,
    "low-rank": low_rank,
    "polynomial": quadratic,
    "fourier": fourier,
    "sine": sine,
    "gaussian-process": gaussian_process,
    "relu-network": network,
    "decision-tree": tree,
    "linear-classification": classification,
    "logistic-classification": logistic,
    "boolean": conjunction,
    "boolean-parity": sparse_parity,
    "boolean-dnf": dnf,
    "mixture": mixture,
}
