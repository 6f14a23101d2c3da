"""The task families in PyTorch, to be timed: `python samplers_torch.py SECONDS [FAMILY ...]`.

From their definitions, with the loops over batch and points that published samplers have.
Prints sequences per second in batches of 64, as JSON. Needs PyTorch and NumPy alone.
"""

import json
import math
import sys
import time

import numpy as np
import torch

BATCH = 64


def linear(dims=20, points=41):
    """Linear regression."""
    xs, w = torch.randn(BATCH, points, dims), torch.randn(BATCH, dims, 1)
    return xs, (xs @ w)[:, :, 0]


def skewed(dims=20, points=41):
    """Linear regression with a power-law covariance in a basis of each function's own."""
    basis = torch.linalg.qr(torch.randn(BATCH, dims, dims))[0]
    values = torch.arange(1, dims + 1) ** -2.0
    scale = torch.sqrt(values * dims / values.sum())
    xs = torch.randn(BATCH, points, dims) * scale @ basis.transpose(1, 2)
    return xs, (xs @ torch.randn(BATCH, dims, 1))[:, :, 0]


def sparse(dims=20, points=41, active=3):
    """Linear regression with few weights, one permutation for each function."""
    xs, w = torch.randn(BATCH, points, dims), torch.randn(BATCH, dims, 1)
    for one in w:
        mask = torch.ones(dims, dtype=torch.bool)
        mask[torch.randperm(dims)[:active]] = False
        one[mask] = 0
    return xs, (xs @ w)[:, :, 0]


BASIS = torch.linalg.qr(torch.randn(20, 20))[0][:, :2]


def low_rank(dims=20, points=41):
    """Linear regression with weights in one subspace."""
    xs = torch.randn(BATCH, points, dims)
    return xs, (xs @ (BASIS @ torch.randn(BATCH, 2, 1)))[:, :, 0] * math.sqrt(dims / 2)


def quadratic(dims=20, points=41):
    """Quadratic regression."""
    xs, w = torch.randn(BATCH, points, dims), torch.randn(BATCH, dims, 1)
    return xs, ((xs**2) @ w)[:, :, 0] / math.sqrt(3)


def fourier(points=41, frequencies=10):
    """Fourier series in one dimension."""
    xs = torch.rand(BATCH, points, 1) * 10 - 5
    phases = math.pi / 5 * xs * torch.arange(1, frequencies + 1)
    features = torch.cat([torch.ones_like(xs), torch.cos(phases), torch.sin(phases)], dim=2)
    return xs, (features @ torch.randn(BATCH, 2 * frequencies + 1, 1))[:, :, 0]


def sine(points=11):
    """Sine waves in one dimension."""
    xs = torch.rand(BATCH, points, 1) * 10 - 5
    amplitude, phase = 0.1 + 0.4 * torch.rand(BATCH, 1), math.pi * torch.rand(BATCH, 1)
    return xs, amplitude * torch.sin(xs[:, :, 0] + phase)


def gaussian_process(points=21, length=0.5):
    """Draws of a Gaussian process by Cholesky factors."""
    xs = torch.rand(BATCH, points, 1) * 4 - 2
    matrix = torch.exp(-0.5 * ((xs - xs.transpose(1, 2)) / length) ** 2)
    factor = torch.linalg.cholesky(matrix + 1e-4 * torch.eye(points))
    return xs, (factor @ torch.randn(BATCH, points, 1))[:, :, 0]


def network(dims=20, points=101, hidden=100):
    """Two-layer ReLU networks."""
    xs = torch.randn(BATCH, points, dims)
    units = torch.nn.functional.relu(xs @ torch.randn(BATCH, dims, hidden))
    return xs, math.sqrt(2 / hidden) * (units @ torch.randn(BATCH, hidden, 1))[:, :, 0]


def tree(dims=20, points=101, levels=4):
    """Decision trees, one tree after the other."""
    xs = torch.randn(BATCH, points, dims)
    coordinates = torch.randint(0, dims, (BATCH, 2**levels - 1))
    leaves, ys = torch.randn(BATCH, 2**levels), []
    for index in range(BATCH):
        right, node = xs[index] > 0, torch.zeros(points, dtype=torch.long)
        for _ in range(levels):
            node = 2 * node + 1 + right[torch.arange(points), coordinates[index][node]]
        ys.append(leaves[index][node - (2**levels - 1)])
    return xs, torch.stack(ys)


def classification(dims=20, points=41):
    """Signs of linear functions."""
    xs, values = linear(dims, points)
    return xs, values.sign()


def logistic(dims=20, points=41):
    """Labels of a logistic model."""
    xs, values = linear(dims, points)
    return xs, 2 * torch.bernoulli(torch.sigmoid(values * math.sqrt(10 / dims))) - 1


def signs(*shape):
    """Return uniform signs."""
    return torch.randint(0, 2, shape).float() * 2 - 1


def clauses(dims, density):
    """Return literals: 1, -1 or 0."""
    p = [1 - density, density / 2, density / 2]
    return torch.tensor(np.random.choice([0, 1, -1], (BATCH, dims), p=p), dtype=torch.float)


def force(xs, w, share):
    """Make a clause hold on a share of the points, point by point."""
    for b in range(BATCH):
        plain = [i for i in range(w.shape[1]) if w[b, i] == 1.0]
        negated = [i for i in range(w.shape[1]) if w[b, i] == -1.0]
        for i in range(xs.shape[1]):
            if np.random.choice([0, 1], p=[1 - share, share]):
                xs[b, i, plain] = 1.0
                xs[b, i, negated] = -1.0


def conjunction(dims=28, points=71):
    """Conjunctions."""
    w, xs = clauses(dims, 0.3), signs(BATCH, points, dims)
    force(xs, w, 0.3)
    return xs, ((xs @ w[:, :, None])[:, :, 0] - w.abs().sum(1, keepdim=True) + 1).sign()


def dnf(dims=28, points=71):
    """Three conjunctions, one of which is made to hold."""
    w, xs = torch.stack([clauses(dims, 0.2) for _ in range(3)], dim=1), signs(BATCH, points, dims)
    force(xs, w[torch.arange(BATCH), torch.randint(0, 3, (BATCH,))], 0.35)
    sums = xs @ w.transpose(1, 2) - w.abs().sum(2)[:, None] + 1
    return xs, sums.sign().max(dim=2)[0]


def sparse_parity(dims=10, points=141, relevant=2):
    """Parities, one choice of coordinates after the other."""
    xs, w = signs(BATCH, points, dims), torch.zeros(BATCH, dims, 1)
    for one in w:
        one[np.random.choice(dims, relevant, replace=False)] = 1.0
    return xs, ((((xs + 1) / 2) @ w)[:, :, 0] % 2) * 2 - 1


def mixture():
    """Linear regression or a decision tree, by lot: both drawn, one taken."""
    first = torch.rand(BATCH, 1) < 0.5
    (xs, left), (other, right) = linear(), tree(points=41)
    return torch.where(first[:, :, None], xs, other), torch.where(first, left, right)


def normals():
    """Nothing but the random numbers of a hundred points of twenty coordinates."""
    return torch.randn(BATCH, 101, 20)


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


def rate(call, seconds):
    """Return sequences per second, of the fastest call within some seconds."""
    shortest, until = math.inf, time.perf_counter() + seconds
    while time.perf_counter() < until:
        began = time.perf_counter()
        call()
        shortest = min(shortest, time.perf_counter() - began)
    return BATCH / shortest


if __name__ == "__main__":
    names = sys.argv[2:] or list(SAMPLERS)
    print(json.dumps({name: rate(SAMPLERS[name], float(sys.argv[1])) for name in names}))
